// What two descriptions differ in, and which of it may be: what is stored and waits for an admin action, and nothing else.

import type { DescribedPart, Facts } from '../../src/runtime/description.ts';

/** Properties that wait, by the keys of the names of their objects. */
export type Pending = ReadonlyMap<string, ReadonlySet<string>>;

/** Which facts of an object a property says, as the beginning of their path; by the attribute's last words. */
const FACTS: Readonly<Record<string, RegExp>> = {
  // An HTTP connection handler has a server, with limits of its own, for each address.
  'listen-address': /^listener\.(?:urls|sockets)|^limits\.\d+$/,
  'listen-port': /^listener\.(?:urls|sockets)/,
  'use-ssl': /^(?:listener\.urls|protocol|tls|plan)/,
  'use-start-tls': /^plan/,
  'smtp-property': /^(?:plan|ignored)/,
  'ssl-cert-nickname': /^tls/,
  'ssl-client-auth-policy': /^tls/,
  'tls-handshake-time-limit': /^tls\.settings\.handshakeTimeMs/,
  'max-connections': /^listener\.sockets/,
  'accept-backlog': /^listener\.backlog/,
  'max-header-size': /^maxHeaderSize/,
  'request-time-limit': /^limits/,
  'socket-file': /^listener\.urls/,
  'socket-file-mode': /^socket/,
  'base-dn': /^(?:trees|entries)/,
  'ldif-file': /^entries/,
};
/** The other properties that wait are limits of connection handlers. */
const TRUST = /^trusts|^tls\.identity\.clients/;
const LIMITS = /^(?:limits|filterLimits)\./;

/** Sentences; empty when both run the same. */
export function differences(
  live: readonly DescribedPart[],
  fresh: readonly DescribedPart[],
  pending: Pending,
): readonly string[] {
  const [ones, others] = [byName(live), byName(fresh)];
  // Whoever trusts the entries of a backend gets others when the backend does.
  const isTrustWaiting = [...pending.values()].some(
    (names) => names.has('ldif-file') || names.has('base-dn'),
  );
  return [...new Set([...ones.keys(), ...others.keys()])].flatMap((name) => {
    const [one, other] = [ones.get(name), others.get(name)];
    const waiting = pending.get(one?.key ?? other?.key ?? '') ?? new Set();
    if (one === undefined) return [`${name}: runs only in the fresh server: ${show(other?.facts)}`];
    if (other === undefined) return [`${name}: runs only in the live server: ${show(one.facts)}`];
    return [...compare(one.facts, other.facts, '')].flatMap(({ path, of }) => {
      if (isTrustWaiting && TRUST.test(path)) return [];
      const isAllowed = [...waiting].some((property) => (FACTS[property] ?? LIMITS).test(path));
      return isAllowed ? [] : [`${name}: ${path} is ${show(of[0])} and in a fresh server ${show(of[1])}`];
    });
  });
}

interface Found {
  readonly path: string;
  readonly of: readonly [Facts, Facts];
}

function* compare(one: Facts, other: Facts, path: string): Generator<Found> {
  if (typeof one !== 'object' || typeof other !== 'object') {
    if (one !== other) yield { path, of: [one, other] };
    return;
  }
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)]))
    yield* compare(memberOf(one, name), memberOf(other, name), path === '' ? name : `${path}.${name}`);
}

function memberOf(facts: object, name: string): Facts {
  return new Map<string, Facts>(Object.entries(facts)).get(name);
}

/** Several parts may be of one object, or of none. */
function byName(parts: readonly DescribedPart[]): Map<string, DescribedPart> {
  const named = new Map<string, DescribedPart>();
  for (const part of parts) {
    const name = [part.kind, part.key ?? 'the server', Object.keys(Object(part.facts))[0] ?? ''].join(' ');
    named.set(name, part);
  }
  return named;
}

function show(facts: Facts): string {
  return JSON.stringify(facts) ?? 'nothing';
}
