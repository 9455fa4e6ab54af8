// Keys in a PKCS#12 file or an old Java key store.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { secret } from '../types/secret.ts';
import { storeType } from '../types/store-type.ts';
import { filePath } from '../types/string.ts';
import { javaStoreProvider } from './java-store-provider.ts';
import { keyManagerProvider } from './key-manager-provider.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { unsupportedPins } from './properties/unsupported-pins.ts';

const nextHandshake = {
  kind: 'none',
  note: 'A change takes effect at once, for TLS connections that begin after it.',
} as const;

export const fileBasedKeyManagerProvider = defineObject({
  kind: 'file-based-key-manager-provider',
  friendlyName: 'File Based Key Manager Provider',
  friendlyPluralName: 'File Based Key Manager Providers',
  synopsis: 'Takes the keys of this server from a key store file.',
  description:
    'When the file is replaced, TLS connections that begin after that are given the new certificate.',
  objectClass: { name: 'ds-cfg-file-based-key-manager-provider', oid: opendjClass(19) },
  parent: keyManagerProvider,
  location: keyManagerProvider.location,
  properties: [
    ...keyManagerProvider.properties,
    property({
      name: 'key-store-file',
      oid: opendjAttribute(35),
      type: filePath(),
      required: true,
      synopsis: 'The file that holds private keys and their certificates.',
      allowed: 'A path to a file this server can read; a relative one starts at the instance folder',
      adminAction: nextHandshake,
    }),
    property({
      name: 'key-store-pin',
      oid: opendjAttribute(36),
      type: secret(),
      synopsis: 'The PIN that opens the key store.',
      description:
        'An expression such as $<file:config/keystore.pin> keeps the PIN itself out of the configuration.',
      default: { behaviour: 'The key store is opened without a PIN.' },
      adminAction: nextHandshake,
    }),
    property({
      name: 'key-store-type',
      oid: opendjAttribute(40),
      type: storeType(),
      synopsis: 'The format of the key store.',
      default: { behaviour: 'The format is recognized from the file.' },
      adminAction: nextHandshake,
    }),
    javaClassProperty('org.opends.server.extensions.FileBasedKeyManagerProvider'),
    ...javaStoreProvider,
    ...unsupportedPins('key-store-pin', 37),
  ],
});
