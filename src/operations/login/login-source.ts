// Where a login comes from, as failures are counted: an address, or the network that one customer has of IPv6.

import { isIPv6 } from 'node:net';
import type { ClientConnection } from '../client-connection.ts';
import { isLoopback } from '../connection-security.ts';

export interface LoginSource {
  /** Names the source for people, and is what failures are counted by. */
  readonly address: string;
  /** This machine itself: other users of it are not strangers on a network. */
  readonly isLocal: boolean;
}

const IPV6_GROUPS = 8;
/** Of a /64, the smallest network anybody is given. */
const NETWORK_GROUPS = 4;
/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2) and `64:ff9b::/96` (RFC 6052 §2.1): the last 32 bits are an IPv4 address. */
const IPV4_PREFIXES: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']);

/** Returns the source of logins over a connection. */
export function loginSourceOf({
  remoteAddress,
  security,
}: Pick<ClientConnection, 'remoteAddress' | 'security'>): LoginSource {
  if (security.isLocalSocket || isLoopback(remoteAddress)) return { address: remoteAddress, isLocal: true };
  return { address: networkOf(remoteAddress), isLocal: false };
}

/**
 * Returns the network that an address is counted by: `2001:db8:0:1::/64` of an IPv6 address, and an IPv4 address itself,
 * also where it is written as an IPv6 address.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address.split('%', 1)[0] ?? '');
  if (IPV4_PREFIXES.has(groups.slice(0, -2).map(hexadecimal).join(':'))) {
    return groups
      .slice(-2)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  return `${groups.slice(0, NETWORK_GROUPS).map(hexadecimal).join(':')}::/64`;
}

/** Takes a valid IPv6 address without a zone; returns its eight groups as numbers. */
function groupsOf(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const [before, after] = [numbersOf(head), numbersOf(tail)];
  const between = new Array<number>(IPV6_GROUPS - before.length - after.length).fill(0);
  return [...before, ...between, ...after];
}

function numbersOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16);
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function hexadecimal(group: number): string {
  return group.toString(16);
}
