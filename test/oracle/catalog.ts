// Which objects the sequences have, and which values their properties may get: for every kind that is declared. What is
// not named here gets values by the type of the property, so that a new property takes part from its first day on.
// `{name}` stands for what differs from sequence to sequence, such as a port.

import { objectDefinitions } from '../../src/config/definitions.ts';
import type { ObjectDefinition } from '../../src/config/object-definition.ts';
import type { PropertyDefinition } from '../../src/config/property-definition.ts';

import { ACCOUNT_CHOICES, ACCOUNT_PLACES, KIND_CHOICES } from './catalog-accounts.ts';
import { SECRET_BEGINNING, SECRET_CHOICES, SECRET_PLACES } from './catalog-secrets.ts';

import { STORE_PIN } from './fixtures.ts';

/** By attribute; an empty list takes it away. */
export type Values = Readonly<Record<string, readonly string[]>>;

export interface CatalogObject {
  readonly kind: string;
  readonly dn: string;
  readonly name: string;
  /** What an entry must have that is added. */
  readonly initial: Values;
  /** What its attributes may be set to. */
  readonly choices: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** It is there from the start and stays. */
  readonly isPermanent: boolean;
}

const TRUST = 'cn=Trust Manager Providers,cn=config';
const KEYS = 'cn=Key Manager Providers,cn=config';
const HANDLERS = 'cn=Connection Handlers,cn=config';
const BACKENDS = 'cn=Backends,cn=config';
const MAIL = 'cn=Mail Servers,cn=config';
const ALERTS = 'cn=Alert Handlers,cn=config';
const ROOT_DNS = 'cn=Root DNs,cn=config';

const trustDns = ['Blind Trust', 'Pem', 'Store', 'Entries', 'System'].map((name) => `cn=${name},${TRUST}`);
const keyDns = ['Default Key Manager', 'Pem', 'Store'].map((name) => `cn=${name},${KEYS}`);

/** What the sources of expressions may give for each token; the last ones fit few properties. */
export const TOKENS: Readonly<Record<string, readonly string[]>> = {
  'oracle.flag': ['true', 'false', 'perhaps'],
  'oracle.other-flag': ['true', 'false'],
  'oracle.number': ['5', '9', '60', 'many'],
  'oracle.time': ['20 s', '3 m', 'soon'],
  'oracle.size': ['200 KB', '3 MB', 'huge'],
  'oracle.port': ['{port2}', '{port4}', '{taken}', '70000'],
  'oracle.address': ['127.0.0.1', '127.0.0.3', '192.0.2.7'],
  'oracle.smtp': ['127.0.0.1:{smtpPlain}', '127.0.0.1:{smtpTls}', 'not a host'],
  'oracle.trust': [trustDns[1] ?? '', trustDns[2] ?? '', 'cn=nobody,cn=config'],
  'oracle.keys': [keyDns[0] ?? '', keyDns[1] ?? '', keyDns[2] ?? ''],
  'oracle.trust-folder': ['oracle/trust-a', 'oracle/trust-b', 'oracle/none'],
  'oracle.key-folder': ['oracle/keys-a', 'oracle/keys-b', 'oracle/none'],
  'oracle.pin': [STORE_PIN, 'canary-pin-b'],
  'oracle.base': ['o=Gamma', 'o=Delta', 'cn=config'],
  'oracle.word': ['one', 'two'],
  'oracle.mail': ['first@example.com', 'second@example.com', 'nobody'],
  'oracle.options': [
    'mail.smtp.timeout=7000',
    'mail.smtp.timeout=7000,mail.smtp.auth=false',
    'mail.smtp.timeout=x',
  ],
};

/** By the name of a property's type. */
const BY_TYPE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  boolean: [['true'], ['false'], ['$<oracle.flag>'], ['$<oracle.other-flag|true>'], []],
  integer: [['5'], ['50'], ['$<oracle.number|7>'], []],
  duration: [['10 s'], ['2 m'], ['$<oracle.time|1 m>'], []],
  size: [['100 KB'], ['2 MB'], ['$<oracle.size|1 MB>'], []],
  string: [['one'], ['two words'], ['$<oracle.word|three>'], []],
  secret: SECRET_CHOICES.values,
  'alert type': [['confdit.ConfigurationChanged'], ['confdit.ReloadRefused'], []],
  'mail address': [['one@example.com'], ['$<oracle.mail|two@example.com>'], []],
  'address mask': [['127.0.0.1'], ['127.0.0.0/8', '::1'], ['192.0.2.1'], []],
};

const ports = [['{port1}'], ['{port2}'], ['{port3}'], ['{taken}'], ['$<oracle.port>']];
const addresses = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1', '127.0.0.2'], ['$<oracle.address>'], []];

/** By attribute, where the type is not enough to say what makes sense. */
const BY_ATTRIBUTE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'ds-cfg-listen-port': ports,
  'ds-cfg-listen-address': addresses,
  'ds-cfg-trust-manager-provider': [...trustDns.map((dn) => [dn]), ['$<oracle.trust>'], []],
  'ds-cfg-key-manager-provider': [...keyDns.map((dn) => [dn]), ['$<oracle.keys>'], []],
  'ds-cfg-ssl-cert-nickname': [['server'], ['server.pem'], ['other'], []],
  'ds-cfg-ssl-protocol': [['TLSv1.2'], ['TLSv1.3'], ['TLSv1.2', 'TLSv1.3'], []],
  'ds-cfg-ssl-cipher-suite': [['TLS_AES_256_GCM_SHA384'], ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], []],
  'ds-cfg-ssl-client-auth-policy': [['disabled'], ['optional'], ['required'], []],
  'ds-cfg-socket-file': [['oracle/socket-a'], ['oracle/socket-b'], ['oracle/nowhere/socket']],
  'ds-cfg-socket-file-mode': [['0600'], ['0660'], []],
  'ds-cfg-base-dn': [['o=Alpha'], ['o=Beta'], ['o=Alpha', 'o=Beta'], ['$<oracle.base|o=Gamma>']],
  'ds-cfg-entry-limit': [['1'], ['2'], ['50'], ['$<oracle.number|7>'], []],
  'ds-cfg-ldif-file': [['oracle/authorities.ldif'], ['oracle/nothing.ldif'], []],
  'ds-cfg-pem-directory': [['oracle/trust-a'], ['oracle/trust-b'], ['oracle/none']],
  'ds-cfg-trust-store-file': [['oracle/trust-a.p12'], ['oracle/trust-b.p12'], ['oracle/none.p12']],
  'ds-cfg-key-store-file': [['oracle/keys-a.p12'], ['oracle/keys-b.p12'], ['oracle/none.p12']],
  'ds-cfg-trust-store-pin': [[STORE_PIN], ['$<oracle.pin>'], ['canary-pin-b']],
  'ds-cfg-key-store-pin': [[STORE_PIN], ['$<oracle.pin>'], ['canary-pin-b']],
  'ds-cfg-trust-store-type': [['PKCS12'], ['JKS'], []],
  'ds-cfg-key-store-type': [['PKCS12'], []],
  'ds-cfg-excluded-filename-pattern': [['first*'], ['*.bak'], []],
  'ds-cfg-smtp-property': [
    ['mail.smtp.timeout=5000'],
    ['mail.smtp.auth=false', 'no.such=1'],
    ['$<oracle.options>'],
    [],
  ],
  'ds-cfg-verification-interval': [['1 h'], ['2 h'], []],
  'ds-cfg-task-retention-time': [['1 h'], ['2 d'], []],
  'ds-cfg-changelog-purge-delay': [['1 d'], ['unlimited'], []],
  'ds-cfg-changelog-minimum-changes': [['10000'], ['500'], []],
  'ds-cfg-idle-time-limit': [['10 m'], ['unlimited'], []],
  'ds-cfg-message-subject': [['Alert %%alert-type%%'], ['$<oracle.word|word>']],
  'ds-cfg-message-body': [['%%alert-message%%'], ['$<oracle.word|word>']],
  'ds-cfg-sender-address': [['one@example.com'], ['$<oracle.mail|two@example.com>']],
  'ds-cfg-recipient-address': [['one@example.com'], ['$<oracle.mail|b@c.com>'], ['a@b.com', 'b@c.com']],
  'ds-cfg-auth-username': [['canary-name-of-user'], []],
  'ds-cfg-writability-mode': [['enabled'], ['disabled'], ['internal-only'], []],
  'ds-cfg-server-id': [['server-1'], []],
  'ds-cfg-alternate-bind-dn': [['uid=one'], ['uid=two'], ['uid=one', 'uid=two'], []],
  'ds-privilege-name': [['config-read'], ['config-read', 'config-write'], ['monitor-read'], []],
  userPassword: [['canary-user-a'], ['canary-user-b'], []],
  'ds-certificate-subject-dn': [['CN=client one'], ['CN=client two'], []],
  'ds-certificate-fingerprint': [['{firstFingerprint}'], ['{secondFingerprint}'], []],
  ...ACCOUNT_CHOICES,
  ...SECRET_CHOICES.attributes,
};

/** Of one kind only. */
const BY_KIND: Readonly<Record<string, Readonly<Record<string, readonly (readonly string[])[]>>>> = {
  'mail-server': {
    'ds-cfg-smtp-server': [
      ['127.0.0.1:{smtpPlain}'],
      ['127.0.0.1:{smtpStartTls}'],
      ['127.0.0.1:{smtpTls}'],
      ['$<oracle.smtp>'],
    ],
  },
  'pem-key-manager-provider': {
    'ds-cfg-pem-directory': [['oracle/keys-a'], ['oracle/keys-b'], ['oracle/none'], ['$<oracle.key-folder>']],
  },
  'pem-trust-manager-provider': {
    'ds-cfg-pem-directory': [
      ['oracle/trust-a'],
      ['oracle/trust-b'],
      ['oracle/none'],
      ['$<oracle.trust-folder>'],
    ],
  },
  ...KIND_CHOICES,
  'ldap-trust-manager-provider': {
    'ds-cfg-base-dn': [['o=Authorities'], ['cn=authority 0,o=Authorities'], ['o=Alpha']],
  },
};

/** Nothing runs because of their values. */
const TYPES_LEFT_ALONE: ReadonlySet<string> = new Set(['fixed value', 'unsupported', 'without effect']);

/** Attributes that are left as they are: fixed values, what cannot be had, and what names an object. */
const LEFT_ALONE =
  /^ds-cfg-(?:java-class|backend-id|site-schema)$|environment-variable$|pin-(?:file|property)$/;

interface Place {
  readonly kind: string;
  readonly under: string;
  readonly names: readonly string[];
  readonly initial: Values;
  readonly permanent?: readonly string[];
}

const enabled = { 'ds-cfg-enabled': ['true'] };

const PLACES: readonly Place[] = [
  {
    kind: 'ldap-connection-handler',
    under: HANDLERS,
    names: ['LDAP', 'LDAPS', 'Third', 'Fourth'],
    permanent: ['LDAP', 'LDAPS'],
    initial: { ...enabled, 'ds-cfg-listen-port': ['{port1}'] },
  },
  {
    kind: 'ldapi-connection-handler',
    under: HANDLERS,
    names: ['Second LDAPI'],
    initial: { ...enabled, 'ds-cfg-socket-file': ['oracle/socket-a'] },
  },
  {
    kind: 'http-connection-handler',
    under: HANDLERS,
    names: ['HTTP', 'Second HTTP'],
    permanent: ['HTTP'],
    initial: { ...enabled, 'ds-cfg-listen-port': ['{port3}'] },
  },
  {
    kind: 'memory-backend',
    under: BACKENDS,
    names: ['authorities', 'people'],
    initial: { ...enabled, 'ds-cfg-base-dn': ['o=Alpha'] },
  },
  {
    kind: 'pem-key-manager-provider',
    under: KEYS,
    names: ['Default Key Manager', 'Pem'],
    permanent: ['Default Key Manager'],
    initial: { ...enabled, 'ds-cfg-pem-directory': ['oracle/keys-a'] },
  },
  {
    kind: 'file-based-key-manager-provider',
    under: KEYS,
    names: ['Store'],
    initial: {
      ...enabled,
      'ds-cfg-key-store-file': ['oracle/keys-a.p12'],
      'ds-cfg-key-store-pin': [STORE_PIN],
    },
  },
  {
    kind: 'pem-trust-manager-provider',
    under: TRUST,
    names: ['Pem'],
    initial: { ...enabled, 'ds-cfg-pem-directory': ['oracle/trust-a'] },
  },
  {
    kind: 'file-based-trust-manager-provider',
    under: TRUST,
    names: ['Store'],
    initial: {
      ...enabled,
      'ds-cfg-trust-store-file': ['oracle/trust-a.p12'],
      'ds-cfg-trust-store-pin': [STORE_PIN],
    },
  },
  {
    kind: 'ldap-trust-manager-provider',
    under: TRUST,
    names: ['Entries'],
    initial: { ...enabled, 'ds-cfg-base-dn': ['o=Authorities'] },
  },
  { kind: 'blind-trust-manager-provider', under: TRUST, names: ['Blind Trust'], initial: enabled },
  {
    kind: 'system-trust-manager-provider',
    under: TRUST,
    names: ['System'],
    permanent: ['System'],
    initial: enabled,
  },
  {
    kind: 'pkcs11-trust-manager-provider',
    under: TRUST,
    names: ['Token'],
    initial: { 'ds-cfg-enabled': ['false'] },
  },
  {
    kind: 'mail-server',
    under: MAIL,
    names: ['One', 'Two', 'Three'],
    initial: {
      ...enabled,
      'ds-cfg-smtp-server': ['127.0.0.1:{smtpPlain}'],
      'ds-cfg-use-start-tls': ['false'],
    },
  },
  {
    kind: 'smtp-alert-handler',
    under: ALERTS,
    names: ['Mail', 'Second Mail'],
    initial: {
      ...enabled,
      'ds-cfg-sender-address': ['one@example.com'],
      'ds-cfg-recipient-address': ['two@example.com'],
      'ds-cfg-message-subject': ['Alert'],
      'ds-cfg-message-body': ['%%alert-message%%'],
    },
  },
  {
    kind: 'root-dn-user',
    under: ROOT_DNS,
    names: ['one', 'two'],
    initial: { userPassword: ['canary-user-a'] },
  },
  ...ACCOUNT_PLACES,
  ...SECRET_PLACES,
  { kind: 'global-configuration', under: '', names: ['config'], permanent: ['config'], initial: {} },
];

/** What there is at the beginning, beside what a new instance has: a bit of everything, so that things refer to each other. */
export const BEGINNING: readonly { readonly dn: string; readonly set: Values }[] = [
  {
    dn: `ds-cfg-backend-id=authorities,${BACKENDS}`,
    set: { 'ds-cfg-base-dn': ['o=Authorities'], 'ds-cfg-ldif-file': ['oracle/authorities.ldif'] },
  },
  { dn: `cn=Pem,${KEYS}`, set: {} },
  { dn: `cn=Store,${KEYS}`, set: {} },
  { dn: `cn=Pem,${TRUST}`, set: {} },
  { dn: `cn=Store,${TRUST}`, set: {} },
  { dn: `cn=Entries,${TRUST}`, set: {} },
  {
    dn: `cn=one,${ROOT_DNS}`,
    set: { 'ds-certificate-subject-dn': ['CN=client one'], 'ds-cfg-alternate-bind-dn': ['uid=one'] },
  },
  {
    dn: `cn=Third,${HANDLERS}`,
    set: {
      'ds-cfg-use-ssl': ['true'],
      'ds-cfg-key-manager-provider': [`cn=Store,${KEYS}`],
      'ds-cfg-trust-manager-provider': [`cn=Pem,${TRUST}`],
    },
  },
  { dn: `cn=One,${MAIL}`, set: { 'ds-cfg-priority': ['$<oracle.number|7>'] } },
  {
    dn: `cn=Two,${MAIL}`,
    set: {
      'ds-cfg-smtp-server': ['127.0.0.1:{smtpStartTls}'],
      'ds-cfg-use-start-tls': ['true'],
      'ds-cfg-trust-manager-provider': [`cn=Entries,${TRUST}`],
    },
  },
  ...SECRET_BEGINNING,
  { dn: `cn=Mail,${ALERTS}`, set: { 'ds-cfg-enabled-alert-type': ['confdit.ReloadRefused'] } },
];

export const CATALOG: readonly CatalogObject[] = PLACES.flatMap(
  ({ kind, under, names, initial, permanent = [] }) => {
    const definition = definitionOf(kind);
    const choices = choicesOf(definition);
    return names.map((name) => {
      const naming = definition.namingAttribute;
      const dn = under === '' ? 'cn=config' : `${naming}=${name},${under}`;
      return {
        kind,
        dn,
        name,
        initial: initialOf(definition, name, initial),
        choices,
        isPermanent: permanent.includes(name),
      };
    });
  },
);

/** Kinds and properties that no sequence touches: none should be missing without a reason. */
export function untouched(): readonly string[] {
  const kinds = objectDefinitions.filter(
    ({ kind, abstract }) => !abstract && kind !== 'container' && !CATALOG.some((one) => one.kind === kind),
  );
  const properties = PLACES.flatMap(({ kind }) => {
    const definition = definitionOf(kind);
    const choices = choicesOf(definition);
    return definition.properties.filter(({ attribute, ...property }) => {
      return choices[attribute] === undefined && !isLeftAlone({ attribute, ...property });
    });
  });
  return [
    ...kinds.map(({ kind }) => kind),
    ...properties.map(({ attribute, type }) => `${attribute} (${type.name})`),
  ];
}

function definitionOf(kind: string): ObjectDefinition {
  const found = objectDefinitions.find((definition) => definition.kind === kind);
  if (found === undefined) throw new Error(`There is no kind ${kind}.`);
  return found;
}

function initialOf(definition: ObjectDefinition, name: string, initial: Values): Values {
  const { kind, namingAttribute } = definition;
  const classes: string[] = [];
  for (let at: ObjectDefinition | undefined = definition; at !== undefined; at = at.parent)
    classes.push(at.objectClass.name);
  const person = kind === 'root-dn-user' ? { sn: [name] } : {};
  const structural = kind === 'root-dn-user' ? ['person'] : [];
  return {
    objectClass: ['top', ...structural, ...classes],
    [namingAttribute]: [name],
    ...person,
    ...initial,
  };
}

function choicesOf({ kind, properties }: ObjectDefinition): CatalogObject['choices'] {
  const found = properties.flatMap((property) => {
    if (isLeftAlone(property)) return [];
    const { attribute, type } = property;
    const choices = BY_KIND[kind]?.[attribute] ?? BY_ATTRIBUTE[attribute] ?? BY_TYPE[type.name];
    return choices === undefined ? [] : [[attribute, choices] as const];
  });
  return Object.fromEntries(found);
}

function isLeftAlone({ attribute, type }: PropertyDefinition): boolean {
  return LEFT_ALONE.test(attribute) || TYPES_LEFT_ALONE.has(type.name);
}

/** What an object of the catalogue is called after a rename. */
export function otherName(dn: string): string {
  const comma = dn.indexOf(',');
  return `${dn.slice(0, comma)} Renamed${dn.slice(comma)}`;
}
