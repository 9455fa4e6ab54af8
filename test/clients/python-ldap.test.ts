// python-ldap: libldap with Python's own controls, schema classes and SASL on top.

import { beforeAll, describe, expect, it } from 'vitest';
import { addPeople } from '../memory/memory-backend-support.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, startServer } from '../support/start-server.ts';
import { PYTHON, runScript } from './client-script.ts';

const NAME = 'cn=python-ldap,cn=Mail Servers,cn=config';
const ADMIN = `dn:${ADMINISTRATOR}`;
let seen: ReadonlyMap<string, unknown>;

beforeAll(async () => {
  const server = await startServer({ password: 'test-password-1' });
  await addPeople(new LdapTools(server));
  seen = await runScript(PYTHON, 'python_ldap.py', server);
});

describe('python-ldap', () => {
  it('binds: simple, SASL, StartTLS, ldaps, ldapi', () => {
    expect(seen.get('bind with a wrong password')).toEqual(['INVALID_CREDENTIALS', 49]);
    expect(seen.get('who am I without a name')).toBe('');
    for (const way of ['', ' by PLAIN', ' by SCRAM-SHA-256', ' by ldaps', ' by ldapi']) {
      expect(seen.get(`who am I${way}`), way).toBe(ADMIN);
    }
    expect(seen.get('who am I after StartTLS')).toBe('');
  });

  it('makes sense of the schema', () => {
    expect(seen.get('schema')).toEqual(['cn=schema', true, true]);
    expect(seen.get('tree of classes ends at the top')).toBe(true);
    expect(seen.get('inherited syntax')).toEqual([false, '1.3.6.1.4.1.1466.115.121.1.15']);
  });

  it('adds, compares, modifies and deletes a mail server', () => {
    expect(seen.get('compare')).toEqual([true, false]);
    expect(seen.get('modified')).toEqual([NAME, ['false'], false]);
    expect(seen.get('deleted')).toEqual([
      'NO_SUCH_OBJECT',
      32,
      expect.stringContaining(NAME),
      'cn=Mail Servers,cn=config',
    ]);
  });

  it('is told why it was refused', () => {
    expect(seen.get('refused value')).toEqual([
      'CONSTRAINT_VIOLATION',
      19,
      expect.stringContaining('"mail.example.com:70000" has a port'),
      '',
    ]);
    expect(seen.get('refused syntax')).toEqual([
      'INVALID_SYNTAX',
      21,
      expect.stringContaining('ds-cfg-enabled "maybe"'),
      '',
    ]);
    expect(seen.get('refused rename')).toEqual(['UNWILLING_TO_PERFORM', 53]);
  });

  it('searches: pages, order, windows, one by one', () => {
    expect(seen.get('pages')).toEqual([10, 10, 5]);
    expect(seen.get('sorted')).toEqual(['s24', 's00', 0]);
    expect(seen.get('window')).toEqual([['s03', 's04', 's05', 's06'], 5, 25, 0]);
    expect(seen.get('one by one')).toBe(25);
    expect(seen.get('size limit')).toEqual(['SIZELIMIT_EXCEEDED']);
    expect(seen.get('no such entry')).toEqual(['NO_SUCH_OBJECT', 'dc=example,dc=com']);
    expect(seen.get('renamed')).toEqual(['cn=q00,ou=Groups,dc=example,dc=com', ['p00', 'q00']]);
  });

  it('uses controls', () => {
    expect(seen.get('read before and after')).toEqual([['first'], ['second']]);
    expect(seen.get('assertion')).toEqual(['ASSERTION_FAILED']);
    expect(seen.get('relax')).toEqual(['UNAVAILABLE_CRITICAL_EXTENSION']);
    expect(seen.get('matched values')).toEqual([['inetOrgPerson'], 1]);
    expect(seen.get('as somebody else')).toEqual(['INSUFFICIENT_ACCESS']);
    expect(seen.get('referral')).toEqual([[null, ['ldap://other.example.com/ou=Elsewhere??base']]]);
  });

  it('changes passwords', () => {
    expect(seen.get('bind with the new password')).toBe('dn:uid=grace,ou=People,dc=example,dc=com');
    expect(seen.get('password changed by its owner')).toEqual(['INVALID_CREDENTIALS']);
  });

  it('reads what the password policy control says', () => {
    const [tooShort, changeAfterReset, locked] = [6, 2, 1];
    expect(seen.get('policy warns')).toEqual([0, null, true, null]);
    expect(seen.get('policy on a short password')).toEqual([19, [tooShort, null, null]]);
    expect(seen.get('policy after a reset')).toBe(changeAfterReset);
    expect(seen.get('policy on a wrong password')).toEqual([49, [null, null, null]]);
    expect(seen.get('policy on a locked account')).toEqual([49, [locked, null, null]]);
    expect(seen.get('state')).toEqual(['pwdAccountLockedTime', 'pwdReset']);
    expect(seen.get('policy when unlocked')).toBe(0);
  });

  it('reads the expired and expiring controls of Netscape, without asking for them', () => {
    expect(seen.get('expiring control')).toEqual([0, [], true]);
    expect(seen.get('expired and expiring controls of a stranger')).toEqual([49, [], []]);
    expect(seen.get('expired control after a reset')).toEqual([0, ['0'], []]);
    expect(seen.get('expired control when no grace login is left')).toEqual([49, ['0'], []]);
  });

  it('asks much at once, cancels and abandons', () => {
    expect(seen.get('at once')).toBe(true);
    expect(seen.get('canceled')).toEqual(['CANCELLED']);
    expect(seen.get('goes on')).toBe(ADMIN);
  });
});
