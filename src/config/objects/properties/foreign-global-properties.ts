// Further properties of the global configuration in PingDS and OpenDJ.

import { forgerockAttribute, opendjAttribute, ownAttribute } from '../../object-identifiers.ts';
import { foreignConnectionProperties, foreignProxyProperties } from './foreign-connection-properties.ts';
import { fixed, ignored, refused } from './foreign-property.ts';

const BY_HANDLER = 'belongs to the single connection handlers here';

const always = [
  fixed('add-missing-rdn-attributes', opendjAttribute(109), {
    words: ['true'],
    syntax: 'boolean',
    problem: 'is not supported: the values of its name are always added to a new entry',
    synopsis: 'Whether a new entry gets the values of its name; always.',
  }),
  fixed('allow-attribute-name-exceptions', opendjAttribute(3), {
    words: ['false'],
    syntax: 'boolean',
    problem: 'is not supported: names of attributes are those of RFC 4512',
    synopsis: 'Whether names of attributes may have other characters; never.',
  }),
  fixed('bind-with-dn-requires-password', opendjAttribute(124), {
    words: ['true'],
    syntax: 'boolean',
    problem:
      'is not supported: a login with a name and without a password is always refused (RFC 4513 §5.1.2)',
    synopsis: 'Whether a login with a name needs a password; always.',
  }),
  fixed('notify-abandoned-operations', opendjAttribute(50), {
    words: ['false'],
    syntax: 'boolean',
    problem: 'is not supported: an abandoned operation has no answer (RFC 4511 §4.11)',
    synopsis: 'Whether abandoned operations are answered; never.',
  }),
  fixed('return-bind-error-messages', opendjAttribute(388), {
    words: ['false'],
    syntax: 'boolean',
    problem: 'is not supported: a client that cannot log in does not learn the reason',
    synopsis: 'Whether a failed login is answered with its reason; never.',
  }),
  fixed('save-config-on-successful-startup', opendjAttribute(411), {
    words: ['true'],
    syntax: 'boolean',
    problem: 'is not supported: the configuration of the last good start is always kept',
    synopsis: 'Whether the configuration of a good start is kept; always.',
  }),
  fixed('server-error-result-code', opendjAttribute(110), {
    words: ['80'],
    syntax: 'integer',
    problem: 'is not supported: a fault of the server is answered with 80',
    synopsis: 'The result code of a fault of the server; always 80.',
  }),
  fixed('workflow-configuration-mode', opendjAttribute(440), {
    words: ['auto'],
    problem: 'is not supported: which backend answers for a name follows from the base DNs',
    synopsis: 'How it is decided which backend answers; always auto.',
  }),
] as const;

const access = [
  fixed('reject-unauthenticated-requests', opendjAttribute(256), {
    words: ['false'],
    syntax: 'boolean',
    problem:
      'is not supported: the root DSE and the schema are shown to everybody, and nothing else is unless a memory backend allows it',
    synopsis: 'Whether only clients that have logged in are answered; never.',
  }),
  fixed('unauthenticated-requests-policy', ownAttribute(220), {
    words: ['allow', 'allow-discovery'],
    problem:
      'is not supported: the root DSE and the schema are shown to everybody, and nothing else is unless a memory backend allows it',
    synopsis: 'What clients may do that have not logged in; always discover what the server is.',
  }),
  refused('disabled-privilege', opendjAttribute(387), {
    multiValued: true,
    problem: 'cannot be honoured: what a privilege protects is always protected',
    advice: 'Leave it out, and give accounts the privileges that they need (ds-privilege-name).',
    synopsis: 'The privileges that everybody has in OpenDJ',
  }),
  refused('proxied-authorization-identity-mapper', opendjAttribute(114), {
    syntax: 'dn',
    problem: 'names an identity mapper, and this server has none',
    advice:
      'Leave it out: dn: names an account by its DN, and u: by its uid or another name it logs in with.',
    synopsis: 'How OpenDJ finds the account of a proxied authorization',
  }),
  refused('allowed-client', opendjAttribute(4), {
    multiValued: true,
    problem: BY_HANDLER,
    advice: 'Set allowed-client of each connection handler.',
    synopsis: 'The clients that may connect to PingDS',
  }),
  refused('denied-client', opendjAttribute(24), {
    multiValued: true,
    problem: BY_HANDLER,
    advice: 'Set denied-client of each connection handler.',
    synopsis: 'The clients that may not connect to PingDS',
  }),
  refused('restricted-client', ownAttribute(211), {
    multiValued: true,
    problem: BY_HANDLER,
    advice: 'Leave it out, and set max-connections-per-address of each LDAP connection handler.',
    synopsis: 'The clients that may have only some connections at a time in PingDS',
  }),
  refused('listen-address', opendjAttribute(41), {
    multiValued: true,
    problem: BY_HANDLER,
    advice: 'Set listen-address of each connection handler.',
    synopsis: 'The addresses that PingDS listens on',
  }),
  ...foreignConnectionProperties,
  ...foreignProxyProperties,
] as const;

const limits = [
  refused('idle-time-limit', opendjAttribute(393), {
    problem: BY_HANDLER,
    advice: 'Set idle-time-limit of each LDAP connection handler.',
    synopsis: 'How long a connection to OpenDJ may be silent',
  }),
  refused('size-limit', opendjAttribute(89), {
    syntax: 'integer',
    problem: BY_HANDLER,
    advice: 'Set max-search-results of each LDAP connection handler.',
    synopsis: 'How many entries a search of OpenDJ returns',
  }),
  refused('time-limit', opendjAttribute(115), {
    problem: BY_HANDLER,
    advice: 'Set search-time-limit of each LDAP connection handler.',
    synopsis: 'How long a search of OpenDJ may take',
  }),
  fixed('lookthrough-limit', opendjAttribute(240), {
    words: ['0'],
    syntax: 'integer',
    problem: 'cannot be honoured: the entries that a search looks at are not counted',
    synopsis:
      'How many entries a search may look at; not limited: search-time-limit of the connection handler is.',
  }),
  fixed('max-allowed-client-connections', opendjAttribute(45), {
    words: ['0'],
    syntax: 'integer',
    problem: 'cannot be honoured for all connection handlers together: each has its own max-connections',
    synopsis: 'How many connections are allowed; each connection handler has its own max-connections.',
  }),
  fixed('max-psearches', opendjAttribute(613), {
    words: ['-1'],
    syntax: 'integer',
    problem: 'cannot be honoured: what watching clients hold in memory is limited, not their number',
    synopsis: 'How many persistent searches there may be; their number is not limited.',
  }),
  refused('max-allowed-client-requests', ownAttribute(221), {
    problem: BY_HANDLER,
    advice:
      'Leave it out: max-pending-requests of a connection handler limits the requests of each connection.',
    synopsis: 'How many requests clients of PingDS may have under way',
  }),
  ignored(
    'max-allowed-client-requests-delay',
    ownAttribute(222),
    'How long requests beyond max-allowed-client-requests wait',
  ),
  ignored('max-psearches-policy', ownAttribute(223), 'What max-psearches counts'),
  ignored(
    'max-candidate-set-size',
    ownAttribute(224),
    'How large the lists are that a search makes of indexes',
  ),
  ignored(
    'max-internal-buffer-size',
    forgerockAttribute(61),
    'How much is kept of an answer for the next one',
  ),
] as const;

const others = [
  ignored('allowed-task', opendjAttribute(386), 'The Java classes of tasks that may run', {
    multiValued: true,
  }),
  ignored(
    'etime-resolution',
    opendjAttribute(442),
    'How precisely the access log has the time of an operation',
  ),
  ignored('group-id-failover-order', ownAttribute(225), 'The groups of servers that come next', {
    multiValued: true,
  }),
  ignored('je-backend-shared-cache-enabled', ownAttribute(226), 'Whether database backends share a cache', {
    syntax: 'boolean',
  }),
  refused('subordinate-base-dn', opendjAttribute(93), {
    syntax: 'dn',
    multiValued: true,
    problem: 'cannot be honoured: what is below the root DSE are all trees of this server',
    advice: 'Leave it out.',
    synopsis: 'The trees that OpenDJ shows below the root DSE',
  }),
] as const;

export const foreignGlobalProperties = [...always, ...access, ...limits, ...others] as const;
