// A container: the parent of all objects of one kind.

import { defineObject } from '../object-definition.ts';
import { opendjClass } from '../object-identifiers.ts';
import { Container } from './properties/places.ts';

export const branch = defineObject({
  kind: 'container',
  friendlyName: 'Container',
  friendlyPluralName: 'Containers',
  synopsis: 'A container of the configuration, with the objects of one kind directly below it.',
  objectClass: { name: 'ds-cfg-branch', oid: opendjClass(10) },
  location: { at: Object.values(Container) },
  properties: [],
});
