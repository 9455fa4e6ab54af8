// Trusts every certificate: for tests, never for production mail.

import { defineObject } from '../object-definition.ts';
import { opendjClass } from '../object-identifiers.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const blindTrustManagerProvider = defineObject({
  kind: 'blind-trust-manager-provider',
  friendlyName: 'Blind Trust Manager Provider',
  friendlyPluralName: 'Blind Trust Manager Providers',
  synopsis: 'Trusts every certificate, no matter who signed it.',
  description: 'An attacker on the network can read and change what is sent. For tests only.',
  objectClass: { name: 'ds-cfg-blind-trust-manager-provider', oid: opendjClass(151) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [
    ...trustManagerProvider.properties,
    javaClassProperty('org.opends.server.extensions.BlindTrustManagerProvider'),
  ],
});
