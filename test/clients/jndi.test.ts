// JNDI, by which programs in Java speak LDAP: StartTLS, the schema as a tree, pages, sorting, a form's add, a refusal, a
// rename that references follow, and listeners, which are persistent searches.

import { beforeAll, expect, it } from 'vitest';
import { accountLdif } from '../support/accounts.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';
import { runScript } from './client-script.ts';

/** Entries of a page, as the program asks for them. */
const PAGE = 3;

let seen: ReadonlyMap<string, unknown>;
let containers: number;

beforeAll(async () => {
  const server = await startServer();
  const tools = new LdapTools(server);
  const policy = 'cn=java,cn=Password Policies,cn=config';
  const lines = [`ds-pwp-password-policy-dn: ${policy}`];
  const added = await tools.add(
    `dn: ${policy}\nobjectClass: ds-cfg-password-policy\nds-cfg-max-password-age: 2 d\n\n${accountLdif('java login', { password: 'java long password', lines })}`,
  );
  expect(added.code, added.stderr).toBe(0);
  const { stdout } = await tools.search('cn=config', '-s', 'one', '1.1');
  containers = stdout.split('\n').filter((line) => line.startsWith('dn:')).length;
  seen = await runScript('java', 'JndiDriver.java', server);
});

it('reads the schema', () => {
  expect(seen.get('single-valued')).toBe('true');
  expect(seen.get('syntax')).toMatch(/^[\d.]+$/);
  expect(seen.get('must')).toEqual(expect.arrayContaining(['cn', 'ds-cfg-enabled', 'ds-cfg-smtp-server']));
  expect(seen.get('rule')).toBe('1.3.6.1.4.1.1466.115.121.1.15');
  expect(seen.get('classes of an entry')).toEqual(['ds-cfg-branch', 'top']);
});

it('searches in pages and in order', () => {
  const rest = containers % PAGE === 0 ? [] : [containers % PAGE];
  expect(seen.get('pages')).toEqual([...Array(Math.floor(containers / PAGE)).fill(PAGE), ...rest]);
  expect(seen.get('sorted')).toBe('true');
});

it('adds, edits, renames and deletes, and hears of it', () => {
  const name = 'cn=java relay,cn=Mail Servers,cn=config';
  expect(seen.get('added')).toBe(`added ${name}`);
  expect(seen.get('stored')).toBe('relay.example.com:2525');
  expect(seen.get('reference')).toBe('cn=java believed,cn=Trust Manager Providers,cn=config');
  expect(seen.get('removed')).toBe(`removed ${name}`);
  expect(seen.get('left')).toEqual([]);
});

it('reads at a login that the password expires', () => {
  expect(seen.get('told at login')).toEqual(
    expect.arrayContaining([
      '1.3.6.1.4.1.42.2.27.8.5.1',
      expect.stringMatching(/^2\.16\.840\.1\.113730\.3\.4\.5 1\d{5}$/),
    ]),
  );
  expect(seen.get('told at a refused login')).toMatch(/error code 49 - The name or the password is wrong/);
});

it('is told why a value is refused', () => {
  expect(seen.get('refused')).toMatch(
    /^InvalidAttributeValueException: \[LDAP: error code 19 - cn=java relay,.*70000.* has a port/,
  );
});
