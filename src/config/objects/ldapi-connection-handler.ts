// A socket file for LDAP clients on this machine (ldapi:// URLs). The permissions of the file decide who may
// connect; they replace address masks and TLS.

import { defineObject } from '../object-definition.ts';
import { ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { filePath, string } from '../types/string.ts';
import { connectionHandler } from './connection-handler.ts';
import { connectionLimits, handlerRestart } from './properties/connection-limits.ts';

export const ldapiConnectionHandler = defineObject({
  kind: 'ldapi-connection-handler',
  friendlyName: 'LDAPI Connection Handler',
  friendlyPluralName: 'LDAPI Connection Handlers',
  synopsis: 'Accepts connections of LDAP clients on this machine, through a socket file.',
  description: 'Clients have no address here, so allowed-client and denied-client do not apply.',
  objectClass: { name: 'ds-cfg-ldapi-connection-handler', oid: ownClass(41) },
  parent: connectionHandler,
  location: connectionHandler.location,
  properties: [
    ...connectionHandler.properties,
    property({
      name: 'socket-file',
      oid: ownAttribute(42),
      type: filePath(),
      required: true,
      synopsis: 'The socket file that clients connect to.',
      description: 'The file is made when the connection handler starts and removed when it stops.',
      adminAction: handlerRestart,
    }),
    property({
      name: 'socket-file-mode',
      oid: ownAttribute(43),
      type: string({
        pattern: /^0?[0-7]{3}$/,
        patternInWords: 'of three octal digits, such as 0600 or 0660',
      }),
      default: ['0600'],
      synopsis: 'The permissions of the socket file: who may connect.',
      adminAction: handlerRestart,
    }),
    ...connectionLimits,
  ],
});
