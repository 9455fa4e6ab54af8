import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const name = `cn=Tools,${MAIL_SERVERS}`;

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
});

describe('the tools of OpenLDAP', () => {
  it('ldapwhoami says who is bound', async () => {
    expect(await tools.run('ldapwhoami', [])).toMatchObject({ code: 0, stdout: `dn:${ADMINISTRATOR}\n` });
    const anonymous = await runProgram('ldapwhoami', ['-x', '-H', server.url]);
    expect(anonymous).toMatchObject({ code: 0, stdout: 'anonymous\n' });
  });

  it('ldapadd adds', async () => {
    const result = await tools.add(
      [
        `dn: ${name}`,
        'objectClass: top',
        'objectClass: ds-cfg-mail-server',
        'ds-cfg-enabled: true',
        'ds-cfg-smtp-server: mail.example.com',
        // "a=ä" and 100 characters, as a file in which lines are folded has them.
        'ds-cfg-smtp-property:: YT3DpA==',
        `ds-cfg-smtp-property: b=${'x'.repeat(40)}`,
        ` ${'x'.repeat(60)}`,
        '',
      ].join('\n'),
    );
    expect(result, result.stderr).toMatchObject({ code: 0 });
  });

  it('ldapsearch finds', async () => {
    const [entry, ...others] = await tools.entries(
      'cn=config',
      '-s',
      'sub',
      '(&(cn=tools)(ds-cfg-enabled=TRUE))',
    );
    expect(others).toEqual([]);
    expect(entry?.dn.toString()).toBe(name);
    expect(entry?.values('ds-cfg-smtp-property')).toEqual(['a=ä', `b=${'x'.repeat(100)}`]);
    for (const [scope, count] of [
      ['base', 0],
      ['one', 1],
      ['sub', 1],
      ['children', 1],
    ] as const) {
      expect(await tools.entries(MAIL_SERVERS, '-s', scope, '(cn=Tools)'), scope).toHaveLength(count);
    }
  });

  it('ldapsearch asks for types, limits and attributes', async () => {
    const types = await tools.search(name, '-s', 'base', '-A', '(objectClass=*)', 'cn');
    expect(types).toMatchObject({ code: 0, stdout: `dn: ${name}\ncn:\n\n` });
    expect(await tools.search('cn=config', '-z', '2')).toMatchObject({ code: 4 });
    const none = await tools.search(name, '-s', 'base', '(objectClass=*)', '1.1');
    expect(none).toMatchObject({ code: 0, stdout: `dn: ${name}\n\n` });
    expect(await tools.search(name, '-s', 'base', '-a', 'always', '-l', '10')).toMatchObject({ code: 0 });
  });

  it('ldapsearch reads the root DSE and the schema without a password', async () => {
    const rootDse = await runProgram('ldapsearch', [
      '-x',
      '-LLL',
      '-H',
      server.url,
      '-b',
      '',
      '-s',
      'base',
      '+',
      '*',
    ]);
    expect(rootDse.stdout).toContain('namingContexts: cn=config\n');
    const schema = await runProgram('ldapsearch', [
      ...['-x', '-LLL', '-o', 'ldif-wrap=no', '-H', server.url, '-b', 'cn=schema', '-s', 'base'],
      ...['(objectClass=subschema)', 'attributeTypes'],
    ]);
    expect(schema.stdout).toContain("NAME 'ds-cfg-smtp-server'");
  });

  it('ldapcompare compares', async () => {
    const compare = (assertion: string) => tools.run('ldapcompare', [name, assertion]);
    expect(await compare('cn:tools')).toMatchObject({ code: 6, stdout: 'TRUE\n' });
    expect(await compare('cn:other')).toMatchObject({ code: 5, stdout: 'FALSE\n' });
    expect(await compare('description:x')).toMatchObject({ code: 16 });
    expect(await compare('unknown:x')).toMatchObject({ code: 17 });
  });

  it('ldapmodify modifies', async () => {
    const result = await tools.modify(
      [
        `dn: ${name}`,
        'changetype: modify',
        'add: ds-cfg-smtp-property',
        'ds-cfg-smtp-property: c=1',
        '-',
        'delete: ds-cfg-smtp-property',
        'ds-cfg-smtp-property: a=ä',
        '-',
        'replace: ds-cfg-enabled',
        'ds-cfg-enabled: FALSE',
        '-',
        '',
      ].join('\n'),
    );
    expect(result, result.stderr).toMatchObject({ code: 0 });
    const [entry] = await tools.entries(name);
    expect(entry?.values('ds-cfg-smtp-property')).toEqual([`b=${'x'.repeat(100)}`, 'c=1']);
    expect(entry?.first('ds-cfg-enabled')).toMatch(/^false$/i);
  });

  it('ldapmodify shows why it was refused', async () => {
    const result = await tools.modify(
      `dn: ${name}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: no\n`,
    );
    expect(result).toMatchObject({ code: 21, stderr: expect.stringContaining('ds-cfg-enabled "no"') });
  });

  it('ldapmodify -c goes on after what was refused', async () => {
    const change = (property: string) =>
      `dn: ${name}\nchangetype: modify\nadd: ds-cfg-smtp-property\nds-cfg-smtp-property: ${property}\n\n`;
    const result = await tools.run('ldapmodify', ['-c'], change('d=1') + change('wrong') + change('e=1'));
    expect(result.code).toBe(19);
    const [entry] = await tools.entries(name);
    expect(entry?.values('ds-cfg-smtp-property')).toEqual(expect.arrayContaining(['d=1', 'e=1']));
  });

  it('ldapmodrdn renames', async () => {
    expect(await tools.run('ldapmodrdn', ['-r', name, 'cn=Other'])).toMatchObject({ code: 0 });
    const other = `cn=Other${name.slice(name.indexOf(','))}`;
    expect((await tools.entries(other))[0]?.values('cn')).toEqual(['Other']);
    const back = name.slice(0, name.indexOf(','));
    expect(await tools.run('ldapmodrdn', ['-r', other, back])).toMatchObject({ code: 0 });
  });

  it('ldapdelete deletes', async () => {
    expect(await tools.delete(name)).toMatchObject({ code: 0 });
    expect(await tools.delete(name)).toMatchObject({
      code: 32,
      stderr: expect.stringContaining(MAIL_SERVERS),
    });
    expect(await tools.delete(MAIL_SERVERS)).toMatchObject({ code: 53 });
  });

  it('are refused with a wrong password, without one, and with LDAPv2', async () => {
    const whoami = (...words: readonly string[]) =>
      runProgram('ldapwhoami', ['-x', '-H', server.url, ...words]);
    expect(await whoami('-D', 'uid=admin', '-w', 'wrong')).toMatchObject({ code: 49 });
    expect(await whoami('-D', 'uid=admin', '-w', '')).toMatchObject({ code: 53 });
    const old = ['-P', '2', '-D', 'uid=admin', '-w', server.password];
    expect(await runProgram('ldapsearch', ['-x', '-H', server.url, ...old, '-b', ''])).toMatchObject({
      code: 2,
    });
  });
});
