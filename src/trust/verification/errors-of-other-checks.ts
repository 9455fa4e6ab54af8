// Errors of OpenSSL checks that confdit does not enable (revocation lists, OCSP, DANE, Suite B, policies,
// certificate transparency, the strict check), and OpenSSL's internal errors. An OpenSSL configuration on the
// machine may enable some.

/** One error; see OPENSSL_ERRORS. */
interface OtherError {
  readonly text: string;
  readonly problem: string;
  readonly advice: string;
}

const NO_CRLS = "Switch the check of revocation lists off in this machine's configuration of OpenSSL.";
const NO_OCSP = "Switch the check by OCSP off in this machine's configuration of OpenSSL.";
const NO_SUITE_B =
  "Use P-256 or P-384 throughout, or switch Suite B off in this machine's configuration of OpenSSL.";
const NO_POLICY = "Switch the check of policies off in this machine's configuration of OpenSSL.";
const STRICT = "Have it issued as RFC 5280 says, or switch OpenSSL's strict check off on this machine.";
const CHAIN = 'A certificate of the chain';
const LIST = 'The revocation list (CRL) of an authority';
const ANSWER = 'The answer of an authority about revocation (OCSP)';

export const ERRORS_OF_OTHER_CHECKS = {
  UNSPECIFIED: error(
    'unspecified certificate verification error',
    "OpenSSL's check of the chain failed and names no reason.",
    'Look at the chain with "openssl s_client -showcerts".',
  ),
  OUT_OF_MEM: error(
    'out of memory',
    'There was not enough memory to check the chain.',
    'Give this machine more memory, or try again later.',
  ),
  INVALID_CALL: error(
    'invalid certificate verification context',
    'The check of the chain was not set up rightly: this is a fault of this program.',
    'Report it, with the version of this program and of Node.js.',
  ),
  APPLICATION_VERIFICATION: error(
    'application verification failure',
    'A check of the application failed and names no reason.',
    'Report it, with the version of this program and of Node.js.',
  ),
  STORE_LOOKUP: error(
    'issuer certificate lookup error',
    'The trust store could not be searched for an issuer.',
    'Check the files of the trust store.',
  ),
  CERT_REVOKED: error(
    'certificate revoked',
    `${CHAIN} was revoked by its issuer.`,
    'Have a new one issued, and find out why this one was revoked.',
  ),
  UNABLE_TO_GET_CRL: error('unable to get certificate CRL', `${LIST} is missing.`, NO_CRLS),
  UNABLE_TO_GET_CRL_ISSUER: error(
    'unable to get CRL issuer certificate',
    `The issuer of a revocation list (CRL) is not known here.`,
    NO_CRLS,
  ),
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: error(
    "unable to decrypt CRL's signature",
    `${LIST} has a signature that cannot be decrypted.`,
    NO_CRLS,
  ),
  CRL_SIGNATURE_FAILURE: error('CRL signature failure', `${LIST} has a wrong signature.`, NO_CRLS),
  CRL_NOT_YET_VALID: error(
    'CRL is not yet valid',
    `${LIST} is not valid yet.`,
    'Check the clock of this machine.',
  ),
  CRL_HAS_EXPIRED: error('CRL has expired', `${LIST} has expired.`, NO_CRLS),
  ERROR_IN_CRL_LAST_UPDATE_FIELD: error(
    "format error in CRL's lastUpdate field",
    `${LIST} has no readable date of its making.`,
    NO_CRLS,
  ),
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: error(
    "format error in CRL's nextUpdate field",
    `${LIST} has no readable date of the next one.`,
    NO_CRLS,
  ),
  KEYUSAGE_NO_CRL_SIGN: error(
    'key usage does not include CRL signing',
    'The issuer of a revocation list (CRL) may not sign it: its keyUsage lacks cRLSign.',
    NO_CRLS,
  ),
  UNHANDLED_CRITICAL_CRL_EXTENSION: error(
    'unhandled critical CRL extension',
    `${LIST} has a critical extension that OpenSSL does not know.`,
    NO_CRLS,
  ),
  DIFFERENT_CRL_SCOPE: error('different CRL scope', `${LIST} is about other certificates.`, NO_CRLS),
  CRL_PATH_VALIDATION_ERROR: error(
    'CRL path validation error',
    'The issuer of a revocation list (CRL) is not trusted.',
    NO_CRLS,
  ),
  INVALID_POLICY_EXTENSION: error(
    'invalid or inconsistent certificate policy extension',
    `${CHAIN} has policies that cannot be read.`,
    NO_POLICY,
  ),
  NO_EXPLICIT_POLICY: error('no explicit policy', 'The chain has no policy that is asked for.', NO_POLICY),
  UNSUPPORTED_EXTENSION_FEATURE: error(
    'unsupported extension feature',
    `${CHAIN} uses a part of an extension that OpenSSL does not know.`,
    STRICT,
  ),
  SUITE_B_INVALID_VERSION: error(
    'Suite B: certificate version invalid',
    `${CHAIN} is not of version 3, which Suite B wants.`,
    NO_SUITE_B,
  ),
  SUITE_B_INVALID_ALGORITHM: error(
    'Suite B: invalid public key algorithm',
    `${CHAIN} has a key that is no EC key, which Suite B wants.`,
    NO_SUITE_B,
  ),
  SUITE_B_INVALID_CURVE: error(
    'Suite B: invalid ECC curve',
    `${CHAIN} has a key on a curve that Suite B does not allow.`,
    NO_SUITE_B,
  ),
  SUITE_B_INVALID_SIGNATURE_ALGORITHM: error(
    'Suite B: invalid signature algorithm',
    `${CHAIN} is signed with an algorithm that Suite B does not allow.`,
    NO_SUITE_B,
  ),
  SUITE_B_LOS_NOT_ALLOWED: error(
    'Suite B: curve not allowed for this LOS',
    `${CHAIN} has a key on a curve that this level of Suite B does not allow.`,
    NO_SUITE_B,
  ),
  SUITE_B_CANNOT_SIGN_P_384_WITH_P_256: error(
    'Suite B: cannot sign P-384 with P-256',
    'A key on P-384 is signed with one on P-256, which Suite B does not allow.',
    NO_SUITE_B,
  ),
  DANE_NO_MATCH: error(
    'no matching DANE TLSA records',
    'No TLSA record in the DNS is for it.',
    'Have the TLSA record of the server renewed.',
  ),
  NO_VALID_SCTS: error(
    'Certificate Transparency required, but no valid SCTs found',
    'It is in no log of certificate transparency.',
    "Switch that check off in this machine's configuration of OpenSSL.",
  ),
  OCSP_VERIFY_NEEDED: error('OCSP verification needed', `${ANSWER} is missing.`, NO_OCSP),
  OCSP_VERIFY_FAILED: error('OCSP verification failed', `${ANSWER} cannot be used.`, NO_OCSP),
  OCSP_CERT_UNKNOWN: error('OCSP unknown cert', `${ANSWER} does not know the certificate.`, NO_OCSP),
  OCSP_RESP_INVALID: error('OCSP response(s) invalid', `${ANSWER} cannot be read.`, NO_OCSP),
  OCSP_SIGNATURE_FAILURE: error(
    'OCSP response signature verification failure',
    `${ANSWER} has a wrong signature.`,
    NO_OCSP,
  ),
  OCSP_NOT_YET_VALID: error(
    'OCSP response not yet valid (contains a date in the future)',
    `${ANSWER} is not valid yet.`,
    'Check the clock of this machine.',
  ),
  OCSP_HAS_EXPIRED: error('OCSP response has expired', `${ANSWER} has expired.`, NO_OCSP),
  OCSP_NO_RESPONSE: error(
    'no OCSP response available for certificate',
    `${ANSWER} is not about this certificate.`,
    NO_OCSP,
  ),
  PATHLEN_INVALID_FOR_NON_CA: error(
    'Path length invalid for non-CA cert',
    `${CHAIN} has a pathlen and is no authority.`,
    STRICT,
  ),
  PATHLEN_WITHOUT_KU_KEY_CERT_SIGN: error(
    'Path length given without key usage keyCertSign',
    `${CHAIN} has a pathlen, and its keyUsage lacks keyCertSign.`,
    STRICT,
  ),
  KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: error(
    'Key usage keyCertSign invalid for non-CA cert',
    `${CHAIN} has keyUsage keyCertSign and is no authority.`,
    STRICT,
  ),
  ISSUER_NAME_EMPTY: error('Issuer name empty', `${CHAIN} names no issuer.`, STRICT),
  SUBJECT_NAME_EMPTY: error('Subject name empty', 'An authority of the chain has no subject.', STRICT),
  MISSING_AUTHORITY_KEY_IDENTIFIER: error(
    'Missing Authority Key Identifier',
    `${CHAIN} has no authorityKeyIdentifier.`,
    STRICT,
  ),
  MISSING_SUBJECT_KEY_IDENTIFIER: error(
    'Missing Subject Key Identifier',
    'An authority of the chain has no subjectKeyIdentifier.',
    STRICT,
  ),
  EMPTY_SUBJECT_ALT_NAME: error(
    'Empty Subject Alternative Name extension',
    `${CHAIN} has a subjectAltName without names.`,
    STRICT,
  ),
  CA_BCONS_NOT_CRITICAL: error(
    'Basic Constraints of CA cert not marked critical',
    'The basicConstraints of an authority are not critical.',
    STRICT,
  ),
  EMPTY_SUBJECT_SAN_NOT_CRITICAL: error(
    'Subject empty and Subject Alt Name extension not critical',
    `${CHAIN} has no subject, and its subjectAltName is not critical.`,
    STRICT,
  ),
  AUTHORITY_KEY_IDENTIFIER_CRITICAL: error(
    'Authority Key Identifier marked critical',
    `The authorityKeyIdentifier of a certificate of the chain is critical.`,
    STRICT,
  ),
  SUBJECT_KEY_IDENTIFIER_CRITICAL: error(
    'Subject Key Identifier marked critical',
    `The subjectKeyIdentifier of a certificate of the chain is critical.`,
    STRICT,
  ),
  CA_CERT_MISSING_KEY_USAGE: error(
    'CA cert does not include key usage extension',
    'An authority of the chain has no keyUsage.',
    STRICT,
  ),
  EXTENSIONS_REQUIRE_VERSION_3: error(
    'Using cert extension requires at least X509v3',
    `${CHAIN} has extensions and is not of version 3.`,
    STRICT,
  ),
  RPK_UNTRUSTED: error(
    'Raw public key untrusted, no trusted keys configured',
    'The other side sent a public key without a certificate.',
    'Have it send a certificate.',
  ),
} as const satisfies Readonly<Record<string, OtherError>>;

function error(text: string, problem: string, advice: string): OtherError {
  return { text, problem, advice };
}
