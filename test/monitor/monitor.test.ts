// cn=monitor: entries that are made when somebody asks, searched and compared like those of every other tree.

import { beforeAll, describe, expect, it } from 'vitest';
import { checkEntry } from '../../src/schema/check-classes.ts';
import { schema } from '../config/configuration.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const CANARY = 'canary-secret-of-monitor';
const HANDLER = 'cn=LDAP,cn=connection handlers,cn=monitor';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  const ldif = [
    'dn: cn=Watched,cn=Mail Servers,cn=config',
    'objectClass: ds-cfg-mail-server',
    'cn: Watched',
    'ds-cfg-enabled: true',
    'ds-cfg-smtp-server: 127.0.0.1:9',
    'ds-cfg-auth-username: monitor',
    `ds-cfg-auth-password: ${CANARY}`,
    '',
  ];
  expect((await tools.add(ldif.join('\n'))).code).toBe(0);
});

async function figure(dn: string, attribute: string): Promise<number> {
  const [entry] = await tools.entries(dn, '-s', 'base', '(objectClass=*)', attribute);
  return Number(entry?.first(attribute));
}

async function namesFound(...words: readonly string[]): Promise<string[]> {
  const entries = await tools.entries('cn=monitor', ...words);
  return entries.map(({ dn }) => dn.toString());
}

describe('what is shown', () => {
  it('is defined in the schema, class by class and attribute by attribute, and has no secret', async () => {
    const entries = await tools.entries('cn=monitor');
    for (const entry of entries) expect(checkEntry(schema, entry, () => false)).toEqual([]);
    const names = entries.map(({ dn }) => dn.toString());
    for (const name of ['health status', 'process', 'write path', 'connection handlers', 'results', 'tasks'])
      expect(names).toContain(`cn=${name},cn=monitor`);
    const { stdout } = await tools.search('cn=monitor', '(objectClass=*)', '*', '+');
    expect(stdout).not.toContain(CANARY);
  });

  it('is the server', async () => {
    const [entry] = await tools.entries('cn=monitor', '-s', 'base');
    expect(entry?.first('ds-mon-product-name')).toBe('confdit');
    expect(entry?.first('ds-mon-process-id')).toBe(String(server.pid));
    expect(entry?.first('ds-mon-instance-path')).toBe(server.folder);
    const [health] = await tools.entries('cn=health status,cn=monitor', '-s', 'base');
    expect(health?.first('ds-mon-alive')).toBe('TRUE');
    expect(health?.first('ds-mon-healthy')).toBe('TRUE');
    expect(await figure('cn=process,cn=monitor', 'ds-mon-memory-resident-bytes')).toBeGreaterThan(1_000_000);
  });

  it('counts requests, results, connections and octets', async () => {
    const counted = async () => ({
      binds: await figure(HANDLER, 'ds-mon-requests-bind'),
      one: await figure(HANDLER, 'ds-mon-requests-search-one'),
      compares: await figure(HANDLER, 'ds-mon-requests-compare'),
      connections: await figure(HANDLER, 'ds-mon-connections'),
      read: await figure(HANDLER, 'ds-mon-bytes-read'),
      written: await figure(HANDLER, 'ds-mon-bytes-written'),
    });
    const before = await counted();
    const missing = 'cn=Nobody,cn=config';
    expect((await tools.search(missing, '-s', 'one')).code).toBe(32);
    expect((await tools.run('ldapcompare', ['cn=config', 'objectClass:top'])).code).toBe(6);
    const after = await counted();
    // Each figure is asked for over a connection of its own.
    expect(after.binds - before.binds).toBeGreaterThanOrEqual(8);
    expect(after.connections - before.connections).toBeGreaterThanOrEqual(8);
    expect(after.one - before.one).toBe(1);
    expect(after.compares - before.compares).toBe(1);
    expect(after.read).toBeGreaterThan(before.read);
    expect(after.written).toBeGreaterThan(before.written);
    expect(await figure('cn=noSuchObject,cn=results,cn=monitor', 'ds-mon-results')).toBeGreaterThanOrEqual(1);
    expect(await figure('cn=connection handlers,cn=monitor', 'ds-mon-current-connections')).toBe(1);
  });

  it('names what waits for an administrator, without the values', async () => {
    const dn = 'cn=Watched,cn=Mail Servers,cn=config';
    const change = (lines: string) => tools.modify(`dn: ${dn}\nchangetype: modify\n${lines}\n`);
    expect((await change('replace: ds-cfg-use-ssl\nds-cfg-use-ssl: true')).code).toBe(0);
    const [due] = await tools.entries('cn=admin actions,cn=monitor', '-s', 'base');
    expect(due?.values('ds-mon-pending-property').join()).toContain(`${dn}: `);
    expect(due?.values('ds-mon-pending-property').join()).toContain('use-ssl');
    expect(Number(due?.first('ds-mon-admin-actions-due'))).toBeGreaterThanOrEqual(1);
    expect((await change('delete: ds-cfg-use-ssl')).code).toBe(0);
    expect(await figure('cn=admin actions,cn=monitor', 'ds-mon-admin-actions-due')).toBe(0);
  });

  it('counts changes and entries', async () => {
    const writePath = 'cn=write path,cn=monitor';
    const number = await figure(writePath, 'ds-mon-newest-change-number');
    const entries = await figure(writePath, 'ds-mon-entry-count');
    const modify = 'dn: cn=Watched,cn=Mail Servers,cn=config\nchangetype: modify\nreplace: ds-cfg-enabled\n';
    expect((await tools.modify(`${modify}ds-cfg-enabled: false\n`)).code).toBe(0);
    expect(await figure(writePath, 'ds-mon-newest-change-number')).toBe(number + 1);
    expect(await figure(writePath, 'ds-mon-entry-count')).toBe(entries);
  });
});

describe('it is searched like every tree', () => {
  it('by scope', async () => {
    expect(await namesFound('-s', 'base')).toEqual(['cn=monitor']);
    expect(await namesFound('-s', 'one')).toContain('cn=process,cn=monitor');
    expect(await namesFound('-s', 'one')).not.toContain(HANDLER);
    expect(await namesFound('-s', 'sub')).toContain(HANDLER);
    expect(await namesFound('-s', 'children')).not.toContain('cn=monitor');
    const [handlers] = await tools.entries('cn=connection handlers,cn=monitor', '-s', 'one', '(cn=ldap)');
    expect(handlers?.dn.toString()).toBe(HANDLER);
  });

  it('by filter', async () => {
    const resident = '(&(ds-mon-memory-resident-bytes>=1000)(!(ds-mon-memory-resident-bytes<=999)))';
    expect(await namesFound(resident)).toEqual(['cn=process,cn=monitor']);
    expect(await namesFound('(objectClass=ds-monitor-server)')).toEqual(['cn=monitor']);
    expect(await namesFound('(ds-mon-protocol=ldap*)')).toContain(HANDLER);
    expect(await namesFound('(ds-mon-alive=true)')).toEqual(['cn=health status,cn=monitor']);
    expect(await namesFound('(ds-mon-alive=false)')).toEqual([]);
    expect(await namesFound('(hasSubordinates=TRUE)', '1.1')).toContain('cn=connection handlers,cn=monitor');
  });

  it('page by page, and in order', async () => {
    const all = await namesFound();
    expect((await namesFound('-E', 'pr=2/noprompt')).length).toBe(all.length);
    const sorted = await namesFound('-E', '!sss=-ds-mon-requests-bind', '(ds-mon-requests-bind=*)', '1.1');
    expect(sorted[0]).toBe(HANDLER);
  });

  it('for the attributes that are asked for', async () => {
    const only = async (...attributes: readonly string[]) => {
      const [entry] = await tools.entries(HANDLER, '-s', 'base', '(objectClass=*)', ...attributes);
      return entry?.attributes.map(({ description }) => description);
    };
    expect(await only('1.1')).toEqual([]);
    expect(await only('DS-MON-PROTOCOL')).toEqual(['ds-mon-protocol']);
    expect(await only('numSubordinates', 'cn')).toEqual(['cn', 'numSubordinates']);
    expect(await only('+')).toEqual(
      expect.arrayContaining(['entryDN', 'hasSubordinates', 'subschemaSubentry']),
    );
  });

  it('and compared', async () => {
    const compare = (dn: string, assertion: string) => tools.run('ldapcompare', [dn, assertion]);
    expect((await compare(HANDLER, 'ds-mon-protocol:ldap')).code).toBe(6);
    expect((await compare(HANDLER, 'ds-mon-protocol:smtp')).code).toBe(5);
    expect((await compare(HANDLER, 'ds-mon-results:1')).code).toBe(16);
    expect((await compare('cn=nothing,cn=monitor', 'cn:nothing')).code).toBe(32);
  });

  it('where something is missing it says what is there', async () => {
    const { code, stderr, stdout } = await tools.search('cn=Nobody,cn=connection handlers,cn=monitor');
    expect(code).toBe(32);
    expect(stdout + stderr).toContain('cn=connection handlers,cn=monitor');
  });
});

describe('what is refused', () => {
  it('changes and watching', async () => {
    const modify = `dn: ${HANDLER}\nchangetype: modify\nreplace: ds-mon-protocol\nds-mon-protocol: x\n`;
    const refused = await tools.modify(modify);
    expect(refused.code).toBe(53);
    expect(refused.stderr).toContain('read only');
    expect((await tools.delete(HANDLER)).code).toBe(53);
    const watched = await tools.search('cn=monitor', '-E', '!ps=15/1/1');
    expect(watched.code).toBe(53);
    expect(watched.stderr + watched.stdout).toContain('cannot be watched');
  });

  it('reading without the privilege', async () => {
    const account = (name: string, privilege: string) =>
      `dn: cn=${name},cn=Root DNs,cn=config\nobjectClass: person\nobjectClass: ds-cfg-root-dn-user\ncn: ${name}\n` +
      `sn: ${name}\nuserPassword: password-1-of-${name}\nds-privilege-name: ${privilege}\n`;
    for (const [name, privilege, code] of [
      ['watcher', 'monitor-read', 0],
      ['other', 'config-read', 50],
    ] as const) {
      expect((await tools.add(account(name, privilege))).code).toBe(0);
      const login = { url: server.url, password: `password-1-of-${name}` };
      const reader = new LdapTools(login, `cn=${name},cn=Root DNs,cn=config`);
      expect((await reader.search('cn=monitor')).code).toBe(code);
    }
  });
});
