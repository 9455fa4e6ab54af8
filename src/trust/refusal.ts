// Why the certificate of a server was not believed, in a sentence for administrators with what to change. The runtime
// gives a code of OpenSSL and neither names nor dates; those are in the chain that the server sent, where it is known.

import type { X509Certificate } from 'node:crypto';
import { TrustError } from './trust-error.ts';

export interface RefusalFacts {
  readonly host: string;
  /** What the server sent, its own certificate first; empty when that is not known. */
  readonly chain: readonly X509Certificate[];
  /** Undefined: those of the runtime. */
  readonly authorities: readonly X509Certificate[] | undefined;
  readonly trustManager: string;
  readonly now: Date;
}

const NAME_CHARACTERS_MAX = 300;

const SENTENCES: Readonly<Record<string, (facts: RefusalFacts) => string>> = {
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: notYetValid,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: missingIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: missingIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: missingIssuer,
  CERT_REVOKED: () => 'It was revoked.',
  CERT_SIGNATURE_FAILURE: () =>
    'A signature in its chain is wrong: somebody may have put another in its place.',
  CERT_CHAIN_TOO_LONG: () => 'Its chain of issuers is too long.',
  INVALID_CA: () => 'A certificate in its chain was used to issue others and may not.',
  PATH_LENGTH_EXCEEDED: () => 'A certificate in its chain was used to issue more than it may.',
  INVALID_PURPOSE: () => 'It was not issued for servers. Have it issued for server authentication.',
  CERT_UNTRUSTED: () => 'An authority in its chain is not for servers.',
  CERT_REJECTED: () => 'An authority in its chain refuses this use.',
};

/** Undefined when the error is not about the certificate. Takes errors of the runtime and of nodemailer, which keeps their codes. */
export function refusalOf(error: unknown, facts: RefusalFacts): TrustError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (at instanceof TrustError) return at;
    const code = codeOf(at);
    const sentence = code === undefined ? undefined : SENTENCES[code];
    if (sentence !== undefined) {
      return new TrustError(`The certificate of ${facts.host} is not believed. ${sentence(facts)}`, {
        cause: error,
      });
    }
    // Too small a key or too weak a digest, for which the runtime has no codes.
    if (code === 'UNSPECIFIED')
      return new TrustError(`The certificate of ${facts.host} is not believed: ${at.message}.`, {
        cause: error,
      });
  }
  return undefined;
}

function codeOf(error: Error): string | undefined {
  const codes = [
    'originalCode' in error ? error.originalCode : undefined,
    'code' in error ? error.code : undefined,
  ];
  return codes.find((code) => typeof code === 'string');
}

function expired(facts: RefusalFacts): string {
  const { now } = facts;
  const found = find(facts, ({ validToDate }) => validToDate < now);
  if (found === undefined) return 'It, or that of an issuer, has expired. Have it renewed.';
  const { whose, certificate, isAuthority } = found;
  const advice = isAuthority ? 'Put its successor into the trust store.' : 'Have it renewed on the server.';
  return `${whose} expired on ${day(certificate.validToDate)}; it is ${day(now)}. ${advice}`;
}

function notYetValid(facts: RefusalFacts): string {
  const { now } = facts;
  const found = find(facts, ({ validFromDate }) => now < validFromDate);
  if (found === undefined)
    return 'It, or that of an issuer, is not valid yet. Check the clocks of both machines.';
  const { whose, certificate } = found;
  return `${whose} is valid from ${day(certificate.validFromDate)} on; it is ${day(now)}. Check the clocks of both machines.`;
}

function selfSigned({ chain: [own], ...facts }: RefusalFacts): string {
  const print = own === undefined ? 'its fingerprint' : `its SHA-256 fingerprint ${own.fingerprint256}`;
  return `It is signed by itself, and ${knownBy(facts)} not have it. If ${print} is right, ${add(facts, 'it')}.`;
}

function unknownAuthority({ chain, ...facts }: RefusalFacts): string {
  const last = chain.at(-1);
  const issuer = last === undefined ? 'an authority' : `the authority ${nameOf(last.issuer)}`;
  return `It comes from ${issuer}, and ${knownBy(facts)} not have that. To believe it, ${add(facts, 'the certificate of the authority')}.`;
}

/** The server has left out a certificate, or ends with one whose issuer nobody here knows. */
function missingIssuer({ chain, ...facts }: RefusalFacts): string {
  const [own, next] = chain;
  if (next !== undefined) return unknownAuthority({ chain, ...facts });
  const issuer = own === undefined ? 'its issuer' : nameOf(own.issuer);
  return (
    `The server sends it without that of ${issuer}, and ${knownBy(facts)} not have that either. ` +
    `Have the server send its whole chain; or, if ${issuer} is to be believed by itself, ${add(facts, 'its certificate')}.`
  );
}

/** The first certificate that it is true of, from the server's own on, and then among the authorities that issued the last. */
function find(
  { chain, authorities = [], trustManager }: RefusalFacts,
  isIt: (certificate: X509Certificate) => boolean,
): { whose: string; certificate: X509Certificate; isAuthority: boolean } | undefined {
  const prints = new Set(authorities.map(({ fingerprint256 }) => fingerprint256));
  const issuers = authorities.filter((one) => chain.at(-1)?.checkIssued(one) === true);
  for (const [index, certificate] of [...chain, ...issuers].entries()) {
    if (!isIt(certificate)) continue;
    const isAuthority = prints.has(certificate.fingerprint256);
    const name = nameOf(certificate.subject);
    if (isAuthority)
      return { whose: `That of the authority ${name} in ${trustManager}`, certificate, isAuthority };
    return { whose: index === 0 ? 'It' : `That of its issuer ${name}`, certificate, isAuthority };
  }
  return undefined;
}

function knownBy({ authorities, trustManager }: Omit<RefusalFacts, 'chain'>): string {
  return authorities === undefined ? `${trustManager} do` : `${trustManager} does`;
}

function add({ authorities, trustManager }: Omit<RefusalFacts, 'chain'>, what: string): string {
  if (authorities === undefined) return `set trust-manager-provider to a trust manager that has ${what}`;
  return `put ${what} into ${trustManager}`;
}

function day(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `CN=Example, O=Org`: subjects come with a line for each part. They are as long as whoever sends them likes. */
function nameOf(subject: string | undefined): string {
  const name = (subject ?? '').replaceAll('\n', ', ') || 'an issuer without a name';
  return name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX)}…` : name;
}
