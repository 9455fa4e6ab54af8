// Common properties of trust manager providers, which decide which certificates of others are trusted.

import { defineObject } from '../object-definition.ts';
import { opendjClass } from '../object-identifiers.ts';
import { enabledProperty } from './properties/enabled-property.ts';
import { Container } from './properties/places.ts';

export const trustManagerProvider = defineObject({
  kind: 'trust-manager-provider',
  friendlyName: 'Trust Manager Provider',
  friendlyPluralName: 'Trust Manager Providers',
  synopsis: 'Decides which certificates of other servers and of clients are trusted.',
  description:
    'Revocation is not checked: neither revocation lists (CRL), also where a file holds some, nor OCSP. To distrust ' +
    'an authority, take it out of the trust manager; one certificate alone cannot be distrusted while its authority is trusted.',
  objectClass: { name: 'ds-cfg-trust-manager-provider', oid: opendjClass(50) },
  abstract: true,
  location: { under: Container.trustManagerProviders },
  properties: [enabledProperty('Whether the trust manager may be used.')],
});
