// Matching rules for Booleans, numbers, bits, times, octets and UUIDs (RFC 4517 §4.2, RFC 4530, RFC 4523).

import { octetsFromText } from '../../ldap/octets.ts';
import { normalizeGeneralizedTime } from '../generalized-time.ts';
import type { MatchingRule } from '../matching-rule.ts';
import { compareText } from './text.ts';

const SYNTAX = '1.3.6.1.4.1.1466.115.121.1';
const UUID_SYNTAX = '1.3.6.1.1.16.1';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Normalize = (text: string) => string | undefined;
type Compare = (a: string, b: string) => number;

const boolean: Normalize = (text) => (/^(?:true|false)$/i.test(text) ? text.toUpperCase() : undefined);
const integer: Normalize = (text) => (/^(?:0|-?[1-9]\d*)$/.test(text) ? text : undefined);
const bits: Normalize = (text) => (/^'[01]*'B$/.test(text) ? text : undefined);
const octets: Normalize = (text) => text;
const uuid: Normalize = (text) => (UUID.test(text) ? text.toLowerCase() : undefined);

export const simpleRules: readonly MatchingRule[] = [
  equality('2.5.13.13', 'booleanMatch', `${SYNTAX}.7`, boolean),
  equality('2.5.13.14', 'integerMatch', `${SYNTAX}.27`, integer),
  ordering('2.5.13.15', 'integerOrderingMatch', `${SYNTAX}.27`, integer, compareIntegers),
  equality('2.5.13.16', 'bitStringMatch', `${SYNTAX}.6`, bits),
  equality('2.5.13.17', 'octetStringMatch', `${SYNTAX}.40`, octets),
  ordering('2.5.13.18', 'octetStringOrderingMatch', `${SYNTAX}.40`, octets, compareOctets),
  {
    ...equality('2.5.13.19', 'octetStringSubstringsMatch', `${SYNTAX}.58`, octets),
    substrings: { value: octets, piece: octets },
  },
  equality('2.5.13.27', 'generalizedTimeMatch', `${SYNTAX}.24`, normalizeGeneralizedTime),
  ordering(
    '2.5.13.28',
    'generalizedTimeOrderingMatch',
    `${SYNTAX}.24`,
    normalizeGeneralizedTime,
    compareText,
  ),
  // Compares whole certificates. RFC 4523 §2.1 compares serial number and issuer, which needs a decoder.
  equality('2.5.13.34', 'certificateExactMatch', '1.3.6.1.1.15.1', octets),
  equality('1.3.6.1.1.16.2', 'uuidMatch', UUID_SYNTAX, uuid),
  ordering('1.3.6.1.1.16.3', 'uuidOrderingMatch', UUID_SYNTAX, uuid, compareText),
  equality('1.3.6.1.4.1.4203.1.2.2', 'authPasswordExactMatch', '1.3.6.1.4.1.4203.1.1.2', octets),
];

/** Compares integers of any size as texts; both are without leading zeros. */
function compareIntegers(a: string, b: string): number {
  const isNegative = a.startsWith('-');
  if (isNegative !== b.startsWith('-')) return isNegative ? -1 : 1;
  const byMagnitude = a.length === b.length ? compareText(a, b) : a.length - b.length;
  return isNegative ? 0 - byMagnitude : byMagnitude;
}

function compareOctets(a: string, b: string): number {
  return Buffer.compare(octetsFromText(a), octetsFromText(b));
}

function equality(oid: string, name: string, syntaxOid: string, normalize: Normalize): MatchingRule {
  return { oid, names: [name], syntaxOid, normalize };
}

function ordering(
  oid: string,
  name: string,
  syntaxOid: string,
  normalize: Normalize,
  compare: Compare,
): MatchingRule {
  return { ...equality(oid, name, syntaxOid, normalize), compare };
}
