// A secret source: a service that gives secrets over HTTPS, such as HashiCorp Vault or OpenBao. Values of secret properties
// name it by $<http:SOURCE/PATH#/POINTER>. src/secrets/ asks it.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, ownAttribute, ownClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { baseUrl } from '../types/base-url.ts';
import { boolean } from '../types/boolean.ts';
import { reference } from '../types/dn.ts';
import { duration } from '../types/duration.ts';
import { enumeration } from '../types/enumeration.ts';
import { pathPattern } from '../types/path-pattern.ts';
import { secret } from '../types/secret.ts';
import { size } from '../types/size.ts';
import { string } from '../types/string.ts';
import { Container } from './properties/places.ts';

const MINUTE_MS = 60_000;
/** Field names of HTTP (RFC 9110 §5.6.2). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SEGMENTS = /^[A-Za-z0-9_.~-]+(?:\/[A-Za-z0-9_.~-]+)*$/;

const whatIsAsked = [
  property({
    name: 'base-url',
    oid: ownAttribute(330),
    type: baseUrl(),
    required: true,
    synopsis: 'The URL at which the paths of the secrets begin.',
    description:
      'An expression without a path reads this URL itself. Redirects are not followed, and proxies are not used.',
  }),
  property({
    name: 'preset',
    oid: ownAttribute(331),
    type: enumeration(['none', 'kv-v2']),
    default: ['none'],
    synopsis: 'The service whose paths and answers these are.',
    description:
      'none: the path is that below base-url, and the JSON pointer is applied to the whole answer. kv-v2: the KV secrets engine, ' +
      'version 2, of HashiCorp Vault and OpenBao. The path is that of a secret in kv-mount, the JSON pointer is applied to its ' +
      'data, and the token is sent as X-Vault-Token.',
  }),
  property({
    name: 'kv-mount',
    oid: ownAttribute(332),
    type: string({
      caseSensitive: true,
      pattern: SEGMENTS,
      patternInWords: 'of letters, digits, ".", "-", "_" and "~", with "/" between segments',
    }),
    default: ['secret'],
    synopsis: 'Where the KV secrets engine is mounted; used with the preset kv-v2 only.',
  }),
  property({
    name: 'kv-namespace',
    oid: ownAttribute(340),
    type: string({
      caseSensitive: true,
      pattern: SEGMENTS,
      patternInWords: 'of letters, digits, ".", "-", "_" and "~", with "/" between segments',
    }),
    advanced: true,
    synopsis: 'The namespace that the KV secrets engine is in; used with the preset kv-v2 only.',
    description: 'It is sent as X-Vault-Namespace.',
    default: { behaviour: 'No namespace is sent.' },
  }),
  property({
    name: 'allowed-path',
    oid: ownAttribute(333),
    type: pathPattern(),
    multiValued: true,
    synopsis: 'The paths that expressions may name: mail/main, mail/* or mail/**.',
    description:
      'Keep it narrow: anyone who may write the password of a mail server can have what is at these paths sent to that mail server.',
    default: { behaviour: 'Expressions name no path, only base-url itself.' },
  }),
];

const whoAsks = [
  property({
    name: 'token',
    oid: ownAttribute(334),
    type: secret({ isSent: true }),
    synopsis:
      'The token or key that is sent with each request, best as an expression: $<file:/run/secrets/token>.',
    description: 'It cannot come from a secret source itself.',
    default: { behaviour: 'No token is sent.' },
  }),
  property({
    name: 'token-header',
    oid: ownAttribute(335),
    type: string({ pattern: FIELD_NAME, patternInWords: 'that is the name of an HTTP header' }),
    default: ['Authorization'],
    defaultWhen: { property: 'preset', is: 'kv-v2', values: ['X-Vault-Token'] },
    advanced: true,
    synopsis: 'The header in which the token is sent; in Authorization, the word Bearer is before it.',
  }),
  property({
    name: 'key-manager-provider',
    oid: opendjAttribute(263),
    type: reference('key-manager-provider'),
    synopsis: 'The key manager with the key and the certificate that this server logs in with.',
    default: { behaviour: 'No certificate is shown to the secret source.' },
  }),
  property({
    name: 'trust-manager-provider',
    oid: opendjAttribute(264),
    type: reference('trust-manager-provider'),
    synopsis: 'The trust manager that decides whether the certificate of the secret source is trusted.',
    description:
      'One with certificates of entries of this server cannot be used: those are read after the secrets.',
    default: { behaviour: 'Certificates signed by an authority known to the runtime are trusted.' },
  }),
];

const limits = [
  property({
    name: 'use-last-good-value',
    oid: ownAttribute(339),
    type: boolean(),
    default: ['false'],
    synopsis:
      'Whether the server may start with the values that it read last, while the secret source is away.',
    description:
      'Away means that it cannot be reached, does not answer in time, or answers with an error of its own (5xx). The last values ' +
      'are kept encrypted in config/config-last-secrets.ldif. A reload and a change never use them.',
  }),
  property({
    name: 'connect-timeout',
    oid: ownAttribute(336),
    type: duration({ lowestMs: 1, highestMs: MINUTE_MS }),
    default: ['5 s'],
    advanced: true,
    synopsis: 'How long a connection to the secret source may take, TLS included.',
  }),
  property({
    name: 'request-timeout',
    oid: ownAttribute(337),
    type: duration({ lowestMs: 1, highestMs: MINUTE_MS }),
    default: ['10 s'],
    advanced: true,
    synopsis: 'How long a request may take, from the connection to the end of the answer.',
    description: 'Changes wait for it, and so does a start.',
  }),
  property({
    name: 'response-size-limit',
    oid: ownAttribute(338),
    type: size({ lowestBytes: 1, highestBytes: 1024 * 1024 }),
    default: ['64 KiB'],
    advanced: true,
    synopsis: 'The size of an answer above which it is refused.',
  }),
];

const isSecure = ({ baseUrl: url }: { readonly baseUrl: string }) => url.startsWith('https:');

export const secretSource = defineObject({
  kind: 'secret-source',
  friendlyName: 'Secret Source',
  friendlyPluralName: 'Secret Sources',
  synopsis:
    'A service that values of secret properties are read from over HTTPS, such as HashiCorp Vault or OpenBao.',
  description:
    'The value $<http:SOURCE/PATH#/POINTER> of a secret property, such as auth-password, is read from it at a start, at a reload, ' +
    'and when a change brings it. SOURCE is the name of the secret source, and POINTER a JSON pointer (RFC 6901).',
  objectClass: { name: 'ds-cfg-secret-source', oid: ownClass(60) },
  location: { under: Container.secretSources },
  properties: [...whatIsAsked, ...whoAsks, ...limits],
  enabledTargets: (['key-manager-provider', 'trust-manager-provider'] as const).map((name) => ({
    property: name,
    condition: 'the base-url of the secret source is one of HTTPS',
    properties: ['base-url'],
    holds: isSecure,
  })),
});
