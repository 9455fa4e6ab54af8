// Authorities of the runtime and, optionally, of the operating system. PingDS has the counterpart `JVM Trust
// Manager`.

import { defineObject } from '../object-definition.ts';
import { ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { boolean } from '../types/boolean.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const systemTrustManagerProvider = defineObject({
  kind: 'system-trust-manager-provider',
  friendlyName: 'System Trust Manager Provider',
  friendlyPluralName: 'System Trust Manager Providers',
  synopsis: 'Trusts certificates signed by the authorities that the runtime of this server knows.',
  objectClass: { name: 'ds-cfg-system-trust-manager-provider', oid: ownClass(3) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [
    ...trustManagerProvider.properties,
    property({
      name: 'include-operating-system',
      oid: ownAttribute(33),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether the authorities that the operating system trusts are trusted too.',
      description:
        'The authorities of the runtime are the same on every machine; those of the operating system are what its ' +
        'administrators made of them, which is where an authority of the site usually is.',
      adminAction: {
        kind: 'none',
        note: 'A change takes effect at once, for TLS connections that begin after it. What the operating system trusts is read once.',
      },
    }),
    javaClassProperty('org.opends.server.extensions.JvmTrustManagerProvider'),
  ],
});
