// A definition of the schema, as a line of a schema file has it (RFC 4512 §4.1).

import { DefinitionError, parseDefinition } from '../../schema/definition.ts';
import { SITE_KINDS, splitDefinition } from '../../schema/schema-file.ts';
import { type PropertyType, propertyType } from '../property-type.ts';
import { string } from './string.ts';

const CHARACTERS_MAX = 65_536;
const ALLOWED = `A line of a schema file, which begins with ${SITE_KINDS.map((kind) => `${kind}:`).join(' or ')}`;

/** Returns the type of a definition of the schema. Whether it fits the others is seen when it comes into force. */
export function schemaDefinition(): PropertyType<string> {
  const text = string({ caseSensitive: true, charactersMax: CHARACTERS_MAX });
  return propertyType({
    name: 'schema definition',
    syntax: 'directoryString',
    caseSensitive: true,
    allowed: ALLOWED,
    parse(written) {
      const parsed = text.parse(written);
      if (!('value' in parsed)) return parsed;
      const found = splitDefinition(written);
      if (found === undefined)
        return { problem: 'is no line of a schema file', advice: `Allowed: ${ALLOWED}.` };
      try {
        parseDefinition(found.kind, found.text);
        return parsed;
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        return { problem: error.message, advice: 'Write the definition as RFC 4512 section 4.1 has it.' };
      }
    },
  });
}
