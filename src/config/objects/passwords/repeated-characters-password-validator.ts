// Refuses passwords in which one character follows itself too often.

import { defineObject } from '../../object-definition.ts';
import { opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { integer } from '../../types/integer.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { passwordValidator } from './password-validator.ts';
import { caseSensitiveValidation } from './validation-properties.ts';

export const repeatedCharactersPasswordValidator = defineObject({
  kind: 'repeated-characters-password-validator',
  friendlyName: 'Repeated Characters Password Validator',
  friendlyPluralName: 'Repeated Characters Password Validators',
  synopsis: 'Refuses passwords in which one character follows itself too often.',
  objectClass: { name: 'ds-cfg-repeated-characters-password-validator', oid: opendjClass(89) },
  parent: passwordValidator,
  location: passwordValidator.location,
  properties: [
    ...passwordValidator.properties,
    property({
      name: 'max-consecutive-length',
      oid: opendjAttribute(275),
      type: integer({ lowest: 0, highest: 1024, unit: 'characters' }),
      required: true,
      synopsis: 'How often one character may stand in a row; 0 is no limit.',
    }),
    caseSensitiveValidation,
    javaClassProperty('org.opends.server.extensions.RepeatedCharactersPasswordValidator'),
  ],
});
