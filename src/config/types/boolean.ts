// Boolean: true or false in any case, as in PingDS. LDAP's own syntax has only TRUE and FALSE (RFC 4517 §3.3.3).

import { findSimilarName } from '../../schema/similar-name.ts';
import { type PropertyType, propertyType } from '../property-type.ts';

const MEANT: ReadonlyMap<string, string> = new Map([
  ['yes', 'true'],
  ['on', 'true'],
  ['1', 'true'],
  ['y', 'true'],
  ['no', 'false'],
  ['off', 'false'],
  ['0', 'false'],
  ['n', 'false'],
]);

/** Returns the type of a Boolean. */
export function boolean(): PropertyType<boolean> {
  return propertyType({
    name: 'boolean',
    syntax: 'boolean',
    allowed: 'true or false',
    parse(text) {
      const word = text.trim().toLowerCase();
      if (word === 'true') return { value: true };
      if (word === 'false') return { value: false };
      const nearest = MEANT.get(word) ?? findSimilarName(word, ['true', 'false']);
      const advice = nearest === undefined ? 'Write true or false.' : `Write ${nearest}.`;
      return { problem: 'is neither true nor false', advice };
    },
  });
}
