// What was acknowledged is there after a restart, byte for byte, operational attributes included; also when it is much.

import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const MANY = 10_000;

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

  beforeAll(async () => {
    const server = await startServer();
    const added = await new LdapTools(server).add(manyMailServers());
    expect(added.code, added.stderr).toBe(0);
    before = await everything(server);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const again = await startServer({ folder: server.folder });
    after = await everything(again);
    await again.stop();
  });

  it('are added over one connection', () => {
    expect(before.match(/^objectClass: ds-cfg-mail-server$/gm)).toHaveLength(MANY);
  });

  it('are all there after a restart', () => {
    expect(after === before, 'the tree after the restart is the tree before it').toBe(true);
  });
});

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
ds-cfg-auth-password:: IGEgOiA8IMO8IA==
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
userPassword: canary of restarts
ds-privilege-name: config-read

dn: cn=Blind Trust,cn=Trust Manager Providers,cn=config
changetype: modify
replace: ds-cfg-enabled
ds-cfg-enabled: true

dn: cn=JKS,cn=Trust Manager Providers,cn=config
changetype: delete
`;
