// The port that LDAP clients connect to, and the limits that keep one client from harming the others.
//
// Names and defaults are PingDS's where it has them, with two exceptions: without a listen-address only this machine
// is listened to, and the limits on connections belong to the handler rather than to the server.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass, ownAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { boolean } from '../types/boolean.ts';
import { duration } from '../types/duration.ts';
import { listenAddress } from '../types/host-port.ts';
import { integer, port } from '../types/integer.ts';
import { size } from '../types/size.ts';
import { connectionHandler } from './connection-handler.ts';

const restart = {
  kind: 'component-restart',
  note: 'Disable the connection handler and enable it again for a change to take effect.',
} as const;

export const ldapConnectionHandler = defineObject({
  kind: 'ldap-connection-handler',
  friendlyName: 'LDAP Connection Handler',
  friendlyPluralName: 'LDAP Connection Handlers',
  synopsis: 'Accepts connections of LDAP clients.',
  objectClass: { name: 'ds-cfg-ldap-connection-handler', oid: opendjClass(13) },
  parent: connectionHandler,
  location: connectionHandler.location,
  properties: [
    ...connectionHandler.properties,
    property({
      name: 'listen-address',
      oid: opendjAttribute(41),
      type: listenAddress(),
      multiValued: true,
      default: ['127.0.0.1'],
      synopsis: 'The addresses of this machine that connections are accepted on.',
      adminAction: restart,
    }),
    property({
      name: 'listen-port',
      oid: opendjAttribute(42),
      type: port(),
      required: true,
      synopsis: 'The port that connections are accepted on.',
      adminAction: restart,
    }),
    property({
      name: 'use-ssl',
      oid: opendjAttribute(104),
      type: boolean(),
      default: ['false'],
      synopsis: 'Whether connections are encrypted from their first byte.',
      adminAction: restart,
    }),
    property({
      name: 'allow-start-tls',
      oid: opendjAttribute(6),
      type: boolean(),
      default: ['false'],
      synopsis:
        'Whether a client may turn its connection into an encrypted one; without effect while use-ssl is true.',
    }),
    property({
      name: 'max-request-size',
      oid: opendjAttribute(48),
      type: size({ lowestBytes: 1024, highestBytes: 2 ** 31 - 1 }),
      default: ['5 MB'],
      advanced: true,
      synopsis: 'The largest request a client that has logged in may send.',
      adminAction: restart,
    }),
    property({
      name: 'max-request-size-before-bind',
      oid: ownAttribute(6),
      type: size({ lowestBytes: 1024, highestBytes: 2 ** 31 - 1 }),
      default: ['64 KiB'],
      advanced: true,
      synopsis: 'The largest request a client may send before it has logged in.',
      adminAction: restart,
    }),
    property({
      name: 'max-connections',
      oid: ownAttribute(7),
      type: integer({ lowest: 1, highest: 1_000_000, unit: 'connections' }),
      default: ['1000'],
      advanced: true,
      synopsis: 'How many connections may be open at a time; one more is refused.',
      adminAction: restart,
    }),
    property({
      name: 'max-pending-requests',
      oid: ownAttribute(8),
      type: integer({ lowest: 1, highest: 100_000, unit: 'requests' }),
      default: ['1000'],
      advanced: true,
      synopsis: 'How many unanswered requests one connection may have before nothing more is read from it.',
      adminAction: restart,
    }),
    property({
      name: 'max-pending-answer-size',
      oid: ownAttribute(9),
      type: size({ lowestBytes: 64 * 1024, highestBytes: 2 ** 31 - 1 }),
      default: ['16 MiB'],
      advanced: true,
      synopsis: 'How much a client may leave unread before nothing more is read from its connection.',
      adminAction: restart,
    }),
    property({
      name: 'idle-time-limit',
      oid: opendjAttribute(393),
      type: duration({ lowestMs: 1000, highestMs: 2_147_000_000, allowUnlimited: true }),
      default: ['1 h'],
      advanced: true,
      synopsis: 'How long a connection may be silent before it is closed.',
      adminAction: restart,
    }),
    property({
      name: 'max-blocked-write-time-limit',
      oid: opendjAttribute(412),
      type: duration({ lowestMs: 100, highestMs: 2_147_000_000 }),
      default: ['2 m'],
      advanced: true,
      synopsis:
        'How long an answer may wait for a client that does not read, before its connection is closed.',
      adminAction: restart,
    }),
    property({
      name: 'accept-backlog',
      oid: opendjAttribute(118),
      type: integer({ lowest: 1, highest: 65_535, unit: 'connections' }),
      default: ['128'],
      advanced: true,
      synopsis: 'How many connections the operating system keeps waiting until they are accepted.',
      adminAction: restart,
    }),
  ],
});
