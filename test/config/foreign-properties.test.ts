// Entries of PingDS and OpenDJ: every attribute that their objects have and ours have no use for is taken where it is
// harmless, and refused with what to do where it would promise something.

import { describe, expect, it } from 'vitest';
import { Definitions, objectDefinitions } from '../../src/config/definitions.ts';
import { foreignAccountProperties } from '../../src/config/objects/properties/foreign-account-properties.ts';
import { foreignGlobalProperties } from '../../src/config/objects/properties/foreign-global-properties.ts';
import {
  foreignHttpProperties,
  foreignLdapProperties,
} from '../../src/config/objects/properties/foreign-handler-properties.ts';
import type { PropertyDefinition } from '../../src/config/property-definition.ts';
import { readProperties } from '../../src/config/property-reader.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { formatIssue } from '../../src/ldap/issue.ts';
import { checkEntry } from '../../src/schema/check-classes.ts';
import { openSources, readProjectFile, schema } from './configuration.ts';

const KINDS: readonly (readonly [string, string, readonly PropertyDefinition[]])[] = [
  ['ldap-connection-handler', 'cn=Case,cn=Connection Handlers,cn=config', foreignLdapProperties],
  ['http-connection-handler', 'cn=Case,cn=Connection Handlers,cn=config', foreignHttpProperties],
  ['global-configuration', 'cn=config', foreignGlobalProperties],
  ['root-dn-user', 'cn=Case,cn=Root DNs,cn=config', foreignAccountProperties],
];

/** A value of the syntax that no property with a fixed value has. */
const OTHER: Readonly<Record<string, string>> = {
  boolean: 'true',
  integer: '17',
  dn: 'cn=There,cn=config',
  directoryString: 'something else',
};

const definitionOf = (kind: string) => {
  const found = objectDefinitions.find((definition) => definition.kind === kind);
  if (found === undefined) throw new Error(`There is no kind ${kind}.`);
  return found;
};

async function issuesOf(kind: string, dn: string, property: PropertyDefinition, value: string) {
  const definition = definitionOf(kind);
  const entry = Entry.of(Dn.parse(dn), {
    objectClass: ['top', ...(kind === 'root-dn-user' ? ['person'] : []), definition.objectClass.name],
    cn: 'Case',
    ...(kind === 'root-dn-user' ? { sn: 'Case' } : {}),
    ...(kind.endsWith('handler') ? { 'ds-cfg-enabled': 'false', 'ds-cfg-listen-port': '1389' } : {}),
    [property.attribute]: value,
  });
  const { issues } = readProperties(definition, entry, await openSources());
  return [
    ...checkEntry(schema, entry, () => false).filter(({ property: at }) => at !== undefined && at !== 'cn'),
    ...issues,
  ];
}

describe.each(KINDS)('%s', (kind, dn, properties) => {
  const other = ({ type }: PropertyDefinition) => OTHER[type.syntax] ?? '';

  it.each(
    properties.filter(({ type }) => type.name === 'without effect').map((one) => [one.name, one] as const),
  )('takes any %s, which changes nothing', async (_, property) => {
    expect(await issuesOf(kind, dn, property, other(property))).toEqual([]);
    expect(property.synopsis).toContain('kept, without effect');
  });

  it.each(
    properties.filter(({ type }) => type.name === 'fixed value').map((one) => [one.name, one] as const),
  )('takes %s where it agrees, and nothing else', async (_, property) => {
    const [word = ''] = property.allowed.split(/ or |,/);
    expect(await issuesOf(kind, dn, property, word)).toEqual([]);
    const different = word === 'true' ? 'false' : other(property);
    const [issue, ...more] = await issuesOf(kind, dn, property, different);
    expect(more).toEqual([]);
    expect(issue).toMatchObject({ code: 'unwillingToPerform', property: property.name });
    expect(issue && formatIssue(issue)).toMatch(
      / (?:is not supported|cannot be honoured|names a Java class)[:, ].* Leave it out, or write /,
    );
  });

  it.each(
    properties.filter(({ type }) => type.name === 'unsupported').map((one) => [one.name, one] as const),
  )('refuses %s with what to do', async (_, property) => {
    const [issue, ...more] = await issuesOf(kind, dn, property, other(property));
    expect(more).toEqual([]);
    expect(issue).toMatchObject({ code: 'unwillingToPerform', property: property.name });
    expect(issue?.advice).toMatch(/^(?:Leave it out|Set )/);
  });
});

/** What OpenDJ's schema gives the classes that we have too (02-config.ldif of OpenDJ at 0b9c0f63), ours aside. */
const OPENDJ: Readonly<Record<string, string>> = {
  'ds-cfg-root-config':
    'default-password-policy check-schema add-missing-rdn-attributes allow-attribute-name-exceptions ' +
    'invalid-attribute-syntax-behavior server-error-result-code single-structural-objectclass-behavior ' +
    'notify-abandoned-operations size-limit time-limit proxied-authorization-identity-mapper writability-mode ' +
    'reject-unauthenticated-requests bind-with-dn-requires-password lookthrough-limit smtp-server allowed-task ' +
    'disabled-privilege return-bind-error-messages idle-time-limit workflow-configuration-mode ' +
    'save-config-on-successful-startup etime-resolution max-allowed-client-connections max-psearches ' +
    'max-internal-buffer-size trust-transaction-ids subordinate-base-dn',
  'ds-cfg-ldap-connection-handler':
    'java-class enabled allowed-client denied-client listen-port listen-address allow-ldap-v2 keep-stats use-tcp-keep-alive ' +
    'use-tcp-no-delay allow-tcp-reuse-address send-rejection-notice max-request-size num-request-handlers allow-start-tls ' +
    'use-ssl ssl-client-auth-policy ssl-cert-nickname accept-backlog key-manager-provider trust-manager-provider ' +
    'ssl-protocol ssl-cipher-suite max-blocked-write-time-limit buffer-size',
  'ds-cfg-http-connection-handler':
    'java-class enabled allowed-client denied-client listen-port listen-address keep-stats use-tcp-keep-alive ' +
    'use-tcp-no-delay allow-tcp-reuse-address max-request-size num-request-handlers use-ssl ssl-client-auth-policy ' +
    'ssl-cert-nickname accept-backlog key-manager-provider trust-manager-provider ssl-protocol ssl-cipher-suite ' +
    'max-blocked-write-time-limit buffer-size config-file authentication-required max-concurrent-ops-per-connection',
  'ds-cfg-file-based-key-manager-provider':
    'java-class enabled key-store-file key-store-type key-store-pin key-store-pin-property key-store-pin-environment-variable ' +
    'key-store-pin-file',
  'ds-cfg-blind-trust-manager-provider': 'java-class enabled',
  'ds-cfg-file-based-trust-manager-provider':
    'java-class enabled trust-store-file trust-store-type trust-store-pin trust-store-pin-property ' +
    'trust-store-pin-environment-variable trust-store-pin-file',
  'ds-cfg-ldap-trust-manager-provider':
    'java-class enabled base-dn trust-store-pin trust-store-pin-property trust-store-pin-environment-variable ' +
    'trust-store-pin-file',
  'ds-cfg-memory-backend': 'backend-id base-dn java-class enabled writability-mode',
  'ds-cfg-smtp-alert-handler':
    'java-class enabled enabled-alert-type disabled-alert-type sender-address recipient-address message-subject message-body',
  'ds-cfg-error-log-account-status-notification-handler':
    'java-class enabled account-status-notification-type',
  'ds-cfg-smtp-account-status-notification-handler':
    'java-class enabled sender-address recipient-address email-address-attribute-type message-subject message-template-file ' +
    'send-email-as-html send-message-without-end-user-address',
  'ds-cfg-root-dn-user': 'alternate-bind-dn',
};

/** What the reference of PingDS 8.1 has for the kinds that changed since. */
const PINGDS: Readonly<Record<string, string>> = {
  'ds-cfg-root-config':
    'advertised-listen-address allowed-client denied-client group-id group-id-failover-order je-backend-shared-cache-enabled ' +
    'listen-address max-allowed-client-requests max-allowed-client-requests-delay max-psearches-policy ' +
    'proxy-protocol-allowed-client proxy-protocol-enabled restricted-client restricted-client-connection-limit server-id ' +
    'unauthenticated-requests-policy max-candidate-set-size',
  'ds-cfg-ldap-connection-handler':
    'advertised-listen-address match-sni-name proxy-protocol-allowed-client proxy-protocol-enabled restricted-client ' +
    'restricted-client-connection-limit',
  'ds-cfg-http-connection-handler':
    'advertised-listen-address api-descriptor-enabled restricted-client restricted-client-connection-limit',
  'ds-cfg-mail-server':
    'auth-password auth-username enabled smtp-server trust-manager-provider use-ssl use-start-tls smtp-property',
};

describe.each([
  ['OpenDJ', OPENDJ],
  ['PingDS', PINGDS],
])('every attribute that %s gives', (_, classes) => {
  it.each(Object.keys(classes))('%s is known', (name) => {
    const definitions = new Definitions(objectDefinitions, (text) => text.toLowerCase());
    const definition = definitions.findByClass(name);
    const known = new Set(definition?.properties.map((property) => property.attribute));
    const wanted = (classes[name] ?? '').split(' ').map((property) => `ds-cfg-${property}`);
    expect(wanted.filter((attribute) => !known.has(attribute))).toEqual([]);
  });
});

it('the schema file has them', () => {
  const text = readProjectFile('schema/02-config.ldif');
  for (const [, , properties] of KINDS) {
    for (const { attribute } of properties) expect(text).toContain(`NAME '${attribute}'`);
  }
});
