// Refuses passwords made of too few different characters.

import { defineObject } from '../../object-definition.ts';
import { opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { integer } from '../../types/integer.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { passwordValidator } from './password-validator.ts';
import { caseSensitiveValidation } from './validation-properties.ts';

export const uniqueCharactersPasswordValidator = defineObject({
  kind: 'unique-characters-password-validator',
  friendlyName: 'Unique Characters Password Validator',
  friendlyPluralName: 'Unique Characters Password Validators',
  synopsis: 'Refuses passwords made of too few different characters.',
  objectClass: { name: 'ds-cfg-unique-characters-password-validator', oid: opendjClass(88) },
  parent: passwordValidator,
  location: passwordValidator.location,
  properties: [
    ...passwordValidator.properties,
    property({
      name: 'min-unique-characters',
      oid: opendjAttribute(274),
      type: integer({ lowest: 0, highest: 1024, unit: 'characters' }),
      required: true,
      synopsis: 'How many different characters a password has at least; 0 is no limit.',
    }),
    caseSensitiveValidation,
    javaClassProperty('org.opends.server.extensions.UniqueCharactersPasswordValidator'),
  ],
});
