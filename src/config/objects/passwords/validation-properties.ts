// Properties that several password validators share.

import { forgerockAttribute, opendjAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { boolean } from '../../types/boolean.ts';
import { integer } from '../../types/integer.ts';

export const caseSensitiveValidation = property({
  name: 'case-sensitive-validation',
  oid: opendjAttribute(276),
  type: boolean(),
  default: ['false'],
  synopsis: 'Whether upper and lower case letters are different characters.',
});

export const testReversedPassword = property({
  name: 'test-reversed-password',
  oid: opendjAttribute(286),
  type: boolean(),
  default: ['true'],
  synopsis: 'Whether the password is also checked from its end to its beginning.',
});

export const checkSubstrings = property({
  name: 'check-substrings',
  oid: forgerockAttribute(52),
  type: boolean(),
  default: ['true'],
  synopsis: 'Whether parts of the password count too.',
});

export const minSubstringLength = property({
  name: 'min-substring-length',
  oid: opendjAttribute(474),
  type: integer({ lowest: 1, highest: 1024, unit: 'characters' }),
  default: ['5'],
  synopsis: 'How many characters a part of the password has at least that counts.',
});
