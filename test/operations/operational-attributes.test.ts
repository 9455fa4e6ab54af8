// The operational attributes of entries that nobody has added: RFC 4512 §3.4 and §4.2, RFC 4530, and what tells
// administration tools that an entry is read only.

import { beforeAll, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const RIGHTS = 'aclRights;entryLevel: add:0,delete:0,read:1,write:0,proxy:0';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
});

it('every entry of a tree that nobody can change says so, and no other does', async () => {
  const names = async (base: string, filter: string) => (await tools.entries(base, filter, '1.1')).length;
  for (const base of ['cn=effective', 'cn=monitor', 'cn=changelog']) {
    const { stdout } = await tools.search(base, 'aclRights');
    expect(stdout.split(RIGHTS), base).toHaveLength((await names(base, '(objectClass=*)')) + 1);
    // It is true: the first entry is not deleted, not changed, and gets no entry below it.
    const change = `dn: ${base}\nchangetype: modify\nreplace: cn\ncn: other\n`;
    expect((await tools.modify(change)).code, base).toBe(53);
  }
  for (const base of ['', 'cn=schema', 'cn=tasks', 'cn=Scheduled Tasks,cn=tasks']) {
    expect((await tools.search(base, '-s', 'base', 'aclRights')).stdout, base).toContain(RIGHTS);
  }
  expect(await names('cn=config', '(aclRights=*)')).toBe(0);
  expect(await names('cn=effective', '(!(aclRights=*))')).toBe(0);
  // Nobody sees it who has not asked by its name: there are tools that look up whatever they get in the schema.
  expect((await tools.search('cn=effective', '-s', 'base', '*', '+')).stdout).not.toContain('aclRights');
});

it('cn=schema has times and an identity, which stays', async () => {
  const shown = async (running: RunningServer) => {
    const wanted = ['createTimestamp', 'modifyTimestamp', 'entryUUID', 'structuralObjectClass'];
    const [entry] = await new LdapTools(running).entries('cn=schema', '-s', 'base', ...wanted);
    return wanted.map((name) => entry?.values(name.toLowerCase())[0] ?? '');
  };
  const [created = '', modified, id, structural] = await shown(server);
  expect(created).toMatch(/^\d{14}\.\d{3}Z$/);
  expect(modified).toBe(created);
  expect(structural).toBe('subentry');
  expect(id).not.toBe(
    (await tools.entries('cn=config', '-s', 'base', 'entryUUID'))[0]?.values('entryuuid')[0],
  );
  await server.stop();
  server = await startServer({ folder: server.folder });
  tools = new LdapTools(server);
  const [later = '', , same] = await shown(server);
  expect(same).toBe(id);
  // The files may have changed meanwhile: what a client remembers of before is old.
  expect(later > created).toBe(true);
});

it('an entryUUID is of one entry in all trees, finds it, and stays', async () => {
  const idsIn = async (base: string) =>
    (await tools.entries(base, '(objectClass=*)', 'entryUUID')).flatMap((entry) => entry.values('entryuuid'));
  const effective = await idsIn('cn=effective');
  const others = await Promise.all(['cn=config', 'cn=tasks', 'cn=changelog'].map(idsIn));
  const all = [...effective, ...others.flat()];
  expect(effective.length).toBe(others[0]?.length);
  expect(new Set(all).size).toBe(all.length);
  const [found, ...more] = await tools.entries('cn=effective', `(entryUUID=${effective[3]})`, 'entryUUID');
  expect([found?.values('entryuuid'), more]).toEqual([[effective[3]], []]);
  expect(await tools.entries('cn=effective', `(entryUUID=${others[0]?.[3]})`, '1.1')).toEqual([]);
  await server.stop();
  server = await startServer({ folder: server.folder });
  tools = new LdapTools(server);
  expect(await idsIn('cn=effective')).toEqual(effective);
});

it('every entry says what its structural class is', async () => {
  for (const base of ['cn=config', 'cn=effective', 'cn=monitor', 'cn=changelog', 'cn=tasks', 'cn=schema']) {
    expect(await tools.entries(base, '(!(structuralObjectClass=*))', '1.1'), base).toEqual([]);
  }
});
