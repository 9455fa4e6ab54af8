// The keys in a folder of PEM files.

import { defineObject } from '../object-definition.ts';
import { ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { filePath, string } from '../types/string.ts';
import { keyManagerProvider } from './key-manager-provider.ts';
import { javaClassProperty } from './properties/java-class-property.ts';

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
    javaClassProperty('org.opends.server.extensions.PemKeyManagerProvider'),
  ],
});
