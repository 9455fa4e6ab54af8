import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import {
  addPeople,
  BACKEND,
  backendLdif,
  GROUPS,
  namesIn,
  PEOPLE,
  PEOPLE_LDIF,
  SUFFIX,
} from './memory-backend-support.ts';

const PASSWORD = 'enchantress of numbers';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  await addPeople(tools);
});

function modify(dn: string, lines: string): ReturnType<LdapTools['modify']> {
  return tools.modify(`dn: ${dn}\nchangetype: modify\n${lines}\n`);
}

async function namingContexts(): Promise<readonly string[]> {
  const [root] = await tools.entries('', '-s', 'base', 'namingContexts');
  return root?.values('namingcontexts') ?? [];
}

function as(name: string, password = PASSWORD): LdapTools {
  return new LdapTools({ url: server.url, password }, name);
}

function anonymously(base: string): ReturnType<typeof runProgram> {
  return runProgram('ldapsearch', ['-x', '-LLL', '-H', server.url, '-b', base]);
}

describe('entries of a memory backend', () => {
  it('are found by filters and by their names', async () => {
    const { stdout } = await tools.search(SUFFIX, '(&(objectClass=person)(mail=ADA@example.com))', 'cn');
    expect(namesIn(stdout)).toEqual([`uid=ada,${PEOPLE}`]);
    const [group] = await tools.entries(SUFFIX, `(member=UID=Grace, OU=people,${SUFFIX})`);
    expect(group?.dn.toString()).toBe(`cn=pioneers,${GROUPS}`);
  });

  it('are changed like all others', async () => {
    expect((await modify(`uid=grace,${PEOPLE}`, 'add: title\ntitle: Rear Admiral')).code).toBe(0);
    expect((await tools.search(PEOPLE, '(title=rear admiral)')).stdout).toContain('uid: grace');
    expect((await modify(`uid=grace,${PEOPLE}`, 'add: nonsense\nnonsense: 1')).code).toBe(17);
    expect((await modify(`uid=grace,${PEOPLE}`, 'delete: sn')).code).toBe(65);
    expect((await tools.delete(PEOPLE)).code).toBe(66);
  });

  it('belong to one of the suffixes, which the root DSE lists', async () => {
    expect(await namingContexts()).toContain(SUFFIX);
    expect((await tools.add('dn: dc=com\nobjectClass: domain\ndc: com\n')).code).toBe(32);
  });

  it('are renamed by ldapmodrdn', async () => {
    const ldif = `dn: uid=hal,${PEOPLE}\nobjectClass: inetOrgPerson\ncn: Hal\nsn: Hal\n`;
    await tools.add(`${ldif}\ndn: cn=Desk,uid=hal,${PEOPLE}\nobjectClass: device\n`);
    const moved = await tools.run('ldapmodrdn', ['-r', '-s', GROUPS, `uid=hal,${PEOPLE}`, 'uid=henry']);
    expect(moved.code).toBe(0);
    expect(namesIn((await tools.search(`uid=henry,${GROUPS}`)).stdout)).toEqual([
      `uid=henry,${GROUPS}`,
      `cn=Desk,uid=henry,${GROUPS}`,
    ]);
    expect((await tools.search(`uid=hal,${PEOPLE}`)).code).toBe(32);
    expect((await tools.run('ldapmodrdn', [`uid=henry,${GROUPS}`, 'uid=hank'])).code).toBe(0);
    const [hank] = await tools.entries(`uid=hank,${GROUPS}`, '-s', 'base');
    expect(hank?.values('uid')).toEqual(['henry', 'hank']);
    const subtree = ['-r', `uid=hank,${GROUPS}`];
    expect((await tools.run('ldapdelete', subtree)).code).toBe(0);
  });
});

describe('who may read and write', () => {
  it('is nobody without a login, unless anonymous reading is allowed', async () => {
    expect((await anonymously(SUFFIX)).code).toBe(50);
    await modify(BACKEND, 'replace: ds-cfg-allow-anonymous-read\nds-cfg-allow-anonymous-read: true');
    const { code, stdout } = await anonymously(SUFFIX);
    expect(code).toBe(0);
    expect(stdout).toContain('cn: Grace Hopper');
    await modify(BACKEND, 'delete: ds-cfg-allow-anonymous-read');
    expect((await anonymously(SUFFIX)).code).toBe(50);
  });

  it('is, for reading, whoever has a password in it, and secrets stay hidden', async () => {
    const ada = as(`uid=ada,${PEOPLE}`);
    const [entry] = await ada.entries(`uid=ada,${PEOPLE}`, 'userPassword', 'cn');
    expect(entry?.values('userpassword')).toEqual(['***']);
    expect((await ada.search('cn=config')).code).toBe(50);
    const change = `dn: uid=ada,${PEOPLE}\nchangetype: modify\nreplace: sn\nsn: King\n`;
    expect((await ada.modify(change)).code).toBe(50);
  });

  it('is, for writing, nobody while the backend is not to be changed', async () => {
    await modify(BACKEND, 'replace: ds-cfg-writability-mode\nds-cfg-writability-mode: disabled');
    const refused = await modify(`uid=grace,${PEOPLE}`, 'replace: sn\nsn: Murray');
    expect(refused.code).toBe(53);
    expect(refused.stderr).toContain('writability-mode');
    await modify(BACKEND, 'delete: ds-cfg-writability-mode');
  });
});

describe('passwords', () => {
  it('are stored as hashes, and let in with the password', async () => {
    const [entry] = await tools.entries(`uid=ada,${PEOPLE}`, 'userPassword');
    const stored = entry?.values('userpassword') ?? [];
    expect(stored.some((value) => value.startsWith('{SCRYPT}'))).toBe(true);
    expect(stored.join()).not.toContain(PASSWORD);
    const who = await as(`uid=ADA,${PEOPLE}`).run('ldapwhoami', []);
    expect(who.stdout).toBe(`dn:uid=ada,${PEOPLE}\n`);
    expect((await as(`uid=ada,${PEOPLE}`, 'wrong').run('ldapwhoami', [])).code).toBe(49);
    expect((await as(`uid=grace,${PEOPLE}`, 'none').run('ldapwhoami', [])).code).toBe(49);
  });

  it('are changed by who knows the old one', async () => {
    const dn = `uid=katherine,${PEOPLE}`;
    await tools.add(`dn: ${dn}\nobjectClass: inetOrgPerson\ncn: K\nsn: Johnson\nuserPassword: trajectory\n`);
    const changed = await as(dn, 'trajectory').run('ldappasswd', ['-a', 'trajectory', '-s', 'orbit-1962']);
    expect(changed.code).toBe(0);
    expect((await as(dn, 'orbit-1962').run('ldapwhoami', [])).code).toBe(0);
    expect((await as(dn, 'trajectory').run('ldapwhoami', [])).code).toBe(49);
  });

  it('name nobody: a name is seen by all', async () => {
    const dn = `userPassword=figures,${PEOPLE}`;
    const added = await tools.add(`dn: ${dn}\nobjectClass: person\ncn: D\nsn: Vaughan\n`);
    expect(added).toMatchObject({ code: 64 });
    expect(`${added.stdout}${added.stderr}`).toContain('userPassword is secret and no part of a name.');
    const renamed = await tools.run('ldapmodrdn', [`uid=ada,${PEOPLE}`, 'userPassword=figures']);
    expect(renamed).toMatchObject({ code: 64 });
  });

  it('are deleted in clear text too', async () => {
    const dn = `uid=mary,${PEOPLE}`;
    await tools.add(`dn: ${dn}\nobjectClass: inetOrgPerson\ncn: M\nsn: Jackson\nuserPassword: tunnel-4\n`);
    const wrong = await modify(dn, 'delete: userPassword\nuserPassword: tunnel-5');
    expect(wrong.code).toBe(16);
    expect(wrong.stderr).not.toContain('tunnel');
    expect((await modify(dn, 'delete: userPassword\nuserPassword: tunnel-4')).code).toBe(0);
    expect((await as(dn, 'tunnel-4').run('ldapwhoami', [])).code).toBe(49);
  });
});

describe('a memory backend', () => {
  it('goes with all that is in it when it is disabled, and comes back empty', async () => {
    await tools.add(backendLdif('', 'gone', 'o=Gone'));
    await tools.add('dn: o=Gone\nobjectClass: organization\no: Gone\n');
    const backend = 'ds-cfg-backend-id=gone,cn=Backends,cn=config';
    await modify(backend, 'replace: ds-cfg-enabled\nds-cfg-enabled: false');
    expect(await namingContexts()).not.toContain('o=Gone');
    expect((await tools.search('o=Gone')).code).toBe(32);
    await modify(backend, 'replace: ds-cfg-enabled\nds-cfg-enabled: true');
    expect((await tools.search('o=Gone')).code).toBe(32);
    expect(await namingContexts()).toContain('o=Gone');
    expect((await tools.search('', '(objectClass=domain)', '1.1')).code).toBe(0);
    expect((await tools.delete(backend)).code).toBe(0);
    expect(await namingContexts()).not.toContain('o=Gone');
  });

  it.each([
    'cn=config',
    'cn=Mail Servers,cn=config',
    'cn=schema',
    'cn=monitor',
    SUFFIX,
    `ou=x,${SUFFIX}`,
    'dc=com',
  ])('cannot have the base DN %s, which is part of another tree', async (base) => {
    const { code, stderr } = await tools.add(backendLdif('', 'other', base));
    expect(code).toBe(53);
    expect(stderr).toContain('tree');
  });

  it('is named by its identifier', async () => {
    const ldif = backendLdif('', 'named', 'o=Named').replace(/^dn: .*/, 'dn: cn=named,cn=Backends,cn=config');
    expect((await tools.add(ldif)).code).toBe(65);
  });

  it('takes no more entries than its limit', async () => {
    await tools.add(backendLdif('ds-cfg-entry-limit: 2\n', 'small', 'o=Small'));
    const add = (dn: string, type: string) => tools.add(`dn: ${dn}\nobjectClass: ${type}\n`);
    expect((await add('o=Small', 'organization')).code).toBe(0);
    expect((await add('ou=1,o=Small', 'organizationalUnit')).code).toBe(0);
    expect((await add('ou=2,o=Small', 'organizationalUnit')).code).toBe(11);
    await modify(
      'ds-cfg-backend-id=small,cn=Backends,cn=config',
      'replace: ds-cfg-entry-limit\nds-cfg-entry-limit: 3',
    );
    expect((await add('ou=2,o=Small', 'organizationalUnit')).code).toBe(0);
  });

  it('may answer for several trees, between which nothing moves', async () => {
    await tools.add(backendLdif('ds-cfg-base-dn: o=Two\n', 'both', 'o=One'));
    await tools.add('dn: o=One\nobjectClass: organization\n\ndn: o=Two\nobjectClass: organization\n');
    await tools.add('dn: ou=Unit,o=One\nobjectClass: organizationalUnit\n');
    const move = await tools.run('ldapmodrdn', ['-r', '-s', 'cn=config', 'ou=Unit,o=One', 'ou=Unit']);
    expect(move.code).toBe(71);
    expect((await tools.run('ldapmodrdn', ['-r', 'o=One', 'o=Three'])).code).toBe(53);
  });
});

describe('a file to begin with', () => {
  it('is read when the backend is enabled, and again when the server starts', async () => {
    const uuid = '597ae2f6-16a6-1027-98f4-d28b5365dc14';
    const first = await startServer({ files: { 'people.ldif': `${PEOPLE_LDIF}entryUUID: ${uuid}\n` } });
    const other = new LdapTools(first);
    expect((await other.add(backendLdif('ds-cfg-ldif-file: people.ldif\n'))).code).toBe(0);
    expect((await other.delete(`uid=grace,${PEOPLE}`)).code).toBe(0);
    await first.stop();
    const restarted = await startServer({ folder: first.folder });
    const again = new LdapTools(restarted);
    const [group] = await again.entries(SUFFIX, `(entryUUID=${uuid})`, 'cn');
    expect(group?.first('cn')).toBe('pioneers');
    expect(await again.entries(SUFFIX, '(uid=grace)')).toHaveLength(1);
    const ada = new LdapTools({ url: restarted.url, password: PASSWORD }, `uid=ada,${PEOPLE}`);
    expect((await ada.run('ldapwhoami', [])).code).toBe(0);
  });

  it('is refused with all that is wrong in it, and then nothing is enabled', async () => {
    const wrong = `dn: o=File\nobjectClass: organization\nnonsense: 1\n\ndn: ou=x,o=File\nobjectClass: device\n`;
    await writeFile(join(server.folder, 'wrong.ldif'), wrong);
    const file = (name: string) => backendLdif(`ds-cfg-ldif-file: ${name}\n`, 'file', 'o=File');
    const refused = await tools.add(file('wrong.ldif'));
    expect(refused.code).toBe(53);
    expect(refused.stderr).toMatch(/nonsense[\s\S]*ou=x,o=File/);
    expect((await tools.add(file('absent.ldif'))).code).toBe(53);
    expect(await namingContexts()).not.toContain('o=File');
    expect((await tools.add(backendLdif('', 'file', 'o=File'))).code).toBe(0);
  });
});
