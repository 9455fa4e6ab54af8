// Refuses passwords that are too short or too long.

import { defineObject } from '../../object-definition.ts';
import { opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { integer } from '../../types/integer.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { passwordValidator } from './password-validator.ts';

const LENGTH_MAX = 1024;
const length = () => integer({ lowest: 0, highest: LENGTH_MAX, unit: 'characters' });

export const lengthBasedPasswordValidator = defineObject({
  kind: 'length-based-password-validator',
  friendlyName: 'Length-Based Password Validator',
  friendlyPluralName: 'Length-Based Password Validators',
  synopsis: 'Refuses passwords that are too short or too long.',
  objectClass: { name: 'ds-cfg-length-based-password-validator', oid: opendjClass(58) },
  parent: passwordValidator,
  location: passwordValidator.location,
  properties: [
    ...passwordValidator.properties,
    property({
      name: 'min-password-length',
      oid: opendjAttribute(130),
      type: length(),
      default: ['6'],
      synopsis: 'How many characters a password has at least; 0 is no limit.',
    }),
    property({
      name: 'max-password-length',
      oid: opendjAttribute(129),
      type: length(),
      default: ['0'],
      synopsis: `How many characters a password has at most; 0 is the limit of the server, ${LENGTH_MAX}.`,
    }),
    javaClassProperty('org.opends.server.extensions.LengthBasedPasswordValidator'),
  ],
  constraints: [
    {
      properties: ['min-password-length', 'max-password-length'],
      check: ({ minPasswordLength, maxPasswordLength }) =>
        maxPasswordLength > 0 && minPasswordLength > maxPasswordLength
          ? {
              property: 'max-password-length',
              problem: `is less than min-password-length, which is ${minPasswordLength}: no password would be accepted`,
              advice: `Choose at least ${minPasswordLength}, or 0 for no limit.`,
            }
          : undefined,
    },
  ],
});
