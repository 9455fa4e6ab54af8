// Python's ldap3: a client that shares no code with any other, reads the schema, and checks what it sends by it.

import { beforeAll, describe, expect, it } from 'vitest';
import { addPeople } from '../memory/memory-backend-support.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, startServer } from '../support/start-server.ts';
import { PYTHON, runScript } from './client-script.ts';

const NAME = 'cn=ldap3,cn=Mail Servers,cn=config';
let seen: ReadonlyMap<string, unknown>;

beforeAll(async () => {
  const server = await startServer();
  await addPeople(new LdapTools(server));
  seen = await runScript(PYTHON, 'python_ldap3.py', server);
});

describe('Python ldap3', () => {
  it('binds: simple, SASL PLAIN, StartTLS, ldaps', () => {
    expect(seen.get('bind with a wrong password')).toEqual([false, 49]);
    expect(seen.get('who am I')).toBe(`dn:${ADMINISTRATOR}`);
    expect(seen.get('who am I by SASL PLAIN over StartTLS')).toBe(`dn:${ADMINISTRATOR}`);
    expect(seen.get('who am I by ldaps')).toBe(`dn:${ADMINISTRATOR}`);
    expect(seen.get('who am I without a name')).toBeNull();
    expect(seen.get('StartTLS')).toEqual([true, true, true]);
  });

  it('reads the schema: all that is in use, and all that a definition names, is defined', () => {
    expect(seen.get('root DSE')).toEqual({
      'naming contexts': expect.arrayContaining(['cn=config', 'cn=effective', 'dc=example,dc=com']),
      versions: ['3'],
      vendor: ['confdit'],
    });
    const schema = seen.get('schema');
    expect(schema).toMatchObject({ undefined: [] });
    expect(schema).toEqual({
      'attribute types': expect.toSatisfy((count: number) => count > 200),
      'object classes': expect.toSatisfy((count: number) => count > 60),
      syntaxes: expect.toSatisfy((count: number) => count > 30),
      'matching rules': expect.toSatisfy((count: number) => count > 50),
      entries: expect.toSatisfy((count: number) => count > 30),
      undefined: [],
    });
  });

  it('adds, compares, modifies and deletes a mail server', () => {
    expect(seen.get('add')).toEqual([true, 0]);
    expect(seen.get('compare')).toEqual([true, false]);
    expect(seen.get('modified')).toEqual(['False', 'mail.smtp.from=a@example.com']);
    expect(seen.get('delete')).toEqual([true, false, 32]);
  });

  it('is told why it was refused', () => {
    expect(seen.get('refused value')).toEqual([
      19,
      'constraintViolation',
      expect.stringMatching(new RegExp(`^${NAME}: smtp-server "mail\\.example\\.com:70000" has a port`)),
    ]);
    expect(seen.get('refused syntax')).toEqual([
      21,
      'invalidAttributeSyntax',
      expect.stringMatching(/ds-cfg-enabled "maybe" .*true or false/),
    ]);
    expect(seen.get('refused rename')).toEqual([
      65,
      'objectClassViolation',
      expect.stringMatching(/description/),
    ]);
    expect(seen.get('raised')).toEqual([
      'LDAPObjectClassViolationResult',
      expect.stringMatching(/ds-cfg-smtp-server is missing/),
    ]);
    expect(seen.get('unknown extended operation')).toBe('LDAPProtocolErrorResult');
    expect(seen.get('goes on')).toBe(`dn:${ADMINISTRATOR}`);
  });

  it('edits entries as objects of their classes', () => {
    expect(seen.get('object made')).toBe(true);
    const dn = 'uid=alan,ou=People,dc=example,dc=com';
    expect(seen.get('object found')).toEqual([dn, ['alan@example.com', 'turing@example.com']]);
    expect(seen.get('object changed')).toEqual([true, 'alan@example.com', 'computable']);
    expect(seen.get('object deleted')).toBe(true);
  });

  it('searches: pages, filters, limits, and renames', () => {
    expect(seen.get('paged')).toEqual([25, 25]);
    expect(seen.get('second page')).toBe(10);
    expect(seen.get('filtered')).toBe(10);
    expect(seen.get('size limit')).toEqual([4, 'sizeLimitExceeded']);
    expect(seen.get('no such entry')).toEqual([32, 'dc=example,dc=com']);
    expect(seen.get('renamed')).toEqual([true, 'cn=q00,ou=Groups,dc=example,dc=com', ['q00']]);
  });

  it('changes passwords, given or made', () => {
    expect(seen.get('bind with the new password')).toBe('dn:uid=grace,ou=People,dc=example,dc=com');
    expect(seen.get('generated password binds')).toEqual([true, true]);
  });

  it('watches by persistent search', () => {
    const dn = 'cn=watched,cn=Mail Servers,cn=config';
    expect(seen.get('watched')).toEqual([
      ['add', dn],
      ['modify', dn],
      ['delete', dn],
    ]);
  });
});
