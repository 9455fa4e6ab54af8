// Further properties of connection handlers in PingDS and OpenDJ.

import { forgerockAttribute, opendjAttribute, ownAttribute } from '../../object-identifiers.ts';
import { foreignConnectionProperties, foreignProxyProperties } from './foreign-connection-properties.ts';
import { fixed, ignored, refused } from './foreign-property.ts';
import { javaClassProperty } from './java-class-property.ts';

/** Properties of LDAP and of HTTP connection handlers. */
const foreignHandlerProperties = [
  ...foreignConnectionProperties,
  ignored('buffer-size', opendjAttribute(83), 'How much is written to a client at a time', {
    multiValuedAttribute: true,
  }),
  ignored('num-request-handlers', opendjAttribute(51), 'How many threads read requests', {
    syntax: 'integer',
  }),
  refused('restricted-client', ownAttribute(211), {
    multiValued: true,
    problem: 'cannot be honoured: connections of single clients are not limited by name',
    advice:
      'Leave it out, and set max-connections-per-address of an LDAP connection handler, which limits every address.',
    synopsis: 'The clients that may have only some connections at a time in PingDS',
  }),
] as const;

export const foreignLdapProperties = [
  ...foreignHandlerProperties,
  ignored(
    'send-rejection-notice',
    opendjAttribute(85),
    'Whether a client whose connection is refused gets the reason',
    { syntax: 'boolean' },
  ),
  ...foreignProxyProperties,
  fixed('match-sni-name', ownAttribute(215), {
    words: ['false'],
    syntax: 'boolean',
    problem: 'is not supported: the key does not depend on the name that a client asks for',
    synopsis: 'Whether a key is chosen by the name that a client asks for; never.',
  }),
] as const;

const WITHOUT_TLS = 'How TLS would be spoken, which an HTTP connection handler does not';

export const foreignHttpProperties = [
  javaClassProperty('org.opends.server.protocols.http.HTTPConnectionHandler'),
  ...foreignHandlerProperties,
  fixed('use-ssl', opendjAttribute(104), {
    words: ['false'],
    syntax: 'boolean',
    problem: 'is not supported: an HTTP connection handler does not speak TLS',
    synopsis: 'Whether connections are encrypted; never: put a proxy in front where that is wanted.',
  }),
  ignored('key-manager-provider', opendjAttribute(263), WITHOUT_TLS, { syntax: 'dn' }),
  ignored('trust-manager-provider', opendjAttribute(264), WITHOUT_TLS, { syntax: 'dn' }),
  ignored('ssl-cert-nickname', opendjAttribute(91), WITHOUT_TLS, { multiValued: true }),
  ignored('ssl-protocol', opendjAttribute(391), WITHOUT_TLS, { multiValued: true }),
  ignored('ssl-cipher-suite', opendjAttribute(392), WITHOUT_TLS, { multiValued: true }),
  ignored('ssl-client-auth-policy', opendjAttribute(90), WITHOUT_TLS),
  fixed('authentication-required', forgerockAttribute(119), {
    words: ['false'],
    syntax: 'boolean',
    problem: 'is not supported: monitoring tools do not log in',
    synopsis: 'Whether clients must log in; never: allowed-client says who may connect.',
  }),
  refused('config-file', forgerockAttribute(118), {
    problem: 'cannot be honoured: there is no REST access to entries here',
    advice: 'Leave it out.',
    synopsis: 'The file that says in OpenDJ how entries are reached by REST',
  }),
  fixed('api-descriptor-enabled', ownAttribute(216), {
    words: ['false'],
    syntax: 'boolean',
    problem: 'is not supported: there is no REST API to describe',
    synopsis: 'Whether the REST API is described; never: there is none.',
  }),
  ignored(
    'max-concurrent-ops-per-connection',
    opendjAttribute(471),
    'How many requests of a connection run at once',
    {
      syntax: 'integer',
    },
  ),
  ignored('max-request-size', opendjAttribute(48), 'The largest request; here max-header-size limits it'),
  ignored(
    'max-blocked-write-time-limit',
    opendjAttribute(412),
    'How long an answer may wait; here request-time-limit limits it',
  ),
] as const;
