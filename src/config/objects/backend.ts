// Common properties of backends. A backend serves the entries at and below its base DNs. As in OpenDJ, it is named
// by its backend id and not by cn.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { dn } from '../types/dn.ts';
import { string } from '../types/string.ts';
import { enabledProperty } from './properties/enabled-property.ts';
import { Container } from './properties/places.ts';

export const backend = defineObject({
  kind: 'backend',
  friendlyName: 'Backend',
  friendlyPluralName: 'Backends',
  synopsis: 'Answers for a part of the tree besides the configuration.',
  objectClass: { name: 'ds-cfg-backend', oid: opendjClass(5) },
  abstract: true,
  namingAttribute: 'ds-cfg-backend-id',
  location: { under: Container.backends },
  properties: [
    enabledProperty('Whether the backend answers for its base DNs.'),
    property({
      name: 'backend-id',
      oid: opendjAttribute(10),
      type: string({ caseSensitive: true, charactersMax: 256 }),
      required: true,
      readOnly: true,
      synopsis: 'The name of the backend, by which its entry is named too.',
    }),
    property({
      name: 'base-dn',
      oid: opendjAttribute(8),
      type: dn(),
      required: true,
      multiValued: true,
      allowed: 'The DN of a tree that no other backend has any part of',
      synopsis: 'The trees that the backend answers for.',
      adminAction: {
        kind: 'component-restart',
        note: 'Disable the backend and enable it again for the change to take effect.',
      },
    }),
  ],
});
