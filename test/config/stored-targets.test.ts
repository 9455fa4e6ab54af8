// What a stored entry refers to, found without reading all of it, is what its reading says: for every kind there is.

import { expect, it } from 'vitest';
import { formatEntry } from '../../src/codec/ldif-writer.ts';
import { WrittenEntries } from '../../src/codec/written-entries.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { account, Configuration } from './configuration.ts';

function mailServer(name: string, attributes: Readonly<Record<string, string>> = {}): Entry {
  return Entry.of(Dn.parse(`cn=${name},cn=Mail Servers,cn=config`), {
    objectClass: ['top', 'ds-cfg-mail-server'],
    cn: name,
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': 'mail.example.com',
    ...attributes,
  });
}

it('what stored entries refer to is found without reading those that refer to nothing', async () => {
  const trust = 'cn=Blind Trust,cn=Trust Manager Providers,cn=config';
  const { entries, validator } = await Configuration.open([
    mailServer('Plain'),
    mailServer('Trusting', { 'ds-cfg-trust-manager-provider': trust }),
    mailServer('Resolved', { 'ds-cfg-trust-manager-provider': `$<trust|${trust}>` }),
    account('Second', { 'ds-cfg-alternate-bind-dn': 'uid=second' }),
  ]);
  const text = entries.map((entry) => `\n${formatEntry(entry)}`).join('');
  const stored = new WrittenEntries(Buffer.from(`version: 1\n${text}`, 'latin1')).entries;
  expect(stored).toHaveLength(entries.length);
  for (const [index, entry] of entries.entries()) {
    const one = stored[index];
    if (one === undefined) continue;
    expect(validator.storedTargetsOf(one), entry.dn.toString()).toEqual(validator.targetsOf(entry));
  }
  expect(stored.find(({ dn }) => dn.name === 'Plain')?.unread).toBeDefined();
  const targets = stored.map((one) => validator.storedTargetsOf(one));
  expect(targets.flat().filter((target) => target.includes('blind trust'))).toHaveLength(2);
});

it('what an entry refers to after a change is what it refers to when nothing was known of it', async () => {
  const trust = 'cn=Blind Trust,cn=Trust Manager Providers,cn=config';
  const servers = [
    mailServer('A'),
    mailServer('A', { 'ds-cfg-smtp-server': 'other.example.com' }),
    mailServer('A', { 'ds-cfg-trust-manager-provider': trust }),
  ];
  const accounts = [
    account('A', { 'ds-cfg-alternate-bind-dn': 'uid=a' }),
    account('A', { 'ds-cfg-alternate-bind-dn': 'uid=b' }),
    account('A', { 'ds-cfg-alternate-bind-dn': ['uid=a', 'uid=b'] }),
    account('A', { 'ds-cfg-alternate-bind-dn': 'uid=a', 'ds-privilege-name': ['config-read'] }),
  ];
  for (const states of [servers, accounts])
    for (const before of states)
      for (const after of states) {
        const { validator } = await Configuration.open();
        validator.targetsOf(before);
        const fresh = (await Configuration.open()).validator;
        expect(validator.targetsOf(after, before)).toEqual(fresh.targetsOf(after));
      }
});
