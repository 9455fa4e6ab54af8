// Whole changes: what is refused, with which code, and what the administrator is told.

import { describe, expect, it } from 'vitest';
import { defineObject } from '../../src/config/object-definition.ts';
import { property } from '../../src/config/property-definition.ts';
import { PropertyValidator } from '../../src/config/property-validator.ts';
import { string } from '../../src/config/types/string.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { formatIssue } from '../../src/ldap/issue.ts';
import { checkEntry } from '../../src/schema/check-classes.ts';
import { brief, Configuration, mail, openSources, schema, theOne, trust, without } from './configuration.ts';

const BLIND = 'cn=Blind Trust,cn=Trust Manager Providers,cn=config';
const SYSTEM = 'cn=System,cn=Trust Manager Providers,cn=config';

describe('values', () => {
  it.each([
    ['ds-cfg-enabled', 'yes', '19 enabled', 'Write true.'],
    ['ds-cfg-smtp-server', 'smtp.example.com:70000', '19 smtp-server', 'from 1 to 65535'],
    ['ds-cfg-smtp-property', 'timeout', '19 smtp-property', 'Write name=value'],
    ['ds-cfg-auth-username', ' ', '19 auth-username', 'is empty'],
    ['ds-cfg-use-ssl', 'ture', '19 use-ssl', 'Write true.'],
  ])('refuses %s: %s', async (attribute, value, expected, said) => {
    const configuration = await Configuration.open();
    const entry = mail('A', { 'ds-cfg-auth-password': 'x', 'ds-cfg-auth-username': 'x', [attribute]: value });
    expect(theOne(configuration.checkPut(entry), expected)).toContain(said);
  });

  it('tells all issues at once, each with its entry', async () => {
    const configuration = await Configuration.open();
    const entry = mail('A', {
      'ds-cfg-enabled': 'x',
      'ds-cfg-smtp-server': ':',
      'ds-cfg-auth-password': 'p',
    });
    const issues = configuration.checkPut(entry);
    expect(brief(issues)).toEqual(['19 enabled', '19 smtp-server', '53 auth-password']);
    expect(issues.every(({ dn }) => dn === 'cn=A,cn=Mail Servers,cn=config')).toBe(true);
  });

  it('misses what is required', async () => {
    const configuration = await Configuration.open();
    const entry = without(mail('A'), 'ds-cfg-smtp-server', 'ds-cfg-enabled');
    expect(brief(configuration.checkPut(entry))).toEqual(['65 enabled', '65 smtp-server']);
  });

  it('takes one value where one is allowed, although the attribute may have several', async () => {
    const configuration = await Configuration.open();
    const issues = configuration.checkPut(mail('A', { 'ds-cfg-smtp-server': ['a', 'b'] }));
    expect(theOne(issues, '19 smtp-server')).toContain('has 2 values; only one is allowed');
  });
});

describe('attribute options', () => {
  it('are refused, or a secret would stand in an attribute that nobody hides', async () => {
    const configuration = await Configuration.open();
    const text = theOne(
      configuration.checkPut(mail('A', { 'ds-cfg-auth-password;x-a': 'canary' })),
      '53 auth-password',
    );
    expect(text).toContain('Write ds-cfg-auth-password.');
    expect(text).not.toContain('canary');
  });
});

describe('expressions', () => {
  it('are resolved and then checked', async () => {
    const configuration = await Configuration.open([], { SMTP_HOST: 'smtp.example.org', SMTP_ON: 'TRUE' });
    const entry = mail('A', { 'ds-cfg-smtp-server': '$<smtp.host>:2525', 'ds-cfg-enabled': '&{smtp.on}' });
    expect(configuration.checkPut(entry)).toEqual([]);
  });

  it('show what they resolve to when that is wrong', async () => {
    const configuration = await Configuration.open([], { SMTP_PORT: '70000' });
    const text = theOne(
      configuration.checkPut(mail('A', { 'ds-cfg-smtp-server': 'a:$<smtp.port>' })),
      '19 smtp-server',
    );
    expect(text).toContain('"a:$<smtp.port>" resolves to "a:70000", which has a port');
  });

  it('that cannot be resolved are named with the places that were looked at', async () => {
    const configuration = await Configuration.open();
    const text = theOne(
      configuration.checkPut(mail('A', { 'ds-cfg-smtp-server': '$<smtp.host>' })),
      '53 smtp-server',
    );
    expect(text).toContain('"$<smtp.host>" cannot be resolved');
    expect(text).toContain('SMTP_HOST');
  });

  it('give several values to a property that takes several, and only to that', async () => {
    const configuration = await Configuration.open([], { OPTIONS: 'a=1,b=2', HOSTS: 'a,b' });
    expect(configuration.checkPut(mail('A', { 'ds-cfg-smtp-property': '$<options>' }))).toEqual([]);
    expect(brief(configuration.checkPut(mail('A', { 'ds-cfg-smtp-server': '$<hosts>' })))).toEqual([
      '19 smtp-server',
    ]);
  });

  it('may name the trust manager', async () => {
    const configuration = await Configuration.open([], { TRUST: SYSTEM });
    expect(configuration.checkPut(mail('A', { 'ds-cfg-trust-manager-provider': '$<trust>' }))).toEqual([]);
    const other = await Configuration.open([], { TRUST: BLIND });
    const issues = other.checkPut(mail('A', { 'ds-cfg-trust-manager-provider': '$<trust>' }));
    const text = theOne(issues, '53 trust-manager-provider');
    expect(text).toContain(`"$<trust>" resolves to "${BLIND}", which is disabled`);
  });
});

describe('rules of a mail server', () => {
  it('refuse use-ssl with a use-start-tls that was written as true', async () => {
    const configuration = await Configuration.open();
    const both = mail('A', { 'ds-cfg-use-ssl': 'true', 'ds-cfg-use-start-tls': 'TRUE' });
    expect(theOne(configuration.checkPut(both), '53 use-start-tls')).toContain(
      'may not be true while use-ssl is true',
    );
    expect(configuration.checkPut(mail('A', { 'ds-cfg-use-ssl': 'true' }))).toEqual([]);
    const off = mail('A', { 'ds-cfg-use-ssl': 'true', 'ds-cfg-use-start-tls': 'false' });
    expect(configuration.checkPut(off)).toEqual([]);
  });

  it('want a user name with a password, and take one alone', async () => {
    const configuration = await Configuration.open();
    expect(configuration.checkPut(mail('A', { 'ds-cfg-auth-username': 'u' }))).toEqual([]);
    const text = theOne(
      configuration.checkPut(mail('A', { 'ds-cfg-auth-password': 'canary' })),
      '53 auth-password',
    );
    expect(text).toContain('"***"');
    expect(text).not.toContain('canary');
    expect(
      configuration.checkPut(mail('A', { 'ds-cfg-auth-username': 'u', 'ds-cfg-auth-password': 'p' })),
    ).toEqual([]);
  });
});

describe('references, from who refers', () => {
  it('must lead somewhere', async () => {
    const configuration = await Configuration.open();
    const missing = mail('A', {
      'ds-cfg-trust-manager-provider': 'cn=None,cn=Trust Manager Providers,cn=config',
    });
    expect(theOne(configuration.checkPut(missing), '53 trust-manager-provider')).toContain('does not exist');
  });

  it('name the full DN', async () => {
    const configuration = await Configuration.open();
    const short = mail('A', { 'ds-cfg-trust-manager-provider': 'cn=System' });
    expect(theOne(configuration.checkPut(short), '53 trust-manager-provider')).toContain(
      `Did you mean ${SYSTEM}?`,
    );
  });

  it('lead to the right kind', async () => {
    const configuration = await Configuration.open();
    const handler = mail('A', {
      'ds-cfg-trust-manager-provider': 'cn=LDAP,cn=Connection Handlers,cn=config',
    });
    const text = theOne(configuration.checkPut(handler), '53 trust-manager-provider');
    expect(text).toContain('is one of the LDAP Connection Handlers, not a trust-manager-provider');
  });

  it('lead to an enabled one while it is needed', async () => {
    const configuration = await Configuration.open();
    const uses = { 'ds-cfg-trust-manager-provider': BLIND };
    expect(theOne(configuration.checkPut(mail('A', uses)), '53 trust-manager-provider')).toContain(
      'is disabled',
    );
    const issues = configuration.checkPut(mail('A', { ...uses, 'ds-cfg-use-ssl': 'true' }));
    expect(brief(issues)).toEqual(['53 trust-manager-provider']);
    expect(configuration.checkPut(mail('A', { ...uses, 'ds-cfg-enabled': 'false' }))).toEqual([]);
    expect(configuration.checkPut(mail('A', { ...uses, 'ds-cfg-use-start-tls': 'false' }))).toEqual([]);
  });

  it('are equal to names written otherwise', async () => {
    const configuration = await Configuration.open();
    const odd = mail('A', {
      'ds-cfg-trust-manager-provider': 'CN=system, CN=trust manager providers, CN=config',
    });
    expect(configuration.checkPut(odd)).toEqual([]);
  });
});

describe('references, from who is referred to', () => {
  const uses = { 'ds-cfg-trust-manager-provider': 'cn=T,cn=Trust Manager Providers,cn=config' };
  const T = uses['ds-cfg-trust-manager-provider'];

  it('keep their target from being deleted, even when who refers is disabled', async () => {
    const configuration = await Configuration.open([
      trust('T'),
      mail('A', { ...uses, 'ds-cfg-enabled': 'false' }),
    ]);
    const text = theOne(configuration.checkDelete(T), '53');
    expect(text).toContain('one object uses it: cn=A,cn=Mail Servers,cn=config.');
  });

  it('keep it from being disabled only while it is needed', async () => {
    const needing = await Configuration.open([trust('T'), mail('A', uses)]);
    const disabled = trust('T', { 'ds-cfg-enabled': 'false' });
    expect(theOne(needing.checkPut(disabled), '53 enabled')).toContain('cn=A,cn=Mail Servers,cn=config');
    const idle = await Configuration.open([
      trust('T'),
      mail('A', { ...uses, 'ds-cfg-use-start-tls': 'false' }),
    ]);
    expect(idle.checkPut(disabled)).toEqual([]);
  });

  it('name the first ten and count the rest', async () => {
    const many = Array.from({ length: 13 }, (_, index) => mail(`M${index}`, uses));
    const configuration = await Configuration.open([trust('T'), ...many]);
    const text = theOne(configuration.checkDelete(T), '53');
    expect(text).toContain('13 objects use it');
    expect(text).toContain('and 3 more');
    expect(text.match(/cn=M\d+/g)).toHaveLength(10);
  });

  it('end with the last referrer', async () => {
    const configuration = await Configuration.open([trust('T')]);
    expect(configuration.checkDelete(T)).toEqual([]);
  });
});

describe('read-only properties', () => {
  it('stay as they were when the object was created', async () => {
    const idProperty = property({
      name: 'id',
      type: string(),
      oid: '2.25.1',
      synopsis: 'A name.',
      readOnly: true,
    });
    const thing = defineObject({
      kind: 'thing',
      friendlyName: 'Thing',
      friendlyPluralName: 'Things',
      synopsis: 'A thing.',
      objectClass: { name: 'ds-cfg-thing', oid: '2.25.2' },
      location: { under: 'cn=Mail Servers,cn=config' },
      properties: [idProperty],
    });
    const validator = new PropertyValidator({ schema, sources: await openSources(), definitions: [thing] });
    const make = (id: string) => mail('A', { objectClass: 'ds-cfg-thing', 'ds-cfg-id': id });
    const view = { find: () => undefined, referrers: () => [] };
    const validate = (before: Entry | undefined, after: Entry) =>
      validator.validate({ key: schema.dnKey(after.dn), before, after }, view);
    expect(validate(undefined, make('1'))).toEqual([]);
    expect(validate(make('1'), make('1'))).toEqual([]);
    expect(theOne(validate(make('1'), make('2')), '53 id')).toContain('cannot change afterwards');
  });
});

describe('structure', () => {
  const place = (dn: string, ...classes: string[]) =>
    Entry.of(Dn.parse(dn), {
      objectClass: ['top', ...classes],
      cn: 'A',
      'ds-cfg-enabled': 'true',
      'ds-cfg-smtp-server': 'a',
    });

  it.each([
    [
      'cn=A,cn=Connection Handlers,cn=config',
      ['ds-cfg-mail-server'],
      '53',
      'directly under cn=Mail Servers,cn=config',
    ],
    [
      'cn=A,cn=B,cn=Mail Servers,cn=config',
      ['ds-cfg-mail-server'],
      '53',
      'directly under cn=Mail Servers,cn=config',
    ],
    ['cn=A,cn=config', ['ds-cfg-mail-server'], '53', 'directly under cn=Mail Servers,cn=config'],
    ['cn=A,cn=config', ['ds-cfg-branch'], '53', 'cannot be a container'],
    ['cn=A,cn=Mail Servers,cn=config', ['person'], '65', 'Allowed here: ds-cfg-mail-server.'],
    ['cn=A,cn=B,cn=config', ['person'], '65', 'directly in its containers'],
    ['cn=A,cn=Mail Servers,cn=config', ['ds-cfg-mail-server', 'ds-cfg-root-dn-user'], '65', 'several kinds'],
    [
      'cn=A,cn=Trust Manager Providers,cn=config',
      ['ds-cfg-trust-manager-provider'],
      '65',
      'ds-cfg-blind-trust',
    ],
    ['sn=A,cn=Mail Servers,cn=config', ['ds-cfg-mail-server'], '64', 'named by cn'],
    ['cn=A+sn=B,cn=Mail Servers,cn=config', ['ds-cfg-mail-server'], '64', 'named by cn'],
    ['cn=\\20,cn=Mail Servers,cn=config', ['ds-cfg-mail-server'], '64', 'empty name'],
  ])('refuses %s of %s', async (dn, classes, expected, said) => {
    const configuration = await Configuration.open();
    expect(theOne(configuration.checkPut(place(dn, ...classes)), expected)).toContain(said);
  });

  it.each(['cn=config', 'cn=Mail Servers,cn=config', 'cn=Root DNs,cn=config'])('keeps %s', async (dn) => {
    const configuration = await Configuration.open();
    expect(theOne(configuration.checkDelete(dn), '53')).toContain('cannot be deleted');
  });

  it('lets a class of the site be added to an object', async () => {
    const configuration = await Configuration.open();
    const entry = mail('A', {
      objectClass: ['top', 'ds-cfg-mail-server', 'site-extra'],
      description: 'ours',
    });
    expect(configuration.checkPut(entry)).toEqual([]);
  });

  it('has no opinion about entries elsewhere', async () => {
    const configuration = await Configuration.open();
    expect(configuration.checkPut(place('cn=A,dc=example', 'person'))).toEqual([]);
  });
});

describe('a whole configuration', () => {
  it('has no issues as it is shipped', async () => {
    const configuration = await Configuration.open();
    expect(configuration.validator.validateAll(configuration.entries).map(formatIssue)).toEqual([]);
  });

  it('fits the schema as it is shipped', async () => {
    const configuration = await Configuration.open();
    expect(
      configuration.entries.flatMap((entry) => checkEntry(schema, entry, () => false)).map(formatIssue),
    ).toEqual([]);
  });

  it('takes other ports from the environment', async () => {
    const configuration = await Configuration.open([], {
      LDAP_PORT: '70000',
      LDAP_LISTEN_ADDRESS: '0.0.0.0',
    });
    const issues = configuration.validator.validateAll(configuration.entries);
    expect(theOne(issues, '19 listen-port')).toContain('resolves to "70000"');
  });

  it('lists the issues of every entry', async () => {
    const uses = { 'ds-cfg-trust-manager-provider': BLIND };
    const broken = [mail('A', uses), mail('B', { 'ds-cfg-smtp-server': '$<none>' }), mail('C')];
    const configuration = await Configuration.open(broken);
    const issues = configuration.validator.validateAll(configuration.entries);
    expect(issues.map(({ dn }) => Dn.parse(dn).name)).toEqual(['A', 'B']);
  });

  // Anything that is not linear would not end.
  it('of 10,000 mail servers is checked', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `T${index}`);
    const trusts = names.map((name) => trust(name));
    const mails = Array.from({ length: 10_000 }, (_, index) =>
      mail(`M${index}`, {
        'ds-cfg-smtp-server': `$<smtp.host>:${1 + (index % 60_000)}`,
        'ds-cfg-trust-manager-provider': `cn=T${index % 50},cn=Trust Manager Providers,cn=config`,
        'ds-cfg-auth-username': 'u',
        'ds-cfg-auth-password': '$<smtp.password>',
      }),
    );
    const configuration = await Configuration.open([...trusts, ...mails], {
      SMTP_HOST: 'a',
      SMTP_PASSWORD: 'p',
    });
    expect(configuration.validator.validateAll(configuration.entries)).toEqual([]);
  });
});
