// The authorities in a folder of PEM files.

import { defineObject } from '../object-definition.ts';
import { ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { filePath, string } from '../types/string.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const pemTrustManagerProvider = defineObject({
  kind: 'pem-trust-manager-provider',
  friendlyName: 'Pem Trust Manager Provider',
  friendlyPluralName: 'Pem Trust Manager Providers',
  synopsis: 'Believes certificates signed by the authorities in a folder of PEM files.',
  description: 'From every file that holds certificates, the first one is trusted.',
  objectClass: { name: 'ds-cfg-pem-trust-manager-provider', oid: ownClass(2) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [
    ...trustManagerProvider.properties,
    property({
      name: 'pem-directory',
      oid: ownAttribute(4),
      type: filePath(),
      required: true,
      synopsis: 'The folder that holds the PEM files.',
      allowed: 'A path to a folder this server can read; a relative one starts at the instance folder',
    }),
    property({
      name: 'excluded-filename-pattern',
      oid: ownAttribute(5),
      type: string({ caseSensitive: true, charactersMax: 255 }),
      multiValued: true,
      synopsis: 'Which files of the folder are left alone, such as copies that an editor keeps.',
      default: { behaviour: 'Every file of the folder is read.' },
      allowed: 'A file name in which * stands for any characters and ? for one, such as *.bak',
    }),
    javaClassProperty('org.opends.server.extensions.PemTrustManagerProvider'),
  ],
});
