// A mail server: an SMTP server for outgoing mail, how to connect to it, and how to log in.
//
// PingDS's documentation says that StartTLS is only allowed without SSL, and that it is on by default. To satisfy
// both, use-start-tls is false by default with use-ssl, and only a stored use-start-tls of true is a contradiction.

import {
  checkEncryption,
  checkMissingParts,
  checkRepeatedNames,
  usesTls,
} from '../checks/smtp-property-rules.ts';
import { defineObject } from '../object-definition.ts';
import { forgerockAttribute, opendjAttribute, ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { boolean } from '../types/boolean.ts';
import { reference } from '../types/dn.ts';
import { duration } from '../types/duration.ts';
import { hostPort } from '../types/host-port.ts';
import { integer } from '../types/integer.ts';
import { javaMail } from '../types/java-mail.ts';
import { secret } from '../types/secret.ts';
import { string } from '../types/string.ts';
import { enabledProperty } from './properties/enabled-property.ts';
import { Container } from './properties/places.ts';

/** Port of message submission (RFC 6409 §3.1). */
const SUBMISSION_PORT = 587;

const authPassword = property({
  name: 'auth-password',
  oid: ownAttribute(1),
  type: secret({ isSent: true }),
  synopsis:
    'The password this server logs in to the mail server with, best as an expression: $<file:config/smtp.pin>.',
  description:
    'The expression keeps the password itself out of the configuration: only the file holds it. auth-username belongs to it.',
  default: { behaviour: 'The mail server is used without logging in.' },
});

const authUsername = property({
  name: 'auth-username',
  oid: ownAttribute(2),
  type: string({ caseSensitive: true }),
  synopsis: 'The user name this server logs in to the mail server with; auth-password belongs to it.',
  description: 'A user name without auth-password is kept, and the mail server is used without logging in.',
  default: { behaviour: 'The mail server is used without logging in.' },
});

const smtpServer = property({
  name: 'smtp-server',
  oid: opendjAttribute(376),
  type: hostPort(SUBMISSION_PORT),
  multiValuedAttribute: true,
  required: true,
  synopsis: 'Where the mail server listens: a host, and a port where it is not 587.',
  description:
    'The host is a name that can be resolved, an IPv4 address or an IPv6 address; an IPv6 address that is ' +
    'followed by a port is in brackets.',
  allowed:
    'A host name or IP address, optionally followed by a colon and a port; without a port, 587 is used',
});

const trustManagerProvider = property({
  name: 'trust-manager-provider',
  oid: opendjAttribute(264),
  type: reference('trust-manager-provider'),
  synopsis: 'The trust manager that decides whether the certificate of the mail server is trusted.',
  default: { behaviour: 'Certificates signed by an authority known to the runtime are trusted.' },
  allowed:
    'The DN of an existing trust-manager-provider, which must be enabled while the mail server is enabled and ' +
    'uses SSL or StartTLS',
  adminAction: {
    kind: 'none',
    note: 'A change takes effect at once, for TLS connections that begin after it.',
  },
});

const useSsl = property({
  name: 'use-ssl',
  oid: opendjAttribute(104),
  type: boolean(),
  default: ['false'],
  synopsis: 'Whether the connection to the mail server uses implicit TLS (RFC 8314).',
  description: 'With use-ssl, StartTLS is off by default and may not be turned on.',
  adminAction: {
    kind: 'component-restart',
    note: 'Disable the mail server and enable it again for a change to take effect.',
  },
});

const useStartTls = property({
  name: 'use-start-tls',
  oid: forgerockAttribute(208),
  type: boolean(),
  default: ['true'],
  defaultWhen: { property: 'use-ssl', is: 'true', values: ['false'] },
  synopsis:
    'Whether a connection that begins in clear text is turned into an encrypted one before anything is sent.',
  description: 'The StartTLS command does it. It may be on only while use-ssl is off.',
});

const smtpProperty = property({
  name: 'smtp-property',
  oid: ownAttribute(3),
  type: javaMail(),
  multiValued: true,
  advanced: true,
  synopsis: 'Further options for sending mail, with JavaMail names.',
  description:
    'Each value is one option, mail.smtp.timeout=5000. They come after, and win over, the other properties. What ' +
    'this server knows by name is checked; what it does not know is kept, and has no effect.',
  default: { behaviour: 'No further options.' },
});

const priority = property({
  name: 'priority',
  oid: ownAttribute(100),
  type: integer({ lowest: 0, highest: 65535 }),
  default: ['100'],
  synopsis: 'The order of the mail servers: the one with the lowest number is tried first.',
  description:
    'The next one is tried when a connection, TLS or a login fails, or when a mail server puts a message off (4xx), never ' +
    'after it was accepted. Mail servers with the same number are tried in the order of their names.',
});

const connectionPoolSize = property({
  name: 'connection-pool-size',
  oid: ownAttribute(101),
  type: integer({ lowest: 1, highest: 100, unit: 'connections' }),
  default: ['5'],
  advanced: true,
  synopsis: 'How many connections to the mail server may be open at a time.',
  description:
    'A connection is opened when a message needs it, used for the messages that follow, and closed when none has come for a ' +
    'minute.',
});

const verificationInterval = property({
  name: 'verification-interval',
  oid: ownAttribute(122),
  type: duration({ lowestMs: 1000, highestMs: 7 * 24 * 60 * 60 * 1000 }),
  advanced: true,
  synopsis: 'How often the mail server is verified.',
  description:
    'A connection of its own is made, with TLS and a login, and nothing is sent. cn=monitor shows the result.',
  default: { behaviour: 'It is verified by a task only; messages show whether it works.' },
});

export const mailServer = defineObject({
  kind: 'mail-server',
  friendlyName: 'Mail Server',
  friendlyPluralName: 'Mail Servers',
  synopsis: 'A mail server for outgoing messages: its address, how it is trusted, and how to log in.',
  objectClass: { name: 'ds-cfg-mail-server', oid: ownClass(1) },
  location: { under: Container.mailServers },
  properties: [
    authPassword,
    authUsername,
    enabledProperty('Whether mail is handed to this mail server.'),
    smtpServer,
    trustManagerProvider,
    useSsl,
    useStartTls,
    priority,
    connectionPoolSize,
    verificationInterval,
    smtpProperty,
  ],
  constraints: [
    {
      properties: ['use-ssl', 'use-start-tls'],
      check: (server) =>
        server.useSsl && server.useStartTls
          ? {
              property: 'use-start-tls',
              problem:
                'may not be true while use-ssl is true: a connection is encrypted one way or the other',
              advice: 'Leave out use-start-tls, or set one of the two to false.',
            }
          : undefined,
    },
    {
      properties: [],
      check: (_, isWritten) =>
        isWritten('auth-password') && !isWritten('auth-username')
          ? {
              property: 'auth-password',
              problem: 'is set without auth-username',
              advice: 'Set auth-username too, or remove auth-password.',
            }
          : undefined,
    },
    { properties: ['smtp-property'], check: checkRepeatedNames },
    { properties: ['auth-username', 'auth-password', 'smtp-property'], check: checkMissingParts },
    { properties: ['use-ssl', 'use-start-tls', 'smtp-property'], check: checkEncryption },
  ],
  enabledTargets: [
    {
      property: 'trust-manager-provider',
      condition: 'the mail server is enabled and uses SSL or StartTLS',
      properties: ['enabled', 'use-ssl', 'use-start-tls', 'smtp-property'],
      holds: (server) => server.enabled && usesTls(server),
    },
  ],
});
