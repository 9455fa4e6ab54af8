// Refuses passwords that are in the entry already, such as the name.

import { defineObject } from '../../object-definition.ts';
import { opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { string } from '../../types/string.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { passwordValidator } from './password-validator.ts';
import { checkSubstrings, minSubstringLength, testReversedPassword } from './validation-properties.ts';

export const attributeValuePasswordValidator = defineObject({
  kind: 'attribute-value-password-validator',
  friendlyName: 'Attribute Value Password Validator',
  friendlyPluralName: 'Attribute Value Password Validators',
  synopsis: 'Refuses passwords that are values of the entry, such as the name of the account.',
  description: 'Upper and lower case make no difference.',
  objectClass: { name: 'ds-cfg-attribute-value-password-validator', oid: opendjClass(95) },
  parent: passwordValidator,
  location: passwordValidator.location,
  properties: [
    ...passwordValidator.properties,
    property({
      name: 'match-attribute',
      oid: opendjAttribute(111),
      type: string({
        pattern: /^[A-Za-z][A-Za-z0-9-]*$/,
        patternInWords: 'that is the name of an attribute type',
        charactersMax: 128,
      }),
      multiValued: true,
      synopsis: 'The attributes whose values are compared with the password.',
      default: { behaviour: 'All user attributes of the entry are compared.' },
    }),
    testReversedPassword,
    checkSubstrings,
    minSubstringLength,
    javaClassProperty('org.opends.server.extensions.AttributeValuePasswordValidator'),
  ],
});
