// Authorities in a Java key store or a PKCS#12 file.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { storeType } from '../types/store-type.ts';
import { filePath } from '../types/string.ts';
import { javaStoreProvider } from './java-store-provider.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { trustStorePin } from './properties/trust-store-pin.ts';
import { unsupportedPins } from './properties/unsupported-pins.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const fileBasedTrustManagerProvider = defineObject({
  kind: 'file-based-trust-manager-provider',
  friendlyName: 'File Based Trust Manager Provider',
  friendlyPluralName: 'File Based Trust Manager Providers',
  synopsis: 'Trusts certificates signed by the authorities in a trust store file.',
  objectClass: { name: 'ds-cfg-file-based-trust-manager-provider', oid: opendjClass(51) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [
    ...trustManagerProvider.properties,
    property({
      name: 'trust-store-file',
      oid: opendjAttribute(96),
      type: filePath(),
      required: true,
      synopsis: 'The file that holds the trusted certificates.',
      allowed: 'A path to a file this server can read; a relative one starts at the instance folder',
      adminAction: { kind: 'none', note: 'A change takes effect when the trust store is read next.' },
    }),
    trustStorePin,
    property({
      name: 'trust-store-type',
      oid: opendjAttribute(101),
      type: storeType(),
      synopsis: 'The format of the trust store.',
      default: { behaviour: 'The format is recognized from the file.' },
      adminAction: { kind: 'none', note: 'A change takes effect when the trust store is read next.' },
    }),
    javaClassProperty('org.opends.server.extensions.FileBasedTrustManagerProvider'),
    ...javaStoreProvider,
    ...unsupportedPins('trust-store-pin', 98),
  ],
});
