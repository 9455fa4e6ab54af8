// Referral objects (RFC 3296), with the control ManageDsaIT (`-M`) and without.

import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';
import { addPeople, namesIn, PEOPLE, SUFFIX } from './memory-backend-support.ts';

const REMOTE = `ou=Remote,${SUFFIX}`;
const BELOW = `cn=x,ou=y,${REMOTE}`;
const REFERRAL = 10;

let tools: LdapTools;

beforeAll(async () => {
  tools = new LdapTools(await startServer());
  await addPeople(tools);
  const ldif = `dn: ${REMOTE}
objectClass: referral
objectClass: extensibleObject
ou: Remote
ref: ldap://one.example.com/ou=R%20%26%20D,dc=example,dc=org
ref: ldaps://two.example.com:6360
ref: https://example.com/people

dn: cn=below,${REMOTE}
objectClass: device
`;
  const { code, stderr } = await tools.run('ldapadd', ['-M'], ldif);
  if (code !== 0) throw new Error(stderr);
});

function referencesIn({ stdout }: ProgramResult): string[] {
  return [...stdout.matchAll(/^# ref(.*)$/gm)].map(([, uri = '']) => uri);
}

function referralsOf({ stderr }: ProgramResult): string[] {
  return [...stderr.matchAll(/^(?:Referral: |\t\t)(\S+:\/\/\S*)$/gm)].map(([, uri = '']) => uri);
}

describe('a search', () => {
  it('from above comes upon the references, whatever its filter, and nothing below them', async () => {
    const result = await tools.search(SUFFIX, '(uid=ada)', '1.1');
    expect(result.code).toBe(0);
    expect(namesIn(result.stdout)).toEqual([`uid=ada,${PEOPLE}`]);
    expect(referencesIn(result).join(' ')).toContain(
      'ldap://one.example.com/ou=R%20&%20D,dc=example,dc=org??sub',
    );
    const all = await tools.search(SUFFIX, '(objectClass=*)', '1.1');
    expect(namesIn(all.stdout).filter((dn) => dn.endsWith(REMOTE))).toEqual([]);
    expect(referencesIn(await tools.search(PEOPLE))).toEqual([]);
  });

  it('of one level asks for the base of the other server', async () => {
    const [reference = ''] = referencesIn(await tools.search(SUFFIX, '-s', 'one', '(ou=*)', '1.1'));
    expect(reference).toContain('??base');
  });

  it('in an order comes upon them too', async () => {
    const result = await tools.search(SUFFIX, '-E', 'sss=uid', '(uid=*)', 'uid');
    expect(namesIn(result.stdout)).toEqual([`uid=ada,${PEOPLE}`, `uid=grace,${PEOPLE}`]);
    expect(referencesIn(result)).toHaveLength(3);
  });

  it.each([
    [REMOTE, 'base', 'ldap://one.example.com/ou=R%20&%20D,dc=example,dc=org??base'],
    [REMOTE, 'one', 'ldap://one.example.com/ou=R%20&%20D,dc=example,dc=org??one'],
    [BELOW, 'sub', 'ldap://one.example.com/cn=x,ou=y,ou=R%20&%20D,dc=example,dc=org??sub'],
    [`cn=below,${REMOTE}`, 'sub', 'ldap://one.example.com/cn=below,ou=R%20&%20D,dc=example,dc=org??sub'],
  ])('at or below one, %s with scope %s, is sent on', async (base, scope, uri) => {
    const result = await tools.search(base, '-s', scope);
    expect(result.code).toBe(REFERRAL);
    expect(result.stderr.toLowerCase()).toContain(`matched dn: ${REMOTE.toLowerCase()}`);
    expect(referralsOf(result)[0]).toBe(uri);
  });

  it('is sent to a name even by a URL that has none, and to other places as they are written', async () => {
    const [, second, third] = referralsOf(await tools.search(BELOW, '-s', 'base'));
    expect(second).toBe(`ldaps://two.example.com:6360/${BELOW}??base`);
    expect(third).toBe('https://example.com/people');
  });

  it('finds them as entries with ManageDsaIT', async () => {
    const result = await tools.search(SUFFIX, '-M', '(ou=remote)', '*', 'ref');
    expect(namesIn(result.stdout)).toEqual([REMOTE]);
    expect(result.stdout).toContain('ref: ldaps://two.example.com:6360');
    expect(referencesIn(result)).toEqual([]);
    expect((await tools.search(`cn=below,${REMOTE}`, '-M', '-s', 'base')).code).toBe(0);
  });
});

describe('a change at or below a referral object', () => {
  it.each<[string, () => Promise<ProgramResult>]>([
    ['add', () => tools.add(`dn: ${BELOW}\nobjectClass: device\n`)],
    ['delete', () => tools.delete(REMOTE)],
    ['modify', () => tools.modify(`dn: ${REMOTE}\nchangetype: modify\nadd: description\ndescription: x\n`)],
    ['rename', () => tools.run('ldapmodrdn', ['-r', `cn=below,${REMOTE}`, 'cn=other'])],
    ['move to it', () => tools.run('ldapmodrdn', ['-r', '-s', REMOTE, `uid=ada,${PEOPLE}`, 'uid=ada'])],
    ['compare', () => tools.run('ldapcompare', [REMOTE, 'ou:Remote'])],
  ])('is made elsewhere: %s', async (_, run) => {
    const result = await run();
    expect(result.code).toBe(REFERRAL);
    const uri = referralsOf(result)[0] ?? /ldap:\/\/one\S+/.exec(result.stderr + result.stdout)?.[0] ?? '';
    expect(uri).toMatch(/^ldap:\/\/one\.example\.com\/\S*ou=R%20&%20D,dc=example,dc=org$/);
  });

  it('is made here with ManageDsaIT', async () => {
    const change = `dn: ${REMOTE}\nchangetype: modify\nadd: description\ndescription: x\n`;
    expect((await tools.run('ldapmodify', ['-M'], change)).code).toBe(0);
    expect((await tools.run('ldapcompare', ['-M', REMOTE, 'description:X'])).code).toBe(6);
    expect((await tools.run('ldapmodrdn', ['-M', '-r', REMOTE, 'ou=Away'])).code).toBe(0);
    expect((await tools.search(REMOTE)).code).toBe(32);
    expect((await tools.search(`ou=Away,${SUFFIX}`)).code).toBe(REFERRAL);
    expect((await tools.run('ldapdelete', ['-M', '-r', `ou=Away,${SUFFIX}`])).code).toBe(0);
    expect(referencesIn(await tools.search(SUFFIX))).toEqual([]);
  });
});

describe('an alias', () => {
  it('is an entry like others, and is not followed', async () => {
    const alias = `cn=alias,${SUFFIX}`;
    const classes = 'objectClass: alias\nobjectClass: extensibleObject';
    const ldif = `dn: ${alias}\n${classes}\naliasedObjectName: uid=ada,${PEOPLE}\n`;
    expect((await tools.add(ldif)).code).toBe(0);
    for (const deref of ['never', 'search', 'find', 'always']) {
      const { stdout } = await tools.search(alias, '-a', deref, '1.1');
      expect(namesIn(stdout)).toEqual([alias]);
    }
  });
});
