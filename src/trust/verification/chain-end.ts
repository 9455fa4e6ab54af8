// Explains a chain that ends without a trusted authority: self-signed, an unknown root, or a missing issuer.
// Names a known issuer that cannot have issued the last certificate.

import type { BrokenRule } from './broken-rule.ts';
import { Extension, KeyUse } from './certificate-facts.ts';
import { type ChainPath, isSelfIssued, type Link } from './chain-path.ts';
import { formatSubject } from './chain-words.ts';
import { OPENSSL_ERRORS } from './openssl-errors.ts';

/** OIDs of RSA, ECDSA, DSA, Edwards curves, and of NIST's arc. */
const SIGNATURE_ALGORITHMS =
  /^(?:1\.2\.840\.113549\.1\.1\.|1\.2\.840\.10045\.4\.|1\.2\.840\.10040\.4\.3$|1\.3\.101\.|2\.16\.840\.1\.101\.3\.4\.3\.|1\.3\.14\.3\.2\.)/;

/** Words for a trust store. */
export interface TrustStoreWords {
  /**
   * Subject and verb of a sentence: `cn=Mail,cn=Trust Manager Providers,cn=config does`, `the authorities of
   * the runtime do`.
   */
  readonly does: string;
  /** Returns the advice to trust the certificate `what`, in lower case and without a full stop. */
  readonly add: (what: string) => string;
}

/**
 * Returns the broken rule at the end of the chain. Returns undefined if there is none, or if the last
 * certificate itself breaks a rule.
 */
export function brokenEnd(
  { links, isComplete, isLoop, isTooLong, rejected }: ChainPath,
  store: TrustStoreWords,
  it: (link: Link, at: number) => string,
  role: string,
): BrokenRule | undefined {
  const last = links.at(-1);
  if (last === undefined || isComplete) return undefined;
  const [own] = links;
  const { certificate } = last;
  const issuer = formatSubject(certificate.issuer);
  if (isSelfIssued(certificate) && certificate.checkIssued(certificate)) {
    if (last !== own) return unknownAuthority(`It comes from the authority ${issuer}`, store);
    const problem = `It is self-signed, and ${store.does} not have it.`;
    const advice = `If its SHA-256 fingerprint ${certificate.fingerprint256} is right, ${store.add('it')}.`;
    return { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', problem, advice };
  }
  if (isLoop) return withCode('PATH_LOOP');
  if (isTooLong) return withCode('CERT_CHAIN_TOO_LONG');
  if ((last.facts?.unreadable.length ?? 0) > 0) return undefined;
  const found = rejected.map((link) => rejection(last, link)).find((rule) => rule !== undefined);
  if (found !== undefined) return { ...found, problem: `${it(last, links.length - 1)} ${found.problem}` };
  if (last !== own) return unknownAuthority(`It comes from the authority ${issuer}`, store);
  const problem = `The ${role} sends it without that of ${issuer}, and ${store.does} not have that either.`;
  const advice = `Have the ${role} send its whole chain; or, if ${issuer} is to be trusted by itself, ${store.add('its certificate')}.`;
  return { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', problem, advice };
}

function withCode(code: 'PATH_LOOP' | 'CERT_CHAIN_TOO_LONG'): BrokenRule {
  const { problem, advice } = OPENSSL_ERRORS[code];
  return { code, problem, advice };
}

function unknownAuthority(comes: string, store: TrustStoreWords): BrokenRule {
  return {
    code: 'SELF_SIGNED_CERT_IN_CHAIN',
    problem: `${comes}, and ${store.does} not have that.`,
    advice: `To trust it, ${store.add('the certificate of the authority')}.`,
  };
}

/** Returns why a certificate with the right name has not issued the last one. The problem begins with a verb. */
function rejection({ certificate, facts }: Link, other: Link): BrokenRule | undefined {
  const issuer = formatSubject(certificate.issuer);
  const { keyUsage, keyId } = other.facts ?? {};
  const where = other.isAuthority ? 'in the trust store' : 'that was sent along';
  const [unreadable] = other.facts?.unreadable ?? [];
  if (unreadable !== undefined) {
    const problem = `comes from ${issuer}, whose certificate ${where} has the extension ${unreadable} twice, or it cannot be read.`;
    return {
      code: 'INVALID_EXTENSION',
      problem,
      advice: 'Have the certificate of that issuer issued again.',
    };
  }
  if (keyUsage?.has(KeyUse.keyCertSign) === false) {
    const problem = `comes from ${issuer}, whose certificate ${where} may not sign certificates: its keyUsage lacks keyCertSign.`;
    const advice =
      'Have it issued by an authority with keyUsage keyCertSign, or the certificate of that issuer again with it.';
    return { code: 'KEYUSAGE_NO_CERTSIGN', problem, advice };
  }
  const algorithm = facts?.signatureAlgorithm ?? '';
  if (!SIGNATURE_ALGORITHMS.test(algorithm)) {
    const problem = `is signed with the algorithm ${algorithm}, which OpenSSL does not know.`;
    const advice = 'Have it issued again with RSA or ECDSA and SHA-256 or better.';
    return { code: 'UNSUPPORTED_SIGNATURE_ALGORITHM', problem, advice };
  }
  const advice = `Put the certificate of ${issuer} in its place that has issued this one.`;
  if (facts?.issuerKeyId !== undefined && keyId !== undefined && facts.issuerKeyId !== keyId) {
    const problem = `comes from another key of ${issuer} than the certificate ${where} is for: the authorityKeyIdentifier does not fit.`;
    return { code: 'AKID_SKID_MISMATCH', problem, advice };
  }
  if (facts?.extensions.has(Extension.authorityKeyIdentifier) === true) {
    const problem = `comes from another certificate of ${issuer} than the one ${where}: the authorityKeyIdentifier names another serial number.`;
    return { code: 'AKID_ISSUER_SERIAL_MISMATCH', problem, advice };
  }
  const problem = `is signed with an algorithm that does not belong to the key of the certificate of ${issuer} ${where}.`;
  return { code: 'SIGNATURE_ALGORITHM_MISMATCH', problem, advice };
}
