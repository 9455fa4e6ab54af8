// All errors of OpenSSL's chain check (X509_V_ERR_* of openssl/x509_vfy.h): the text, which the runtime passes
// on, and a message for cases in which the certificate is not known. The runtime has codes for 28 of them; the
// others are UNSPECIFIED.

import { ERRORS_OF_OTHER_CHECKS } from './errors-of-other-checks.ts';

export interface OpensslError {
  /** Text of X509_verify_cert_error_string. */
  readonly text: string;
  /** Sentence: the problem. */
  readonly problem: string;
  /** Sentence: what to issue or configure. */
  readonly advice: string;
}

const REISSUE = 'Have the certificate issued again.';
const OTHER_ISSUER = 'Have the certificate issued by an authority that may do so.';
const SEND_CHAIN = 'Have the whole chain sent, or put the certificate of the authority into the trust store.';
const CHAIN = 'a certificate of the chain';

const ERRORS_OF_CHAINS = {
  UNABLE_TO_GET_ISSUER_CERT: error(
    'unable to get issuer certificate',
    'The certificate of an issuer is missing.',
    SEND_CHAIN,
  ),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: error(
    'unable to get local issuer certificate',
    'The authority that issued it is not known here.',
    SEND_CHAIN,
  ),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: error(
    'unable to verify the first certificate',
    'It was sent without the certificate of its issuer, which is not known here.',
    SEND_CHAIN,
  ),
  DEPTH_ZERO_SELF_SIGNED_CERT: error(
    'self-signed certificate',
    'It is self-signed, and it is not in the trust store.',
    'Compare its fingerprint with that of the server, and put it into the trust store.',
  ),
  SELF_SIGNED_CERT_IN_CHAIN: error(
    'self-signed certificate in certificate chain',
    'The authority at the end of its chain is not known here.',
    'Put the certificate of the authority into the trust store, if it is to be trusted.',
  ),
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: error(
    "unable to decrypt certificate's signature",
    `The signature of ${CHAIN} cannot be decrypted with the key of its issuer.`,
    REISSUE,
  ),
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: error(
    'unable to decode issuer public key',
    `The key of an issuer is of a kind that OpenSSL cannot read.`,
    'Have the certificate issued by an authority with an RSA or EC key.',
  ),
  CERT_SIGNATURE_FAILURE: error(
    'certificate signature failure',
    `The signature of ${CHAIN} is not by its issuer: it was changed, or the issuer has another key now.`,
    'Compare the certificates with those of the authority.',
  ),
  CERT_NOT_YET_VALID: error(
    'certificate is not yet valid',
    `${capital(CHAIN)} is not valid yet.`,
    'Check the clocks of both machines.',
  ),
  CERT_HAS_EXPIRED: error('certificate has expired', `${capital(CHAIN)} has expired.`, 'Have it renewed.'),
  ERROR_IN_CERT_NOT_BEFORE_FIELD: error(
    "format error in certificate's notBefore field",
    `The first day of ${CHAIN} is not written as a date.`,
    REISSUE,
  ),
  ERROR_IN_CERT_NOT_AFTER_FIELD: error(
    "format error in certificate's notAfter field",
    `The last day of ${CHAIN} is not written as a date.`,
    REISSUE,
  ),
  CERT_CHAIN_TOO_LONG: error(
    'certificate chain too long',
    'Its chain has more than 100 certificates.',
    'Have the certificate issued by an authority closer to the root.',
  ),
  NO_ISSUER_PUBLIC_KEY: error(
    "issuer certificate doesn't have a public key",
    'The certificate of an issuer has no public key.',
    'Put the right certificate of the authority in its place.',
  ),
  INVALID_CA: error(
    'invalid CA certificate',
    'A certificate of the chain has issued another and is no authority (basicConstraints without CA:TRUE).',
    OTHER_ISSUER,
  ),
  INVALID_NON_CA: error(
    'invalid non-CA certificate (has CA markings)',
    `${capital(CHAIN)} is an authority where none may be.`,
    'Have a certificate issued that is no authority (basicConstraints CA:FALSE).',
  ),
  PATH_LENGTH_EXCEEDED: error(
    'path length constraint exceeded',
    'An authority of the chain has more authorities below it than its pathlen allows.',
    'Have the certificate issued by an authority higher up, or that authority again with a larger pathlen.',
  ),
  INVALID_PURPOSE: error(
    'unsuitable certificate purpose',
    `${capital(CHAIN)} is not for this purpose (extendedKeyUsage or keyUsage).`,
    'Have it issued with extendedKeyUsage serverAuth for a server, clientAuth for a client, and keyUsage digitalSignature.',
  ),
  CERT_UNTRUSTED: error(
    'certificate not trusted',
    'The authority at the end of the chain is not trusted for this purpose.',
    'Put the certificate of the authority into the trust store without restrictions on its use.',
  ),
  CERT_REJECTED: error(
    'certificate rejected',
    'The trust store says that the authority at the end of the chain is to be rejected for this purpose.',
    'Put the certificate of the authority into the trust store without restrictions on its use.',
  ),
  SUBJECT_ISSUER_MISMATCH: error(
    'subject issuer mismatch',
    `${capital(CHAIN)} does not have the name that the next one gives for its issuer.`,
    SEND_CHAIN,
  ),
  AKID_SKID_MISMATCH: error(
    'authority and subject key identifier mismatch',
    'The certificate at hand of the issuer has another key identifier than the one that issued.',
    'Put the certificate of the authority in its place that has issued this one.',
  ),
  AKID_ISSUER_SERIAL_MISMATCH: error(
    'authority and issuer serial number mismatch',
    'The certificate at hand of the issuer has another serial number than the one that issued.',
    'Put the certificate of the authority in its place that has issued this one.',
  ),
  KEYUSAGE_NO_CERTSIGN: error(
    'key usage does not include certificate signing',
    'The issuer may not sign certificates: its keyUsage lacks keyCertSign.',
    OTHER_ISSUER,
  ),
  KEYUSAGE_NO_DIGITAL_SIGNATURE: error(
    'key usage does not include digital signature',
    `The keyUsage of ${CHAIN} lacks digitalSignature.`,
    'Have it issued with keyUsage digitalSignature.',
  ),
  UNHANDLED_CRITICAL_EXTENSION: error(
    'unhandled critical extension',
    `${capital(CHAIN)} has a critical extension that OpenSSL does not know.`,
    'Have it issued without the extension, or with it not critical.',
  ),
  PROXY_PATH_LENGTH_EXCEEDED: error(
    'proxy path length constraint exceeded',
    'More proxy certificates follow one another than the first of them allows.',
    'Use a certificate of an authority instead of a proxy certificate (RFC 3820).',
  ),
  PROXY_CERTIFICATES_NOT_ALLOWED: error(
    'proxy certificates not allowed, please set the appropriate flag',
    'The chain has a proxy certificate (RFC 3820), and these are not trusted here.',
    'Use a certificate of an authority instead of a proxy certificate.',
  ),
  PROXY_SUBJECT_NAME_VIOLATION: error(
    'proxy subject name violation',
    'The subject of a proxy certificate is not that of its issuer with one part more.',
    'Use a certificate of an authority instead of a proxy certificate (RFC 3820).',
  ),
  INVALID_EXTENSION: error(
    'invalid or inconsistent certificate extension',
    `${capital(CHAIN)} has an extension that cannot be read, or that is there twice.`,
    REISSUE,
  ),
  UNNESTED_RESOURCE: error(
    "RFC 3779 resource not subset of parent's resources",
    `${capital(CHAIN)} names network resources (RFC 3779) that its issuer does not have.`,
    'Have it issued without that extension.',
  ),
  PERMITTED_VIOLATION: error(
    'permitted subtree violation',
    'A name of the certificate is not among those that an authority of its chain may vouch for (nameConstraints).',
    'Have it issued for a name that the authority may vouch for, or by another authority.',
  ),
  EXCLUDED_VIOLATION: error(
    'excluded subtree violation',
    'A name of the certificate is among those that an authority of its chain may not vouch for (nameConstraints).',
    'Have it issued for another name, or by another authority.',
  ),
  SUBTREE_MINMAX: error(
    'name constraints minimum and maximum not supported',
    'The nameConstraints of an authority have a minimum or maximum, which RFC 5280 forbids.',
    'Have the certificate of the authority issued again without it.',
  ),
  UNSUPPORTED_CONSTRAINT_TYPE: error(
    'unsupported name constraint type',
    'The nameConstraints of an authority are about a kind of name that OpenSSL cannot compare.',
    'Have the certificate issued without names of that kind, or by another authority.',
  ),
  UNSUPPORTED_CONSTRAINT_SYNTAX: error(
    'unsupported or invalid name constraint syntax',
    'The nameConstraints of an authority are not written as RFC 5280 says.',
    'Have the certificate of the authority issued again.',
  ),
  UNSUPPORTED_NAME_SYNTAX: error(
    'unsupported or invalid name syntax',
    'A name of the certificate is not written as RFC 5280 says.',
    REISSUE,
  ),
  PATH_LOOP: error(
    'path loop',
    'The certificates of the chain have issued each other in a circle.',
    'Have the chain sent as the authority gave it.',
  ),
  HOSTNAME_MISMATCH: error(
    'hostname mismatch',
    'It is for another host name.',
    'Connect to the server by a name that its certificate has, or have it issued for this name.',
  ),
  EMAIL_MISMATCH: error(
    'email address mismatch',
    'It is for another e-mail address.',
    'Have it issued for this address.',
  ),
  IP_ADDRESS_MISMATCH: error(
    'IP address mismatch',
    'It is for another IP address.',
    'Connect to the server by a name or address that its certificate has, or have it issued for this address.',
  ),
  EE_KEY_TOO_SMALL: error(
    'EE certificate key too weak',
    'Its key is too short.',
    'Have it issued for an RSA key of 2048 bits or more, or for an EC key of 224 bits or more.',
  ),
  CA_KEY_TOO_SMALL: error(
    'CA certificate key too weak',
    'The key of an authority in its chain is too short.',
    'Have it issued by an authority with an RSA key of 2048 bits or more, or with an EC key of 224 bits or more.',
  ),
  CA_MD_TOO_WEAK: error(
    'CA signature digest algorithm too weak',
    `${capital(CHAIN)} is signed with a digest that is too weak, such as SHA-1 or MD5.`,
    'Have it issued again with SHA-256 or better.',
  ),
  UNSUPPORTED_SIGNATURE_ALGORITHM: error(
    'Cannot find certificate signature algorithm',
    `${capital(CHAIN)} is signed with an algorithm that OpenSSL does not know.`,
    'Have it issued again with RSA or ECDSA and SHA-256 or better.',
  ),
  SIGNATURE_ALGORITHM_MISMATCH: error(
    'subject signature algorithm and issuer public key algorithm mismatch',
    `${capital(CHAIN)} is signed with an algorithm that does not belong to the key of its issuer.`,
    'Put the certificate of the authority in its place that has issued this one.',
  ),
  SIGNATURE_ALGORITHM_INCONSISTENCY: error(
    'cert info signature and signature algorithm mismatch',
    `${capital(CHAIN)} names two different algorithms for its one signature.`,
    REISSUE,
  ),
  EC_KEY_EXPLICIT_PARAMS: error(
    'Certificate public key has explicit ECC parameters',
    `The EC key of ${CHAIN} writes its curve out instead of naming it.`,
    'Have it issued for a key on a named curve, such as P-256.',
  ),
} as const satisfies Readonly<Record<string, OpensslError>>;

export type OpensslCode = keyof typeof ERRORS_OF_CHAINS | keyof typeof ERRORS_OF_OTHER_CHECKS;

export const OPENSSL_ERRORS: Readonly<Record<OpensslCode, OpensslError>> = {
  ...ERRORS_OF_CHAINS,
  ...ERRORS_OF_OTHER_CHECKS,
};

/** Code of the runtime for errors without a code. */
export const UNSPECIFIED = 'UNSPECIFIED';

/** Returns the OpenSSL error for a code of the runtime, or for a text of OpenSSL. */
export function findOpensslCode(code: string, text: string): OpensslCode | undefined {
  if (isOpensslCode(code) && code !== UNSPECIFIED) return code;
  const byText = Object.entries(OPENSSL_ERRORS).find(([, known]) => known.text === text);
  return byText !== undefined && isOpensslCode(byText[0]) ? byText[0] : undefined;
}

function isOpensslCode(code: string): code is OpensslCode {
  return Object.hasOwn(OPENSSL_ERRORS, code);
}

function error(text: string, problem: string, advice: string): OpensslError {
  return { text, problem, advice };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
