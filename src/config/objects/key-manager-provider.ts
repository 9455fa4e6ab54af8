// Common properties of key manager providers, which hold the keys of this server.

import { defineObject } from '../object-definition.ts';
import { opendjClass } from '../object-identifiers.ts';
import { enabledProperty } from './properties/enabled-property.ts';
import { Container } from './properties/places.ts';

export const keyManagerProvider = defineObject({
  kind: 'key-manager-provider',
  friendlyName: 'Key Manager Provider',
  friendlyPluralName: 'Key Manager Providers',
  synopsis: 'Holds the private keys and certificates by which this server proves who it is.',
  objectClass: { name: 'ds-cfg-key-manager-provider', oid: opendjClass(18) },
  abstract: true,
  location: { under: Container.keyManagerProviders },
  properties: [enabledProperty('Whether the key manager may be used.')],
});
