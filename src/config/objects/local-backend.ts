// Backends with their own entries.

import { defineObject } from '../object-definition.ts';
import { forgerockClass, opendjAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { enumeration } from '../types/enumeration.ts';
import { backend } from './backend.ts';

export const localBackend = defineObject({
  kind: 'local-backend',
  friendlyName: 'Local Backend',
  friendlyPluralName: 'Local Backends',
  synopsis: 'A backend that holds its entries itself.',
  objectClass: { name: 'ds-cfg-local-backend', oid: forgerockClass(54) },
  parent: backend,
  abstract: true,
  namingAttribute: backend.namingAttribute,
  location: backend.location,
  properties: [
    ...backend.properties,
    property({
      name: 'writability-mode',
      oid: opendjAttribute(123),
      type: enumeration(['enabled', 'disabled', 'internal-only']),
      default: ['enabled'],
      synopsis: 'Whether clients may change the entries.',
      description:
        'With disabled and with internal-only no client may. The server itself never changes them, so the two are the same.',
    }),
  ],
});
