// Authorities in a folder of PEM files.

import { defineObject } from '../object-definition.ts';
import { ownClass } from '../object-identifiers.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { pemFolder } from './properties/pem-folder.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const pemTrustManagerProvider = defineObject({
  kind: 'pem-trust-manager-provider',
  friendlyName: 'Pem Trust Manager Provider',
  friendlyPluralName: 'Pem Trust Manager Providers',
  synopsis: 'Trusts certificates signed by the authorities in a folder of PEM files.',
  description: 'From every file that holds certificates, the first one is trusted.',
  objectClass: { name: 'ds-cfg-pem-trust-manager-provider', oid: ownClass(2) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [
    ...trustManagerProvider.properties,
    ...pemFolder,
    javaClassProperty('org.opends.server.extensions.PemTrustManagerProvider'),
  ],
});
