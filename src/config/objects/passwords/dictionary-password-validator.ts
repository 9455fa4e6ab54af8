// Refuses passwords that are in a list, such as that of the most common passwords.

import { defineObject } from '../../object-definition.ts';
import { opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { filePath } from '../../types/string.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { passwordValidator } from './password-validator.ts';
import {
  caseSensitiveValidation,
  checkSubstrings,
  minSubstringLength,
  testReversedPassword,
} from './validation-properties.ts';

export const dictionaryPasswordValidator = defineObject({
  kind: 'dictionary-password-validator',
  friendlyName: 'Dictionary Password Validator',
  friendlyPluralName: 'Dictionary Password Validators',
  synopsis: 'Refuses passwords that are in a list of words.',
  description:
    'A list of the 10,000 most common passwords comes with the server. It is read when the password validator is enabled or ' +
    'changed, and when the server starts.',
  objectClass: { name: 'ds-cfg-dictionary-password-validator', oid: opendjClass(94) },
  parent: passwordValidator,
  location: passwordValidator.location,
  properties: [
    ...passwordValidator.properties,
    property({
      name: 'dictionary-file',
      oid: opendjAttribute(285),
      type: { ...filePath(), caseSensitive: true },
      synopsis: 'The list: a UTF-8 text file with a word in each line.',
      default: { behaviour: 'The list of the most common passwords that comes with the server.' },
    }),
    caseSensitiveValidation,
    testReversedPassword,
    checkSubstrings,
    minSubstringLength,
    javaClassProperty('org.opends.server.extensions.DictionaryPasswordValidator'),
  ],
});
