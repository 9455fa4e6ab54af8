// Properties of configurations written for PingDS or OpenDJ about the internals of those servers. Any value is
// accepted and has no effect.

import { isUtf8 } from '../../ldap/octets.ts';
import { type BaseSyntaxName, type PropertyType, propertyType } from '../property-type.ts';

const CHARACTERS_MAX = 4096;

/** Returns the type of a property that accepts any value. */
export function withoutEffect(syntax: BaseSyntaxName = 'directoryString'): PropertyType<string> {
  return propertyType({
    name: 'without effect',
    syntax,
    allowed: 'Any value, which changes nothing',
    parse(text) {
      if (text.trim() === '') return { problem: 'is empty', advice: 'Leave it out: it has no effect here.' };
      if (!isUtf8(text)) return { problem: 'is not UTF-8 text' };
      return text.length > CHARACTERS_MAX
        ? {
            problem: `is longer than ${CHARACTERS_MAX} characters`,
            advice: 'Leave it out: it has no effect here.',
          }
        : { value: text };
    },
  });
}
