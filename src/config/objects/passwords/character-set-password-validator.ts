// Refuses passwords without characters of certain sets, such as digits.

import { defineObject } from '../../object-definition.ts';
import { forgerockAttribute, opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { boolean } from '../../types/boolean.ts';
import { characterRanges, characterSet } from '../../types/character-set.ts';
import { integer } from '../../types/integer.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { passwordValidator } from './password-validator.ts';

export const characterSetPasswordValidator = defineObject({
  kind: 'character-set-password-validator',
  friendlyName: 'Character Set Password Validator',
  friendlyPluralName: 'Character Set Password Validators',
  synopsis: 'Refuses passwords without characters of certain sets, such as letters and digits.',
  description:
    'A set whose minimum is 0 is optional: its characters are allowed, and it counts for min-character-sets when the ' +
    'password has one of them.',
  objectClass: { name: 'ds-cfg-character-set-password-validator', oid: opendjClass(96) },
  parent: passwordValidator,
  location: passwordValidator.location,
  properties: [
    ...passwordValidator.properties,
    property({
      name: 'character-set',
      oid: opendjAttribute(287),
      type: characterSet(),
      multiValued: true,
      synopsis: 'Sets of characters, each with how many of its characters a password has at least.',
      default: { behaviour: 'Only the sets of character-set-ranges count.' },
    }),
    property({
      name: 'character-set-ranges',
      oid: forgerockAttribute(62),
      type: characterRanges(),
      multiValued: true,
      synopsis:
        'Sets that are written as ranges, each with how many of its characters a password has at least.',
      default: { behaviour: 'Only the sets of character-set count.' },
    }),
    property({
      name: 'allow-unclassified-characters',
      oid: opendjAttribute(288),
      type: boolean(),
      required: true,
      synopsis: 'Whether a password may have characters that are in none of the sets.',
    }),
    property({
      name: 'min-character-sets',
      oid: forgerockAttribute(5),
      type: integer({ lowest: 0, highest: 100, unit: 'sets' }),
      synopsis:
        'Of how many sets a password has characters at least, mandatory sets and optional ones together.',
      default: {
        behaviour: 'Characters of all mandatory sets, and of one optional set if there are only those.',
      },
    }),
    javaClassProperty('org.opends.server.extensions.CharacterSetPasswordValidator'),
  ],
  constraints: [
    {
      properties: ['character-set', 'character-set-ranges', 'min-character-sets'],
      check: ({ characterSet, characterSetRanges, minCharacterSets = 0 }) => {
        const count = characterSet.length + characterSetRanges.length;
        return minCharacterSets > count
          ? {
              property: 'min-character-sets',
              problem: `is more than the ${count} sets that there are: no password would be accepted`,
              advice: `Choose at most ${count}.`,
            }
          : undefined;
      },
    },
  ],
});
