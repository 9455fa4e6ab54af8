// The authorities in a Java key store or a PKCS#12 file.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass, ownAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { enumeration } from '../types/enumeration.ts';
import { filePath } from '../types/string.ts';
import { unsupported } from '../types/unsupported.ts';
import { javaClassProperty } from './java-class-property.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';
import { pinsElsewhere, trustStorePin } from './trust-store-pin.ts';

const javaProvider = {
  problem:
    'is about security providers of a Java runtime, and this server reads JKS and PKCS12 files by itself',
  advice: 'Leave it out; convert a trust store of another type to PKCS12.',
};

export const fileBasedTrustManagerProvider = defineObject({
  kind: 'file-based-trust-manager-provider',
  friendlyName: 'File Based Trust Manager Provider',
  friendlyPluralName: 'File Based Trust Manager Providers',
  synopsis: 'Believes certificates signed by the authorities in a trust store file.',
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
      type: enumeration(['JKS', 'PKCS12']),
      synopsis: 'The format of the trust store.',
      default: { behaviour: 'The format is recognized from the file.' },
      adminAction: { kind: 'none', note: 'A change takes effect when the trust store is read next.' },
    }),
    javaClassProperty('org.opends.server.extensions.FileBasedTrustManagerProvider'),
    property({
      name: 'provider-name',
      oid: ownAttribute(30),
      type: unsupported(javaProvider),
      synopsis: 'The Java security provider that reads the trust store in PingDS; refused.',
    }),
    property({
      name: 'provider-arg',
      oid: ownAttribute(31),
      type: unsupported(javaProvider),
      synopsis: 'What the Java security provider is given in PingDS; refused.',
    }),
    property({
      name: 'provider-class',
      oid: ownAttribute(32),
      type: unsupported(javaProvider),
      advanced: true,
      synopsis: 'The class of the Java security provider in PingDS; refused.',
    }),
    ...pinsElsewhere,
  ],
});
