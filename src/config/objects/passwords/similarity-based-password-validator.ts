// Refuses passwords that differ too little from the current one.

import { defineObject } from '../../object-definition.ts';
import { opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { integer } from '../../types/integer.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { passwordValidator } from './password-validator.ts';

export const similarityBasedPasswordValidator = defineObject({
  kind: 'similarity-based-password-validator',
  friendlyName: 'Similarity-Based Password Validator',
  friendlyPluralName: 'Similarity-Based Password Validators',
  synopsis: 'Refuses passwords that differ too little from the current one.',
  description:
    'It needs the current password in clear text: given to Password Modify as the old one, or deleted by its value in the ' +
    'modify that sets the new one. Where the current password is not given, it accepts every password.',
  objectClass: { name: 'ds-cfg-similarity-based-password-validator', oid: opendjClass(87) },
  parent: passwordValidator,
  location: passwordValidator.location,
  properties: [
    ...passwordValidator.properties,
    property({
      name: 'min-password-difference',
      oid: opendjAttribute(273),
      type: integer({ lowest: 0, highest: 1024, unit: 'characters' }),
      required: true,
      synopsis:
        'How many characters must be inserted, deleted or replaced at least to make the new password of the current one.',
    }),
    javaClassProperty('org.opends.server.extensions.SimilarityBasedPasswordValidator'),
  ],
});
