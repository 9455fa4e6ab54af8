// Walks a chain from the certificate of the peer to an authority and finds every broken rule. The runtime lets
// OpenSSL check chains and passes on one code, mostly without a reason and never with the certificate.

import type { X509Certificate } from 'node:crypto';
import type { BrokenRule, Role } from './broken-rule.ts';
import { brokenEnd, type TrustStoreWords } from './chain-end.ts';
import { findPath, isSelfIssued, type Link } from './chain-path.ts';
import { CHAIN_RULES } from './chain-rules.ts';
import { formatSubject } from './chain-words.ts';
import { conflictOf, formatName, type GeneralName, type NameConflict } from './general-names.ts';

export interface WalkOptions {
  /** Certificates as sent, the peer's first. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  readonly authorities: readonly X509Certificate[];
  readonly store: TrustStoreWords;
  /** Name of the trust store in messages: the DN of its entry. */
  readonly storeName: string;
  readonly role: Role;
  readonly now: Date;
}

const SUBTREES_SHOWN_MAX = 5;

/** Returns the broken rules in the order of the chain; an empty list if none is found. Never throws. */
export function walkChain(options: WalkOptions): readonly BrokenRule[] {
  const { store, storeName, role, now } = options;
  const path = findPath(options);
  const { links } = path;
  const it = ({ certificate, isAuthority }: Link, at: number) => {
    if (at === 0) return 'It';
    const name = formatSubject(certificate.subject);
    return isAuthority
      ? `The certificate of the authority ${name} in ${storeName}`
      : `The certificate of its issuer ${name}`;
  };
  const broken: BrokenRule[] = [];
  const end = brokenEnd(path, store, it, role);
  if (end !== undefined) broken.push(end);
  let authoritiesBelow = 0;
  for (const [at, link] of links.entries()) {
    const place = { link, at, issuer: links[at + 1], authoritiesBelow, it: it(link, at), role, now };
    broken.push(...CHAIN_RULES.map((rule) => rule(place)).filter((rule) => rule !== undefined));
    const conflict = nameConflict(links, at);
    if (conflict !== undefined) broken.push(forbiddenName(conflict, it(link, at)));
    if (at > 0 && !isSelfIssued(link.certificate)) authoritiesBelow += 1;
  }
  return broken;
}

/** Returns the conflict between the name constraints of the authority at this position and the names below it. */
function nameConflict(links: readonly Link[], at: number): NameConflict | undefined {
  const constraints = links[at]?.facts?.nameConstraints;
  if (at === 0 || constraints === undefined) return undefined;
  return links
    .slice(0, at)
    .filter(({ certificate }, below) => below === 0 || !isSelfIssued(certificate))
    .map((link) => conflictOf(namesOf(link), constraints))
    .find((conflict) => conflict !== undefined);
}

function namesOf({ facts }: Link): readonly GeneralName[] {
  if (facts === undefined) return [];
  const { names = [], subject, commonNames } = facts;
  const hasHosts = names.some(({ kind }) => kind === 'host name');
  const hosts = hasHosts ? [] : commonNames.filter((name) => /^\w[\w-]*(?:\.\w[\w-]*)+$/.test(name));
  return [
    ...(EMPTY_NAME === subject.value ? [] : [subject]),
    ...names,
    ...hosts.map((value): GeneralName => ({ kind: 'host name', value })),
  ];
}

/** DER of an empty sequence. */
const EMPTY_NAME = '\x30\x00';

function forbiddenName({ code, name, subtrees }: NameConflict, it: string): BrokenRule {
  const all =
    subtrees.slice(0, SUBTREES_SHOWN_MAX).map(formatName).join(', ') +
    (subtrees.length > SUBTREES_SHOWN_MAX ? ' and others' : '');
  const what = formatName(name);
  const [problem, advice] = wordsOf(code, what, all);
  return { code, problem: `${it} ${problem}`, advice };
}

function wordsOf(code: NameConflict['code'], name: string, all: string): readonly [string, string] {
  const other = 'or by another authority';
  switch (code) {
    case 'PERMITTED_VIOLATION':
      return [
        `may vouch for the ${all} only (nameConstraints), and the chain has the ${name}.`,
        `Have the certificate issued for a name that this authority may vouch for, ${other}.`,
      ];
    case 'EXCLUDED_VIOLATION':
      return [
        `may not vouch for the ${all} (nameConstraints), and the chain has the ${name}.`,
        `Have the certificate issued for another name, ${other}.`,
      ];
    case 'SUBTREE_MINMAX':
      return [
        `has nameConstraints with a minimum or maximum for the ${all}, which RFC 5280 forbids.`,
        'Have the certificate of this authority issued again without it.',
      ];
    case 'UNSUPPORTED_CONSTRAINT_TYPE':
      return [
        `has nameConstraints for a kind of name that OpenSSL cannot compare, and the chain has such a name: ${name}.`,
        `Have the certificate issued without that name, ${other}.`,
      ];
    case 'UNSUPPORTED_CONSTRAINT_SYNTAX':
      return [
        `has nameConstraints for the ${all} that are not written as RFC 5280 says.`,
        'Have the certificate of this authority issued again.',
      ];
  }
}
