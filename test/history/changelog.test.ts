// cn=changelog at the socket: what was changed, when and by whom, for those who may know.

import { describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';
const SECRET = 'canary-5d1e';

const CHANGES = `dn: cn=One,${CONTAINER}
changetype: add
objectClass: ds-cfg-mail-server
cn: One
ds-cfg-enabled: true
ds-cfg-smtp-server: one.example.com
ds-cfg-auth-username: user
ds-cfg-auth-password: ${SECRET}

dn: cn=One,${CONTAINER}
changetype: modify
replace: ds-cfg-auth-password
ds-cfg-auth-password: ${SECRET}-2
-
replace: ds-cfg-smtp-server
ds-cfg-smtp-server: two.example.com
-

dn: cn=One,${CONTAINER}
changetype: delete
`;

describe('the changelog', () => {
  it('tells every change with its number, time and who made it', async () => {
    const server = await startServer();
    const tools = new LdapTools(server);
    expect((await tools.modify(CHANGES)).code).toBe(0);
    const top = await tools.search('', '-s', 'base', 'changelog', 'firstChangeNumber', 'lastChangeNumber');
    expect(top.stdout).toBe('dn:\nchangelog: cn=changelog\nfirstChangeNumber: 1\nlastChangeNumber: 4\n\n');
    const found = await tools.search('cn=changelog', '-o', 'ldif-wrap=no', '(changeNumber>=2)');
    expect(found.stdout.replace(/^changeTime: \d{14}\.\d{3}Z$/gm, 'changeTime: now')).toContain(
      `dn: changeNumber=4,cn=changelog
objectClass: top
objectClass: changeLogEntry
changeNumber: 4
changeTime: now
changeInitiatorsName: cn=admin,cn=Root DNs,cn=config
targetDN: cn=One,${CONTAINER}
changeType: delete
`,
    );
    const numbers = found.stdout.match(/^changeNumber: .*$/gm);
    expect(numbers).toEqual(['changeNumber: 2', 'changeNumber: 3', 'changeNumber: 4']);
    const base = await tools.search(
      'changenumber=3,cn=changelog',
      '-s',
      'base',
      '(changeType=modify)',
      '1.1',
    );
    expect(base.stdout).toBe('dn: changeNumber=3,cn=changelog\n\n');
    expect((await tools.search('changenumber=5,cn=changelog', '-s', 'base')).code).toBe(32);
    expect((await tools.run('ldapcompare', ['changeNumber=4,cn=changelog', 'changeType:DELETE'])).code).toBe(
      6,
    );
    const sorted = await tools.search('cn=changelog', '-E', 'sss=-changeNumber', '-s', 'one', 'changeNumber');
    expect(sorted.stdout.match(/changeNumber: \d/g)?.[0]).toBe('changeNumber: 4');
    const [counted] = await tools.entries('cn=changelog', '-s', 'base', 'numSubordinates');
    expect(counted?.first('numsubordinates')).toBe('4');
    const everywhere = await tools.search('', '(targetDN=*)', '1.1');
    expect([everywhere.code, everywhere.stdout]).toEqual([0, '']);
    expect((await tools.modify('dn: changeNumber=4,cn=changelog\nchangetype: delete\n')).code).toBe(53);
  });

  it('is for those who have the privilege, and secrets for those who have that one too', async () => {
    const server = await startServer();
    const administrator = new LdapTools(server);
    expect((await administrator.modify(CHANGES)).code).toBe(0);
    const accounts = { auditor: ['changelog-read'], reader: ['config-read'] };
    for (const [name, privileges] of Object.entries(accounts)) {
      const { code, stderr } = await administrator.add(accountLdif(name, { password: SECRET, privileges }));
      expect(code, stderr).toBe(0);
    }
    const as = (name: string) => new LdapTools({ url: server.url, password: SECRET }, accountDn(name));
    const refused = await as('reader').search('cn=changelog');
    expect([refused.code, refused.stderr]).toEqual([50, expect.stringContaining('changelog-read')]);
    const decoded = (text: string) =>
      text.replace(/^changes:: (.*)$/gm, (_, base64: string) => Buffer.from(base64, 'base64').toString());
    const search = ['cn=changelog', '-o', 'ldif-wrap=no'] as const;
    const masked = decoded((await as('auditor').search(...search)).stdout);
    expect(masked).toContain('replace: ds-cfg-auth-password\nds-cfg-auth-password: ***\n-\n');
    expect(masked).toContain('ds-cfg-smtp-server: two.example.com');
    expect(masked).toContain('userPassword: ***');
    expect(masked).not.toContain(SECRET);
    expect(masked).not.toContain('SCRAM');
    expect(decoded((await administrator.search(...search)).stdout)).toContain(`${SECRET}-2`);
    expect((await as('auditor').search('cn=changelog', `(changes=*${SECRET}*)`, '1.1')).stdout).toBe('');
  });

  it('is kept as long as the global configuration says', async () => {
    const server = await startServer();
    const tools = new LdapTools(server);
    expect((await tools.modify(CHANGES)).code).toBe(0);
    const numbers = async () => {
      const [top] = await tools.entries('', '-s', 'base', 'firstChangeNumber', 'lastChangeNumber');
      return [top?.first('firstchangenumber'), top?.first('lastchangenumber')];
    };
    const snapshot = async (id: string) => {
      const dn = `ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`;
      await tools.add(`dn: ${dn}\nobjectClass: ds-task\nobjectClass: ds-task-snapshot\nds-task-id: ${id}\n`);
      const state = async () => (await tools.search(dn, '-s', 'base', 'ds-task-state')).stdout;
      await expect.poll(state).toContain('COMPLETED_SUCCESSFULLY');
    };
    await snapshot('keeps-all');
    expect(await numbers()).toEqual(['1', '4']);
    const limits =
      'dn: cn=config\nchangetype: modify\nreplace: ds-cfg-changelog-purge-delay\nds-cfg-changelog-purge-delay: 0 ms\n-\nreplace: ds-cfg-changelog-minimum-changes\nds-cfg-changelog-minimum-changes: 1\n-\n';
    const limited = await tools.modify(limits);
    expect(limited.code, limited.stderr).toBe(0);
    await snapshot('keeps-one');
    expect(await numbers()).toEqual(['5', '5']);
    const gone = await tools.search('cn=changelog', '-s', 'one', '1.1');
    expect(gone.stdout).toBe('dn: changeNumber=5,cn=changelog\n\n');
  });
});
