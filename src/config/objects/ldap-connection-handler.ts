// The port for LDAP clients.
//
// Names and defaults are PingDS's, with two exceptions: without a listen-address it listens on the loopback
// interface only, and the connection limits belong to the handler instead of the server.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass, ownAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { boolean } from '../types/boolean.ts';
import { integer, port } from '../types/integer.ts';
import { connectionHandler } from './connection-handler.ts';
import { connectionLimits, handlerRestart, listenAddresses } from './properties/connection-limits.ts';
import { connectionTls, nextConnection } from './properties/connection-tls.ts';
import { fixedLdapProperties } from './properties/fixed-connection-properties.ts';
import { foreignLdapProperties } from './properties/foreign-handler-properties.ts';
import { javaClassProperty } from './properties/java-class-property.ts';

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
    listenAddresses,
    property({
      name: 'listen-port',
      oid: opendjAttribute(42),
      type: port(),
      required: true,
      synopsis: 'The port that connections are accepted on.',
      adminAction: handlerRestart,
    }),
    property({
      name: 'allow-clear-text-password',
      oid: ownAttribute(40),
      type: boolean(),
      default: ['false'],
      advanced: true,
      synopsis:
        'Whether a client of another machine may send its password over a connection that is not encrypted.',
      description:
        'Whoever sees the network sees the password then. Without it such a client is refused with 13.',
      adminAction: nextConnection,
    }),
    ...connectionTls,
    ...connectionLimits,
    property({
      name: 'max-connections-per-address',
      oid: ownAttribute(175),
      type: integer({ lowest: 1, highest: 1_000_000, unit: 'connections' }),
      default: ['500'],
      advanced: true,
      synopsis:
        'How many connections one address, or one /64 network of IPv6, may have open at a time; one more is refused.',
      description: "This machine's own addresses, behind which there may be a proxy, are not counted.",
      adminAction: nextConnection,
    }),
    ...fixedLdapProperties,
    ...foreignLdapProperties,
    javaClassProperty(
      'org.opends.server.protocols.ldap.LDAPConnectionHandler',
      'org.forgerock.opendj.reactive.LDAPConnectionHandler2',
    ),
  ],
  constraints: [
    {
      properties: ['enabled', 'use-ssl', 'allow-start-tls'],
      check: (handler) =>
        usesTls(handler) && handler.keyManagerProvider === undefined
          ? {
              property: 'key-manager-provider',
              problem: 'is missing, and TLS is not possible without the key of a server',
              advice: 'Name a key manager provider, or set use-ssl and allow-start-tls to false.',
            }
          : undefined,
    },
    {
      properties: ['enabled', 'use-ssl', 'allow-start-tls', 'ssl-client-auth-policy'],
      check: (handler) =>
        usesTls(handler) &&
        handler.sslClientAuthPolicy === 'required' &&
        handler.trustManagerProvider === undefined
          ? {
              property: 'ssl-client-auth-policy',
              problem:
                'may not be required without a trust-manager-provider: nobody says whose certificates to trust',
              advice: 'Name a trust manager provider too.',
            }
          : undefined,
    },
  ],
  enabledTargets: (['key-manager-provider', 'trust-manager-provider'] as const).map((name) => ({
    property: name,
    condition: 'the connection handler is enabled and uses SSL or StartTLS',
    properties: ['enabled', 'use-ssl', 'allow-start-tls'],
    holds: usesTls,
  })),
});

interface TlsSwitches {
  readonly enabled: boolean;
  readonly useSsl: boolean;
  readonly allowStartTls: boolean;
}

function usesTls({ enabled, useSsl, allowStartTls }: TlsSwitches): boolean {
  return enabled && (useSsl || allowStartTls);
}
