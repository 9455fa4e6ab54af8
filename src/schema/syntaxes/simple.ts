// Syntaxes of Booleans, numbers, bits, times and identifiers (RFC 4517 §3.3, RFC 4530).

import { isOid } from '../definition.ts';
import { normalizeGeneralizedTime } from '../generalized-time.ts';
import type { Syntax } from '../syntax.ts';

const PREFIX = '1.3.6.1.4.1.1466.115.121.1';
const UUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
const UTC_TIME = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})?$/;

export const simpleSyntaxes: readonly Syntax[] = [
  of('7', 'Boolean', 'must be true or false', (text) => /^(?:true|false)$/i.test(text)),
  of('27', 'INTEGER', 'must be a whole number without leading zeros, as in 0, 25 or -1', (text) =>
    /^(?:0|-?[1-9]\d*)$/.test(text),
  ),
  of('6', 'Bit String', "must be bits in apostrophes and a B, as in '0101'B", (text) =>
    /^'[01]*'B$/.test(text),
  ),
  of(
    '24',
    'Generalized Time',
    'must be a time as in 20261122081500Z or 20261122091500.25+0100',
    (text) => normalizeGeneralizedTime(text) !== undefined,
  ),
  of('53', 'UTC Time', 'must be a time as in 261122081500Z', isUtcTime),
  of('38', 'OID', 'must be a name of letters, digits and hyphens, or numbers as in 2.5.4.3', isOid),
  {
    oid: '1.3.6.1.1.16.1',
    description: 'UUID',
    check: (text) =>
      UUID.test(text) ? undefined : 'must be a UUID as in 597ae2f6-16a6-1027-98f4-d28b5365dc14',
  },
];

function of(arc: string, description: string, allowed: string, fits: (text: string) => boolean): Syntax {
  return { oid: `${PREFIX}.${arc}`, description, check: (value) => (fits(value) ? undefined : allowed) };
}

/** Returns true for a UTC Time. Its year has two digits; the check adds the century 20. */
function isUtcTime(text: string): boolean {
  const found = UTC_TIME.exec(text);
  if (found === null) return false;
  const [, year, month, day, hour, minute, second = '', zone = 'Z'] = found;
  return normalizeGeneralizedTime(`20${year}${month}${day}${hour}${minute}${second}${zone}`) !== undefined;
}
