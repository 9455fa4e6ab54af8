// Explains to administrators why the certificate of a server is not trusted, and what to change. The runtime
// reports one code of OpenSSL, mostly UNSPECIFIED, without names and dates. So every broken rule of the chain
// is found here.

import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { CertificateRefusal } from './certificate-refusal.ts';
import { checkName, nameProblem } from './name-check.ts';
import { TrustError } from './trust-error.ts';
import type { BrokenRule, Role } from './verification/broken-rule.ts';
import type { TrustStoreWords } from './verification/chain-end.ts';
import { walkChain } from './verification/chain-walk.ts';
import {
  findOpensslCode,
  OPENSSL_ERRORS,
  type OpensslCode,
  UNSPECIFIED,
} from './verification/openssl-errors.ts';

export interface RefusalFacts {
  /** Host of the connection; undefined for the certificate of a client, which has no host. */
  readonly host: string | undefined;
  /** False if a certificate of another host is accepted. */
  readonly checksHost?: boolean;
  /** Certificates as sent, the peer's first; empty if they are unknown. */
  readonly chain: readonly X509Certificate[];
  /** Trusted authorities; undefined for those of the runtime. */
  readonly authorities: readonly X509Certificate[] | undefined;
  readonly store: TrustStoreWords;
  /** Name of the trust store in messages. */
  readonly storeName: string;
  readonly now: Date;
}

/** Groups of codes for one problem: OpenSSL continues after each of them and reports the last. */
const ALIKE: readonly ReadonlySet<OpensslCode>[] = [
  new Set<OpensslCode>([
    ...(['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'] as const),
    ...([
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
    ] as const),
    ...(['KEYUSAGE_NO_CERTSIGN', 'AKID_SKID_MISMATCH', 'AKID_ISSUER_SERIAL_MISMATCH'] as const),
    ...(['SIGNATURE_ALGORITHM_MISMATCH', 'UNSUPPORTED_SIGNATURE_ALGORITHM', 'INVALID_EXTENSION'] as const),
    ...(['PATH_LOOP', 'CERT_CHAIN_TOO_LONG'] as const),
  ]),
  new Set<OpensslCode>(['INVALID_PURPOSE', 'INVALID_CA']),
  new Set<OpensslCode>(['CERT_SIGNATURE_FAILURE', 'SIGNATURE_ALGORITHM_INCONSISTENCY']),
  new Set<OpensslCode>(['PROXY_CERTIFICATES_NOT_ALLOWED', 'PROXY_SUBJECT_NAME_VIOLATION']),
  new Set<OpensslCode>(['UNSUPPORTED_CONSTRAINT_SYNTAX', 'UNSUPPORTED_NAME_SYNTAX']),
];

/**
 * Returns the explanation of an error; undefined if the error is not about the certificate. Takes errors of the
 * runtime and of nodemailer, which keeps their codes.
 */
export function refusalOf(error: unknown, facts: RefusalFacts): TrustError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (at instanceof TrustError) return at;
    for (const code of codesOf(at)) {
      const known = findOpensslCode(code, at.message);
      if (known !== undefined || code === UNSPECIFIED) return refusal(known, facts, error);
      if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return nameRefusal(at, facts);
    }
  }
  return undefined;
}

function refusal(reported: OpensslCode | undefined, facts: RefusalFacts, cause: unknown): CertificateRefusal {
  const found = [...walk(facts)];
  const alike = ALIKE.find((codes) => reported !== undefined && codes.has(reported));
  const isReported = ({ code }: BrokenRule) => code === reported || alike?.has(code) === true;
  if (reported !== undefined && !found.some(isReported)) {
    found.unshift({ ...OPENSSL_ERRORS[reported], code: reported });
  }
  if (found.length === 0) found.push({ ...OPENSSL_ERRORS.UNSPECIFIED, code: UNSPECIFIED });
  const [own] = facts.chain;
  const asked = facts.host !== undefined && facts.checksHost !== false ? facts.host : undefined;
  const name =
    own === undefined || asked === undefined ? undefined : nameProblem(asked, own.toLegacyObject());
  // The code that the runtime has reported comes first.
  const rules = [
    ...found.filter(isReported),
    ...found.filter((rule) => !isReported(rule)),
    ...(name ? [name] : []),
  ];
  return new CertificateRefusal(headOf(facts.host), rules, { cause });
}

function walk({ host, chain, authorities, ...facts }: RefusalFacts): readonly BrokenRule[] {
  const [own, ...others] = chain;
  if (own === undefined) return [];
  const role: Role = host === undefined ? 'client' : 'server';
  return walkChain({
    ...facts,
    chain: [own, ...others],
    authorities: authorities ?? runtimeAuthorities(own, others),
    role,
  });
}

/**
 * Returns the runtime's authorities that may have issued a certificate of the chain. Parsing all hundred takes
 * milliseconds.
 */
function runtimeAuthorities(...[own, others]: [X509Certificate, readonly X509Certificate[]]) {
  const issuers = new Set([own, ...others].map(({ issuer }) => issuer));
  return getCACertificates('default')
    .map((pem) => new X509Certificate(pem))
    .filter(({ subject }) => issuers.has(subject));
}

function nameRefusal(error: Error, { host, chain }: RefusalFacts): TrustError | undefined {
  const [own] = chain;
  const shown = 'cert' in error ? error.cert : undefined;
  const certificate = own?.toLegacyObject() ?? shown;
  if (host === undefined || !isPeerCertificate(certificate)) return undefined;
  return checkName(host, certificate);
}

function isPeerCertificate(value: unknown): value is Parameters<typeof checkName>[1] {
  return typeof value === 'object' && value !== null && 'subject' in value;
}

function headOf(host: string | undefined): string {
  return `The certificate of ${host ?? 'the client'} is not trusted.`;
}

function codesOf(error: Error): readonly string[] {
  const codes = [
    'originalCode' in error ? error.originalCode : undefined,
    'code' in error ? error.code : undefined,
  ];
  return codes.filter((code) => typeof code === 'string');
}
