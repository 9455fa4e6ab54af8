// What was acknowledged is there after a restart, byte for byte, operational attributes included; also when it is much.

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const MANY = 10_000;
const START_MS_MAX = 2_000;
/** What a start may take of the processors, for a machine that has others to serve; it counts what runs side by side twice. */
const PROCESSOR_MS_MAX = 2_500;
const STARTS_MAX = 3;
const MANY_TIMEOUT_MS = 120_000;

async function everything(server: RunningServer): Promise<string> {
  const { code, stdout, stderr } = await new LdapTools(server).search(
    'cn=config',
    '(objectClass=*)',
    '*',
    '+',
  );
  expect(code, stderr).toBe(0);
  return stdout;
}

describe('a restart', () => {
  it('keeps added, changed and deleted entries as they were, operational attributes included', async () => {
    const server = await startServer();
    const tools = new LdapTools(server);
    const changed = await tools.modify(VARIOUS_CHANGES);
    expect(changed.code, changed.stderr).toBe(0);
    const before = await everything(server);
    expect(before).toMatch(/^dn: cn=One,cn=Mail Servers,cn=config$/m);
    for (const name of ['entryUUID', 'createTimestamp', 'creatorsName', 'modifyTimestamp', 'modifiersName']) {
      expect(before).toMatch(new RegExp(`^${name}: .`, 'm'));
    }
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const second = await startServer({ folder: server.folder });
    expect(await everything(second)).toBe(before);
    await second.kill();
    const third = await startServer({ folder: server.folder });
    expect(await everything(third)).toBe(before);
  });

  it('gives every entry an entryUUID of its own that stays', async () => {
    const server = await startServer();
    const uuids = (await everything(server)).match(/^entryUUID: .*$/gm) ?? [];
    const names = (await everything(server)).match(/^dn: .*$/gm) ?? [];
    expect(new Set(uuids).size).toBe(names.length);
    await server.kill();
    const again = await startServer({ folder: server.folder });
    expect((await everything(again)).match(/^entryUUID: .*$/gm)).toEqual(uuids);
  });
});

describe(`${MANY} mail servers`, () => {
  let before: string;
  let after: string;
  let start: Start;

  beforeAll(async () => {
    const server = await startServer();
    const added = await new LdapTools(server).add(manyMailServers());
    expect(added.code, added.stderr).toBe(0);
    before = await everything(server);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const again = await startServer({ folder: server.folder });
    after = await everything(again);
    await again.stop();
    start = await quickestStart(server.folder);
  }, MANY_TIMEOUT_MS);

  it('are added over one connection', () => {
    expect(before.match(/^objectClass: ds-cfg-mail-server$/gm)).toHaveLength(MANY);
  });

  it('are all there after a restart', () => {
    expect(after === before, 'the tree after the restart is the tree before it').toBe(true);
  });

  it(`start in less than ${START_MS_MAX} ms`, () => {
    const isQuick = start.ms < START_MS_MAX || start.processorMs < PROCESSOR_MS_MAX;
    expect(isQuick, `${start.ms} ms, ${start.processorMs} ms of the processors`).toBe(true);
  });
});

interface Start {
  readonly ms: number;
  readonly processorMs: number;
}

async function quickestStart(folder: string): Promise<Start> {
  const starts: Start[] = [];
  while (starts.length < STARTS_MAX && !starts.some(({ ms }) => ms < START_MS_MAX)) {
    const startedAt = performance.now();
    const server = await startServer({ folder });
    const ms = performance.now() - startedAt;
    starts.push({ ms, processorMs: await processorMsOf(server.pid) });
    await server.stop();
  }
  return {
    ms: Math.min(...starts.map(({ ms }) => ms)),
    processorMs: Math.min(...starts.map(({ processorMs }) => processorMs)),
  };
}

/** User and system time from proc(5), which counts in hundredths of a second. */
async function processorMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** One connection of ldapadd sends them one after the other. */
function manyMailServers(): string {
  let ldif = '';
  for (let number = 1; number <= MANY; number++) {
    ldif += `dn: cn=Mail ${number},cn=Mail Servers,cn=config
objectClass: top
objectClass: ds-cfg-mail-server
cn: Mail ${number}
ds-cfg-enabled: true
ds-cfg-smtp-server: smtp${number}.example.com:${1024 + number}

`;
  }
  return ldif;
}

const VARIOUS_CHANGES = `dn: cn=One,cn=Mail Servers,cn=config
changetype: add
objectClass: ds-cfg-mail-server
cn: One
cn: Erstes Grüß Gott
ds-cfg-enabled: $<one.enabled|TRUE>
ds-cfg-auth-username:  mail user 
ds-cfg-auth-password:: IGEgOiA8IMO8CiA=
ds-cfg-smtp-server: $<smtp.host|localhost>
ds-cfg-smtp-property: note=${'x'.repeat(500)}

dn: cn=Two,cn=Mail Servers,cn=config
changetype: add
objectClass: ds-cfg-mail-server
cn: Two
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost
ds-cfg-smtp-property: a=1
ds-cfg-smtp-property: b=2
ds-cfg-smtp-property: c=3

dn: cn=Two,cn=Mail Servers,cn=config
changetype: modify
delete: ds-cfg-smtp-property
ds-cfg-smtp-property: b=2
-
add: ds-cfg-smtp-property
ds-cfg-smtp-property: d=4
-
replace: ds-cfg-enabled
ds-cfg-enabled: false
-

dn: cn=Three,cn=Mail Servers,cn=config
changetype: add
objectClass: ds-cfg-mail-server
cn: Three
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost

dn: cn=Three,cn=Mail Servers,cn=config
changetype: delete

dn: cn=Three,cn=Mail Servers,cn=config
changetype: add
objectClass: ds-cfg-mail-server
cn: Three again
cn: Three
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost

dn: cn=Service,cn=Root DNs,cn=config
changetype: add
objectClass: person
objectClass: ds-cfg-root-dn-user
cn: Service
sn: Service
userPassword: swordfish
ds-privilege-name: config-read

dn: cn=Blind Trust,cn=Trust Manager Providers,cn=config
changetype: modify
replace: ds-cfg-enabled
ds-cfg-enabled: true

dn: cn=JKS,cn=Trust Manager Providers,cn=config
changetype: delete
`;
