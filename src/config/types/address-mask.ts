// Address masks: an IP address, a network in CIDR notation, or an IPv4 address with `*` for octets. Host names,
// which OpenDJ accepts, are refused: they need a reverse lookup that the client controls.

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export interface AddressMask {
  /** Text as written. */
  readonly text: string;
  /**
   * Returns true if the mask matches.
   * @param address An IPv4 or IPv6 address; anything else never matches.
   */
  matches(address: string): boolean;
}

const ADVICE =
  'Write an address (192.0.2.1), a network (192.0.2.0/24, 2001:db8::/32) or stars for octets (192.0.2.*).';
const STARRED = /^(?:(?:\d{1,3}|\*)\.){3}(?:\d{1,3}|\*)$/;
const MAPPED = /^::ffff:(?=\d+\.)/i;

/** Returns the type of an address mask. */
export function addressMask(): PropertyType<AddressMask> {
  return propertyType({
    name: 'address mask',
    syntax: 'directoryString',
    allowed: 'An IP address, a network in CIDR notation, or an IPv4 address with * for octets',
    parse: parseMask,
    format: (mask) => mask.text,
  });
}

function parseMask(text: string): Parsed<AddressMask> {
  if (text.includes('*')) return parseStarred(text);
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return { problem: 'is not an address or a network', advice: ADVICE };
  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)) {
    return { problem: `has a prefix that is not a number from 0 to ${bits}`, advice: ADVICE };
  }
  const list = new BlockList();
  list.addSubnet(address, prefix === undefined ? bits : Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  const matches = (client: string): boolean => {
    const plain = client.replace(MAPPED, '');
    if (isIPv4(plain)) return list.check(plain, 'ipv4');
    return isIPv6(plain) && list.check(plain, 'ipv6');
  };
  return { value: { text, matches } };
}

function parseStarred(text: string): Parsed<AddressMask> {
  const octets = text.split('.');
  if (!STARRED.test(text) || octets.some((octet) => octet !== '*' && Number(octet) > 255)) {
    return { problem: 'is not an IPv4 address with stars', advice: ADVICE };
  }
  const matches = (client: string): boolean => {
    const plain = client.replace(MAPPED, '');
    if (!isIPv4(plain)) return false;
    const parts = plain.split('.');
    return octets.every((octet, index) => octet === '*' || Number(octet) === Number(parts[index]));
  };
  return { value: { text, matches } };
}
