// The port for monitoring tools: metrics for Prometheus, and two health checks for orchestrators and load balancers.
// It is read-only.

import { defineObject } from '../object-definition.ts';
import { forgerockClass, opendjAttribute, ownAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { duration } from '../types/duration.ts';
import { integer } from '../types/integer.ts';
import { size } from '../types/size.ts';
import { connectionHandler } from './connection-handler.ts';
import {
  acceptBacklog,
  handlerRestart,
  listenAddresses,
  maxConnections,
} from './properties/connection-limits.ts';
import { fixedHttpProperties } from './properties/fixed-connection-properties.ts';
import { foreignHttpProperties } from './properties/foreign-handler-properties.ts';

export const httpConnectionHandler = defineObject({
  kind: 'http-connection-handler',
  friendlyName: 'HTTP Connection Handler',
  friendlyPluralName: 'HTTP Connection Handlers',
  synopsis: 'Answers monitoring tools: /metrics, /healthz and /readyz.',
  description:
    '/metrics gives the figures of cn=monitor to Prometheus. /healthz answers 200, or 503 when only an administrator ' +
    'can help; /readyz answers 200 while the server should be sent clients. Without a login no answer names an object, a host, ' +
    'an account or an address. An account that logs in by HTTP Basic, from this machine, also gets the figures of the objects that ' +
    'it may read below cn=monitor; with the privilege monitor-read, of all, and the reasons of a 503. There is no TLS here: ' +
    'where it is wanted, put a proxy in front.',
  objectClass: { name: 'ds-cfg-http-connection-handler', oid: forgerockClass(15) },
  parent: connectionHandler,
  location: connectionHandler.location,
  properties: [
    ...connectionHandler.properties,
    listenAddresses,
    property({
      name: 'listen-port',
      oid: opendjAttribute(42),
      type: integer({ lowest: 0, highest: 65_535 }),
      required: true,
      synopsis: 'The port that connections are accepted on.',
      description: '0 stands for any that is free; cn=monitor shows which.',
      adminAction: handlerRestart,
    }),
    maxConnections,
    property({
      name: 'max-header-size',
      oid: ownAttribute(120),
      type: size({ lowestBytes: 1024, highestBytes: 1024 * 1024 }),
      default: ['16 KiB'],
      advanced: true,
      synopsis: 'How large the head of a request may be; a request has no body.',
      adminAction: handlerRestart,
    }),
    property({
      name: 'request-time-limit',
      oid: ownAttribute(121),
      type: duration({ lowestMs: 100, highestMs: 600_000 }),
      default: ['10 s'],
      advanced: true,
      synopsis: 'How long a client may take to send a request, and to take the answer.',
      adminAction: handlerRestart,
    }),
    acceptBacklog,
    ...fixedHttpProperties,
    ...foreignHttpProperties,
  ],
});
