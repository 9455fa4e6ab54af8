// What is accepted change by change is right as a whole: a start checks all of it at once, and must not refuse what was
// accepted one by one.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { formatIssue } from '../../src/ldap/issue.ts';
import { account, Configuration } from './configuration.ts';

const NAMES = ['A', 'B', 'C'];
const accountName = (name: string) => `cn=${name},cn=Root DNs,cn=config`;
const trustName = (name: string) => `cn=${name},cn=Trust Manager Providers,cn=config`;
const name = fc.constantFrom(...NAMES);
const text = (flag: boolean) => String(flag);

interface Step {
  readonly dn: string;
  /** Undefined: it is deleted. */
  readonly entry: Entry | undefined;
}

function step(
  dn: string,
  classes: readonly string[],
  attributes: Readonly<Record<string, string | readonly string[]>>,
): Step {
  return { dn, entry: Entry.of(Dn.parse(dn), { objectClass: ['top', ...classes], ...attributes }) };
}

const accounts = fc
  .record({
    name,
    others: fc.subarray(['uid=a', 'uid=b', 'uid=admin', ...NAMES.map(accountName)]),
    isWriter: fc.boolean(),
  })
  .map(
    ({ name: cn, others, isWriter }): Step => ({
      dn: accountName(cn),
      entry: account(cn, {
        'ds-privilege-name': isWriter ? ['config-read', 'config-write'] : ['config-read'],
        ...(others.length === 0 ? {} : { 'ds-cfg-alternate-bind-dn': others }),
      }),
    }),
  );

const trustManagers = fc.record({ name, isEnabled: fc.boolean() }).map(({ name: cn, isEnabled }) =>
  step(trustName(cn), ['ds-cfg-trust-manager-provider', 'ds-cfg-blind-trust-manager-provider'], {
    cn,
    'ds-cfg-enabled': text(isEnabled),
  }),
);

const mailServers = fc
  .record({
    name,
    isEnabled: fc.boolean(),
    ssl: fc.boolean(),
    startTls: fc.boolean(),
    trust: fc.option(name),
  })
  .map(({ name: cn, isEnabled, ssl, startTls, trust }) =>
    step(`cn=${cn},cn=Mail Servers,cn=config`, ['ds-cfg-mail-server'], {
      cn,
      'ds-cfg-enabled': text(isEnabled),
      'ds-cfg-smtp-server': 'smtp.example.com',
      'ds-cfg-use-ssl': text(ssl),
      'ds-cfg-use-start-tls': text(startTls),
      ...(trust === null ? {} : { 'ds-cfg-trust-manager-provider': trustName(trust) }),
    }),
  );

const alertHandlers = fc.record({ name, isEnabled: fc.boolean() }).map(({ name: cn, isEnabled }) =>
  step(`cn=${cn},cn=Alert Handlers,cn=config`, ['ds-cfg-alert-handler', 'ds-cfg-smtp-alert-handler'], {
    cn,
    'ds-cfg-enabled': text(isEnabled),
    'ds-cfg-message-subject': 'Alert',
    'ds-cfg-message-body': 'Alert',
    'ds-cfg-recipient-address': 'one@example.com',
    'ds-cfg-sender-address': 'two@example.com',
  }),
);

const handlers = fc
  .record({ name: fc.constantFrom('LDAP', 'LDAPS', 'LDAPI'), isEnabled: fc.boolean(), isOther: fc.boolean() })
  .map(({ name: cn, isEnabled }) =>
    step(
      `cn=${cn},cn=Connection Handlers,cn=config`,
      ['ds-cfg-connection-handler', 'ds-cfg-ldapi-connection-handler'],
      {
        cn,
        'ds-cfg-enabled': text(isEnabled),
        'ds-cfg-socket-file': cn,
      },
    ),
  );

const puts = fc.oneof(accounts, trustManagers, mailServers, alertHandlers, handlers);
const steps = fc.oneof(
  { weight: 4, arbitrary: puts },
  { weight: 1, arbitrary: puts.map(({ dn }): Step => ({ dn, entry: undefined })) },
);

it('what was accepted change by change is right as a whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 30 }), async (changes) => {
      const configuration = await Configuration.open();
      for (const { dn, entry } of changes) {
        if (!configuration.change(Dn.parse(dn), entry)) continue;
        const { validator, entries } = configuration;
        const written = entry === undefined ? 'it is deleted' : JSON.stringify(entry.attributes);
        expect(validator.validateAll(entries).map(formatIssue), `${dn}: ${written}`).toEqual([]);
        expect(
          validator.checkStart(
            entries.filter((one) => one.dn.toString().endsWith(',cn=Connection Handlers,cn=config')),
          ),
        ).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});

it('nobody gets the name that another logs in with, whichever comes first', async () => {
  const other = accountName('B');
  const configuration = await Configuration.open([account('A', { 'ds-cfg-alternate-bind-dn': other })]);
  expect(configuration.checkPut(account('B')).map(formatIssue)).toEqual([
    expect.stringContaining(`is a name that ${accountName('A')} logs in with already`),
  ]);
});
