// Members of a list of attributes: the name or OID of one, `*` for all user attributes, `+` for all operational ones, and
// `@class` for all that an object class has. Whether the schema has them is checked elsewhere (checks/policy-check.ts).

import { type PropertyType, propertyType } from '../property-type.ts';

const NAME = /^@?(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/;

/** Returns the type of a member of a list of attributes. */
export function attributeList(): PropertyType<string> {
  return propertyType({
    name: 'attribute list member',
    syntax: 'directoryString',
    allowed:
      'The name of an attribute, * for all user attributes, + for all operational attributes, or @ and the name of an object class',
    parse(text) {
      const value = text.trim();
      if (value === '*' || value === '+' || NAME.test(value)) return { value };
      return {
        problem: 'is no attribute',
        advice: 'Write the name of an attribute without options, *, +, or @ and an object class.',
      };
    },
  });
}
