// What PingDS and OpenDJ set about connections in the global configuration and in connection handlers alike.

import { ownAttribute } from '../../object-identifiers.ts';
import { fixed, ignored } from './foreign-property.ts';

export const foreignConnectionProperties = [
  ignored('advertised-listen-address', ownAttribute(210), 'The addresses that other servers are told', {
    multiValued: true,
  }),
  ignored(
    'restricted-client-connection-limit',
    ownAttribute(212),
    'How many connections those may have that restricted-client names',
    { syntax: 'integer' },
  ),
] as const;

/** Of whatever LDAP clients connect to. */
export const foreignProxyProperties = [
  fixed('proxy-protocol-enabled', ownAttribute(213), {
    words: ['false'],
    syntax: 'boolean',
    problem:
      'is not supported: the PROXY protocol is not spoken, and clients count by the address they connect from',
    synopsis: 'Whether a proxy says which client a connection is from; never.',
  }),
  ignored(
    'proxy-protocol-allowed-client',
    ownAttribute(214),
    'The proxies that may say which client a connection is from',
    { multiValued: true },
  ),
] as const;
