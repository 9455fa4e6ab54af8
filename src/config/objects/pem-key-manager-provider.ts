// Keys in a folder of PEM files.

import { defineObject } from '../object-definition.ts';
import { ownClass } from '../object-identifiers.ts';
import { keyManagerProvider } from './key-manager-provider.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { pemFolder } from './properties/pem-folder.ts';

export const pemKeyManagerProvider = defineObject({
  kind: 'pem-key-manager-provider',
  friendlyName: 'Pem Key Manager Provider',
  friendlyPluralName: 'Pem Key Manager Providers',
  synopsis: 'Takes the keys of this server from a folder of PEM files.',
  description:
    'A file holds a private key, its certificate, and the certificates of the issuers, in this order. A key is called ' +
    'by the name of its file. When files are replaced, TLS connections that begin after that are given the new certificates.',
  objectClass: { name: 'ds-cfg-pem-key-manager-provider', oid: ownClass(40) },
  parent: keyManagerProvider,
  location: keyManagerProvider.location,
  properties: [
    ...keyManagerProvider.properties,
    ...pemFolder,
    javaClassProperty('org.opends.server.extensions.PemKeyManagerProvider'),
  ],
});
