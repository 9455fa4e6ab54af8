// Common properties of connection handlers.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { addressMask } from '../types/address-mask.ts';
import { enabledProperty } from './properties/enabled-property.ts';
import { Container } from './properties/places.ts';

export const connectionHandler = defineObject({
  kind: 'connection-handler',
  friendlyName: 'Connection Handler',
  friendlyPluralName: 'Connection Handlers',
  synopsis: 'Accepts connections of clients and speaks one protocol with them.',
  objectClass: { name: 'ds-cfg-connection-handler', oid: opendjClass(12) },
  abstract: true,
  location: { under: Container.connectionHandlers },
  properties: [
    enabledProperty('Whether the connection handler accepts connections.'),
    property({
      name: 'allowed-client',
      oid: opendjAttribute(4),
      type: addressMask(),
      multiValued: true,
      synopsis: 'The clients whose connections are accepted.',
      default: { behaviour: 'Every client that denied-client does not name may connect.' },
      adminAction: {
        kind: 'none',
        note: 'A change takes effect at once, for connections that begin after it.',
      },
    }),
    property({
      name: 'denied-client',
      oid: opendjAttribute(24),
      type: addressMask(),
      multiValued: true,
      synopsis: 'The clients whose connections are refused, even when allowed-client names them too.',
      default: { behaviour: 'Every client that allowed-client lets in may connect.' },
      adminAction: {
        kind: 'none',
        note: 'A change takes effect at once, for connections that begin after it.',
      },
    }),
  ],
});
