// Authorities in a hardware token. Node.js cannot read tokens, so the object can be stored, for configurations
// shared with PingDS, but not enabled.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { string } from '../types/string.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { trustStorePin } from './properties/trust-store-pin.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const pkcs11TrustManagerProvider = defineObject({
  kind: 'pkcs11-trust-manager-provider',
  friendlyName: 'PKCS#11 Trust Manager Provider',
  friendlyPluralName: 'PKCS#11 Trust Manager Providers',
  synopsis: 'Trusts certificates signed by the authorities in a PKCS#11 token; cannot be enabled here.',
  description: 'The runtime of this server has no access to PKCS#11 tokens.',
  objectClass: { name: 'ds-cfg-pkcs11-trust-manager-provider', oid: ownClass(30) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [
    ...trustManagerProvider.properties,
    trustStorePin,
    property({
      name: 'trust-store-type',
      oid: opendjAttribute(101),
      type: string(),
      default: ['PKCS11'],
      synopsis: 'The type of the token.',
    }),
    property({
      name: 'pkcs11-provider-name',
      oid: ownAttribute(34),
      type: string({ caseSensitive: true }),
      synopsis: 'The Java security provider for the token in PingDS.',
      default: { behaviour: 'PingDS takes the first one that reads tokens.' },
    }),
    property({
      name: 'pkcs11-provider-arg',
      oid: ownAttribute(35),
      type: string({ caseSensitive: true }),
      synopsis: 'What the Java security provider is given in PingDS.',
      default: { behaviour: 'PingDS gives it nothing.' },
    }),
    property({
      name: 'pkcs11-provider-class',
      oid: ownAttribute(36),
      type: string({ caseSensitive: true }),
      advanced: true,
      synopsis: 'The class of the Java security provider in PingDS.',
      default: { behaviour: 'PingDS takes the class of the provider with the given name.' },
    }),
    javaClassProperty(
      'org.opends.server.extensions.Pkcs11TrustManagerProvider',
      'org.opends.server.extensions.PKCS11TrustManagerProvider',
    ),
  ],
  constraints: [
    {
      properties: ['enabled'],
      check: ({ enabled }) =>
        enabled
          ? {
              property: 'enabled',
              problem: 'may not be true: the runtime of this server has no access to PKCS#11 tokens',
              advice:
                'Export the certificates of the authorities, and use a pem-trust-manager-provider or a ' +
                'file-based-trust-manager-provider.',
            }
          : undefined,
    },
  ],
});
