// Perl's Net::LDAP: encoding, controls and extensions of its own, written without libldap.

import { beforeAll, describe, expect, it } from 'vitest';
import { addPeople } from '../memory/memory-backend-support.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, startServer } from '../support/start-server.ts';
import { PERL, runScript } from './client-script.ts';

const NAME = 'cn=Net::LDAP,cn=Mail Servers,cn=config';
const ADMIN = `dn:${ADMINISTRATOR}`;
let seen: ReadonlyMap<string, unknown>;

beforeAll(async () => {
  const server = await startServer();
  await addPeople(new LdapTools(server));
  seen = await runScript(PERL, 'net_ldap.pl', server);
});

describe("Perl's Net::LDAP", () => {
  it('binds: simple, SASL PLAIN, StartTLS, ldaps, ldapi', () => {
    expect(seen.get('bind with a wrong password')).toEqual([
      'LDAP_INVALID_CREDENTIALS',
      49,
      'The name or the password is wrong.',
    ]);
    expect(seen.get('who am I without a name')).toBe('');
    expect(seen.get('cipher after StartTLS')).toBe(true);
    for (const way of ['', ' by PLAIN', ' by ldaps', ' by ldapi']) {
      expect(seen.get(`who am I${way}`), way).toBe(ADMIN);
    }
  });

  it('makes sense of the root DSE and the schema', () => {
    expect(seen.get('root DSE')).toEqual([1, 1, 1, 1]);
    expect(seen.get('schema')).toMatchObject({ error: '', missing: [], mail: ['ds-cfg-smtp-server'] });
  });

  it('adds, compares, modifies and deletes a mail server', () => {
    expect(seen.get('compare')).toEqual([6, 5]);
    expect(seen.get('modified')).toEqual([NAME, 'false', 'mail.smtp.from=a@example.com']);
    expect(seen.get('deleted')).toEqual([32, 'cn=Mail Servers,cn=config']);
  });

  it('is told why it was refused', () => {
    const [value, syntax, rename] = ['value', 'syntax', 'rename'].map((what) => seen.get(`refused ${what}`));
    const port = expect.stringContaining('"mail.example.com:70000" has a port');
    expect(value).toEqual(['LDAP_CONSTRAINT_VIOLATION', 19, port]);
    const allowed = expect.stringMatching(/ds-cfg-enabled "maybe" .*true or false/);
    expect(syntax).toEqual(['LDAP_INVALID_SYNTAX', 21, allowed]);
    expect(rename).toEqual(['LDAP_OBJECT_CLASS_VIOLATION', 65, expect.stringContaining('description')]);
  });

  it('searches: pages, order, windows, filters', () => {
    expect(seen.get('pages')).toEqual([10, 10, 5]);
    expect(seen.get('sorted')).toEqual(['s24', 's00', 0]);
    expect(seen.get('window')).toEqual([['s03', 's04', 's05', 's06'], 5, 25, 0]);
    expect(seen.get('size limit')).toBe('LDAP_SIZELIMIT_EXCEEDED');
    expect(seen.get('no such entry')).toEqual(['LDAP_NO_SUCH_OBJECT', 'dc=example,dc=com']);
    // Surnames have no ordering rule (RFC 4519 §2.32): >= is undefined of them. (&) finds all.
    expect(seen.get('filters')).toEqual([9, 2, 0, 28, 1]);
    expect(seen.get('renamed')).toEqual(['cn=q00,ou=Groups,dc=example,dc=com', 'q00']);
    expect(seen.get('as LDIF')).toEqual(['dn: cn=q00,ou=Groups,dc=example,dc=com', 'cn: q00']);
  });

  it('uses controls', () => {
    expect(seen.get('read before and after')).toEqual(['first', 'second']);
    expect(seen.get('assertion')).toBe('LDAP_ASSERTION_FAILED');
    expect(seen.get('as somebody else')).toBe('LDAP_INSUFFICIENT_ACCESS');
    expect(seen.get('relax')).toBe('LDAP_UNAVAILABLE_CRITICAL_EXT');
    expect(seen.get('no-op')).toBe(0x410e);
    expect(seen.get('matched values')).toEqual(['objectClass', 'inetOrgPerson']);
    expect(seen.get('do not use a copy')).toBe(1);
    expect(seen.get('not a leaf')).toBe('LDAP_NOT_ALLOWED_ON_NONLEAF');
    expect(seen.get('whole tree')).toBe(0);
  });

  it('is pointed elsewhere', () => {
    expect(seen.get('referral')).toEqual(['ldap://other.example.com/ou=Elsewhere??base']);
    expect(seen.get('change of a referral')).toEqual(['ldap://other.example.com/cn=x,ou=Elsewhere']);
  });

  it('changes passwords, given or made', () => {
    expect(seen.get('bind with the new password')).toBe('dn:uid=grace,ou=People,dc=example,dc=com');
    expect(seen.get('generated password binds')).toEqual([1, 0]);
  });

  it('watches, cancels, and asks for what has changed', () => {
    const dn = 'cn=watched,cn=Mail Servers,cn=config';
    expect(seen.get('watched')).toEqual([
      [1, dn],
      [4, dn],
      [2, dn],
    ]);
    expect(seen.get('canceled')).toEqual([0, 118]);
    expect(seen.get('refreshed')).toEqual([2, 1]);
  });
});
