// Where a login comes from, as failures are counted: an address, or the network that one customer has of IPv6.

import { isIPv6 } from 'node:net';
import type { Connection } from './connection.ts';
import { isLoopback } from './connection-security.ts';

export interface LoginSource {
  /** Names the source for people, and is what failures are counted by. */
  readonly address: string;
  /** This machine itself: other users of it are not strangers on a network. */
  readonly isLocal: boolean;
}

const IPV6_GROUPS = 8;
/** Of a /64, the smallest network anybody is given. */
const NETWORK_GROUPS = 4;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

export function loginSourceOf({
  remoteAddress,
  security,
}: Pick<Connection, 'remoteAddress' | 'security'>): LoginSource {
  if (security.isLocalSocket || isLoopback(remoteAddress)) return { address: remoteAddress, isLocal: true };
  return { address: networkOf(remoteAddress), isLocal: false };
}

/** `2001:db8:0:1::/64` of an IPv6 address; an IPv4 address is itself, however it is written. */
export function networkOf(address: string): string {
  const [, mapped] = MAPPED_IPV4.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const between = new Array<string>(Math.max(0, IPV6_GROUPS - before.length - after.length)).fill('0');
  return `${[...before, ...between, ...after].slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
