// TLS of a connection handler, and client certificates.

import { opendjAttribute, ownAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { boolean } from '../../types/boolean.ts';
import { cipherSuite } from '../../types/cipher-suite.ts';
import { reference } from '../../types/dn.ts';
import { duration } from '../../types/duration.ts';
import { enumeration } from '../../types/enumeration.ts';
import { string } from '../../types/string.ts';
import { handlerRestart } from './connection-limits.ts';

/** Change that takes effect for new connections. */
export const nextConnection = {
  kind: 'none',
  note: 'A change takes effect at once, for connections that begin after it.',
} as const;

const nextHandshake = {
  kind: 'none',
  note: 'A change takes effect at once, for TLS connections that begin after it.',
} as const;

export const connectionTls = [
  property({
    name: 'use-ssl',
    oid: opendjAttribute(104),
    type: boolean(),
    default: ['false'],
    synopsis: 'Whether connections use implicit TLS (RFC 8314).',
    adminAction: handlerRestart,
  }),
  property({
    name: 'allow-start-tls',
    oid: opendjAttribute(6),
    type: boolean(),
    default: ['false'],
    synopsis:
      'Whether a client may turn its connection into an encrypted one; without effect while use-ssl is true.',
    adminAction: nextConnection,
  }),
  property({
    name: 'key-manager-provider',
    oid: opendjAttribute(263),
    type: reference('key-manager-provider'),
    synopsis: 'The key manager that holds the key and the certificate of this server.',
    default: { behaviour: 'There is no key, and TLS is not possible.' },
    allowed:
      'The DN of an existing key-manager-provider, which must be enabled while the connection handler is enabled and ' +
      'uses SSL or StartTLS',
    adminAction: nextHandshake,
  }),
  property({
    name: 'trust-manager-provider',
    oid: opendjAttribute(264),
    type: reference('trust-manager-provider'),
    synopsis: 'The trust manager that decides whether the certificates of clients are trusted.',
    default: { behaviour: 'Clients are not asked for certificates.' },
    allowed:
      'The DN of an existing trust-manager-provider, which must be enabled while the connection handler is enabled and ' +
      'uses SSL or StartTLS',
    adminAction: nextHandshake,
  }),
  property({
    name: 'ssl-cert-nickname',
    oid: opendjAttribute(91),
    type: string(),
    multiValued: true,
    synopsis:
      'What the keys are called that this server uses; of each type, such as RSA and EC, it uses one.',
    default: { behaviour: 'Of the keys of each type, the one whose certificate is valid the longest.' },
    allowed: 'The name of a key in its key store; in a folder of PEM files, the name of a file',
    adminAction: handlerRestart,
  }),
  property({
    name: 'ssl-protocol',
    oid: opendjAttribute(391),
    type: enumeration(['TLSv1.2', 'TLSv1.3']),
    multiValued: true,
    synopsis: 'The versions of TLS that are spoken.',
    default: { behaviour: 'TLSv1.2 and TLSv1.3.' },
    adminAction: nextHandshake,
  }),
  property({
    name: 'ssl-cipher-suite',
    oid: opendjAttribute(392),
    type: cipherSuite(),
    multiValued: true,
    synopsis: 'The cipher suites that may be used.',
    description: 'A version of TLS of which no suite is named is not spoken.',
    default: { behaviour: 'Those that the runtime of this server considers safe.' },
    adminAction: nextHandshake,
  }),
  property({
    name: 'ssl-client-auth-policy',
    oid: opendjAttribute(90),
    type: enumeration(['disabled', 'optional', 'required']),
    default: ['optional'],
    synopsis: 'Whether clients are asked for a certificate, and whether they must have one.',
    description: 'With optional, a client may log in with its certificate and need not have one.',
    adminAction: handlerRestart,
  }),
  property({
    name: 'tls-handshake-time-limit',
    oid: ownAttribute(41),
    type: duration({ lowestMs: 100, highestMs: 600_000 }),
    default: ['5 m'],
    advanced: true,
    synopsis: 'How long a client may take to agree on encryption, before its connection is closed.',
    description:
      'Its first octets must come within 10 s. Then somebody may be reading the certificate of this server in a dialogue.',
    adminAction: handlerRestart,
  }),
] as const;
