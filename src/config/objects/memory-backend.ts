// A tree of ordinary entries in memory, which are lost when the backend is disabled.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass, ownAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { boolean } from '../types/boolean.ts';
import { integer } from '../types/integer.ts';
import { filePath } from '../types/string.ts';
import { localBackend } from './local-backend.ts';
import { javaClassProperty } from './properties/java-class-property.ts';

export const memoryBackend = defineObject({
  kind: 'memory-backend',
  friendlyName: 'Memory Backend',
  friendlyPluralName: 'Memory Backends',
  synopsis: 'Holds ordinary entries, such as people and groups, in memory.',
  description:
    'What is in it is gone when the backend is disabled or the server stops, except for what ldif-file fills it with. ' +
    'Entries are changed by accounts with the privilege bypass-acl. Entries that have a userPassword may log in; they have no privileges.',
  objectClass: { name: 'ds-cfg-memory-backend', oid: opendjClass(126) },
  parent: localBackend,
  namingAttribute: localBackend.namingAttribute,
  location: localBackend.location,
  properties: [
    ...localBackend.properties,
    property({
      name: 'allow-anonymous-read',
      oid: ownAttribute(80),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether clients that have not logged in may read the entries.',
      description: 'Clients that have logged in may always read them, with secrets hidden.',
    }),
    property({
      name: 'entry-limit',
      oid: ownAttribute(81),
      type: integer({ lowest: 1, highest: 1_000_000, unit: 'entries' }),
      default: ['100000'],
      synopsis: 'How many entries there may be; one more is refused.',
    }),
    property({
      name: 'ldif-file',
      oid: opendjAttribute(420),
      type: filePath(),
      synopsis:
        'An LDIF file with the entries to begin with each time the backend is enabled or the server starts.',
      default: { behaviour: 'The backend is empty; clients add the entries of its base DNs first.' },
      adminAction: {
        kind: 'component-restart',
        note: 'Disable the backend and enable it again to read the file.',
      },
    }),
    javaClassProperty('org.opends.server.backends.MemoryBackend'),
  ],
});
