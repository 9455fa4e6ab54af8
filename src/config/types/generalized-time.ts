// Times as LDAP writes them (RFC 4517 §3.3.13): `20270131235959Z`. The value is in milliseconds since 1970.

import { normalizeGeneralizedTime } from '../../schema/generalized-time.ts';
import { type PropertyType, propertyType } from '../property-type.ts';

const NORMAL = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,3}))?/;

/** Returns the type of a time. */
export function generalizedTime(): PropertyType<number> {
  return propertyType({
    name: 'generalized time',
    syntax: 'generalizedTime',
    allowed: 'A time in the form 20270131235959Z',
    parse(text) {
      const value = parseTime(text.trim());
      if (value !== undefined) return { value };
      return {
        problem: 'is not a time',
        advice: 'Write year, month, day, hour, minute, second and Z: 20270131235959Z.',
      };
    },
    format: formatTime,
  });
}

/** Returns milliseconds since 1970; undefined for text that is no Generalized Time. */
export function parseTime(text: string): number | undefined {
  const normal = normalizeGeneralizedTime(text);
  const [, year, month, day, hour, minute, second, fraction = ''] = NORMAL.exec(normal ?? '') ?? [];
  if (year === undefined) return undefined;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}Z`);
}

/** Returns a Generalized Time, with milliseconds unless there are none. Takes milliseconds since 1970. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]/g, '').replace('.000Z', 'Z');
}
