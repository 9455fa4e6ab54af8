// Common properties of password validators: what a new password must be like.

import { defineObject } from '../../object-definition.ts';
import { opendjClass } from '../../object-identifiers.ts';
import { enabledProperty } from '../properties/enabled-property.ts';
import { Container } from '../properties/places.ts';

export const passwordValidator = defineObject({
  kind: 'password-validator',
  friendlyName: 'Password Validator',
  friendlyPluralName: 'Password Validators',
  synopsis: 'Decides whether a new password is good enough.',
  description:
    'A password policy names its validators. They see a password in clear text, when it is set; they cannot see what a hash ' +
    'was made of, and passwords that are stored already are not checked again.',
  objectClass: { name: 'ds-cfg-password-validator', oid: opendjClass(35) },
  abstract: true,
  location: { under: Container.passwordValidators },
  properties: [enabledProperty('Whether the password validator may be used by password policies.')],
});
