// Finds the path from a certificate to an authority like OpenSSL (RFC 5280 §6.1): issuer by issuer, first among
// the trusted ones, then among those the peer sent.

import type { X509Certificate } from 'node:crypto';
import { type CertificateFacts, factsOf } from './certificate-facts.ts';

export interface Link {
  readonly certificate: X509Certificate;
  /** Undefined if the certificate cannot be parsed. */
  readonly facts: CertificateFacts | undefined;
  /** True if it is trusted. */
  readonly isAuthority: boolean;
}

export interface ChainPath {
  /** Certificates of the path, the peer's first. */
  readonly links: readonly Link[];
  /** True if the last link is trusted. */
  readonly isComplete: boolean;
  /** True if a link before it has issued the last one. */
  readonly isLoop: boolean;
  /** True if the search stopped because there are too many links. */
  readonly isTooLong: boolean;
  /** Certificates that have the name of the missing issuer but have not issued the last link. */
  readonly rejected: readonly Link[];
}

export interface PathOptions {
  /** Certificates as sent, the peer's first. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  readonly authorities: readonly X509Certificate[];
  readonly now: Date;
}

/** OpenSSL's limit. */
const LINKS_MAX = 100;

/** Finds the path of a chain. `now` decides between several issuers. */
export function findPath({ chain, authorities, now }: PathOptions): ChainPath {
  const trusted = new Set(authorities.map(({ fingerprint256 }) => fingerprint256));
  const linkOf = (certificate: X509Certificate): Link => ({
    certificate,
    facts: factsOf(certificate),
    isAuthority: trusted.has(certificate.fingerprint256),
  });
  const links = [linkOf(chain[0])];
  for (let last = links[0]; last !== undefined && links.length < LINKS_MAX; last = links.at(-1)) {
    if (last.isAuthority) return { links, isComplete: true, isLoop: false, isTooLong: false, rejected: [] };
    const { certificate } = last;
    if (certificate.checkIssued(certificate)) break;
    const used = new Set(links.map((link) => link.certificate.fingerprint256));
    const isIssuer = (one: X509Certificate) => !used.has(one.fingerprint256) && certificate.checkIssued(one);
    const issuer = best(authorities.filter(isIssuer), now) ?? best(chain.filter(isIssuer), now);
    if (issuer === undefined) break;
    links.push(linkOf(issuer));
  }
  const last = links.at(-1)?.certificate;
  return {
    links,
    isComplete: false,
    isLoop: links.slice(0, -1).some(({ certificate }) => last?.checkIssued(certificate) === true),
    isTooLong: links.length >= LINKS_MAX,
    rejected: namesakes(links, [...authorities, ...chain]).map(linkOf),
  };
}

/** Returns the certificate that is valid now and expires last. */
function best(candidates: readonly X509Certificate[], now: Date): X509Certificate | undefined {
  const isValid = ({ validFromDate, validToDate }: X509Certificate) =>
    validFromDate <= now && now <= validToDate;
  const valid = candidates.filter(isValid);
  const [first, ...others] = valid.length === 0 ? candidates : valid;
  return others.reduce((one, other) => (one && other.validToDate > one.validToDate ? other : one), first);
}

function namesakes(links: readonly Link[], all: readonly X509Certificate[]): readonly X509Certificate[] {
  const last = links.at(-1)?.certificate;
  if (last === undefined || isSelfIssued(last)) return [];
  const seen = new Set(links.map(({ certificate }) => certificate.fingerprint256));
  return all.filter((one) => {
    if (one.subject !== last.issuer || seen.has(one.fingerprint256)) return false;
    seen.add(one.fingerprint256);
    return true;
  });
}

/** Returns true if subject and issuer are equal. */
export function isSelfIssued({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer;
}
