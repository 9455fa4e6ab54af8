// Configuration as files: what would change is shown, and made at once or not at all.

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../../support/accounts.ts';
import { confditFor, runConfdit } from '../../support/confdit-program.ts';
import { removeFolder } from '../../support/folders.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';
const SECRET = 'canary-of-plan';

function mailServer(name: string, lines: readonly string[] = []): string {
  return [
    `dn: cn=${name},${CONTAINER}`,
    'objectClass: ds-cfg-mail-server',
    'ds-cfg-enabled: false',
    'ds-cfg-smtp-server: $<smtp.host|smtp.example.com>',
    ...lines,
    '',
    '',
  ].join('\n');
}

describe('plan and apply', () => {
  let server: RunningServer;
  let confdit: ReturnType<typeof confditFor>;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    server = await startServer();
    confdit = confditFor(server);
    folder = await mkdtemp(join(tmpdir(), 'confdit-plan-'));
    file = join(folder, 'desired.ldif');
  });

  afterAll(() => removeFolder(folder));

  it('make entries as they are written, once', async () => {
    const login = [`ds-cfg-auth-username: me`, `ds-cfg-auth-password: ${SECRET}`];
    await writeFile(file, mailServer('One') + mailServer('Two', login));
    const planned = await confdit('plan', file);
    expect(planned.stdout).toContain(`+ cn=Two,${CONTAINER}\n`);
    expect(planned.stdout).toContain('    auth-password: ***\n');
    expect(planned.stdout).toContain('    smtp-server: $<smtp.host|smtp.example.com>\n');
    expect(planned.stdout).toMatch(/Plan: 2 to add, 0 to change, 0 to delete\.\n$/);
    expect(planned.stdout).not.toContain(SECRET);
    expect(await confdit('plan', file, '--detailed-exitcode')).toMatchObject({ code: 2 });
    expect(await confdit('apply', file, '-n')).toMatchObject({ code: 0, stderr: '' });
    expect(await confdit('plan', file, '--detailed-exitcode')).toEqual({
      code: 0,
      stdout: 'Nothing is to be changed.\n',
      stderr: '',
    });
  });

  it('change and remove properties, and delete only what is named', async () => {
    await writeFile(file, mailServer('Two', ['ds-cfg-use-ssl: true']));
    const planned = await confdit('plan', file, '--prune', 'cn=Mail Servers, cn=config');
    expect(planned.stdout).toBe(
      [
        `~ cn=Two,${CONTAINER}`,
        '    use-ssl: (none) → true',
        '    auth-username: me → (none)',
        '    auth-password: *** → (none)',
        `- cn=One,${CONTAINER}`,
        'Plan: 0 to add, 1 to change, 1 to delete.',
        '',
      ].join('\n'),
    );
    const json = JSON.parse((await confdit('plan', file, '--json')).stdout);
    expect(json).toMatchObject([
      { type: 'modify', properties: [{ name: 'use-ssl', before: [], after: ['true'] }, {}, {}] },
    ]);
    expect(await confdit('apply', file, '-n', '--prune', CONTAINER)).toMatchObject({ code: 0 });
    const found = await new LdapTools(server).entries(CONTAINER, '-s', 'one', 'ds-cfg-use-ssl');
    expect(found.map(({ dn, attributes }) => [dn.name, attributes[0]?.values])).toEqual([['Two', ['true']]]);
  });

  it('leave everything as it is when one of the changes is refused', async () => {
    await writeFile(
      file,
      mailServer('Good') + mailServer('Bad', ['ds-cfg-trust-manager-provider: cn=None,cn=config']),
    );
    const refused = await confdit('apply', file, '-n');
    expect(refused.code).toBe(19);
    expect(refused.stderr).toContain('cn=None,cn=config');
    const found = await new LdapTools(server).entries(CONTAINER, '-s', 'one', '1.1');
    expect(found.map(({ dn }) => dn.name)).toEqual(['Two']);
  });

  it('ask, and are not answered where there is no terminal', async () => {
    await writeFile(file, mailServer('Three'));
    const refused = await confdit('apply', file);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('--no-prompt');
  });

  it('name file and line of what is no entry', async () => {
    const other = join(folder, 'other.ldif');
    await writeFile(file, `${mailServer('Twice')}dn: cn=x,cn=config\nchangetype: delete\n`);
    await writeFile(other, `# comment\n${mailServer('Twice')}nonsense\n`);
    const refused = await confdit('plan', file, other);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`${file}:6:1: The record is a change.`);
    expect(refused.stderr).toMatch(/other\.ldif:7:1: /);
  });

  it('judge all that is wrong, at its file and line, and plan exits with 1', async () => {
    const wrong = join(folder, 'wrong');
    await mkdir(join(wrong, 'below'), { recursive: true });
    const one = join(wrong, 'a.ldif');
    const other = join(wrong, 'below', 'b.LDIF');
    await writeFile(join(wrong, '.hidden.ldif'), 'nonsense\n');
    await writeFile(join(wrong, 'read.me'), 'nonsense\n');
    await writeFile(
      one,
      mailServer('Two', ['ds-cfg-no-such: x']) + mailServer('Far', ['ds-cfg-use-ssl: perhaps']),
    );
    await writeFile(other, mailServer('Port').replace('$<smtp.host|smtp.example.com>', 'a:70000'));
    const planned = await confdit('plan', wrong);
    expect(planned.code).toBe(1);
    expect(planned.stdout).toContain('Plan: 2 to add, 1 to change, 0 to delete.');
    expect(planned.stderr).toContain(`${one}:5:1: cn=Two,${CONTAINER}: `);
    expect(planned.stderr).toContain(`${one}:11:17: cn=Far,${CONTAINER}: `);
    expect(planned.stderr).toContain(`${other}:4:21: cn=Port,${CONTAINER}: smtp-server "a:70000"`);
    expect(planned.stderr).toContain('cannot be applied because of these 3 problems');
    expect(await confdit('plan', wrong, '--detailed-exitcode', '--json')).toMatchObject({ code: 1 });
    const applied = await confdit('apply', wrong, '-n');
    expect(applied.code).not.toBe(0);
    expect(applied.stderr).toContain(`Nothing was changed.\n`);
    expect(applied.stderr).toContain(`${one}:11:17: cn=Far,${CONTAINER}: `);
    const found = await new LdapTools(server).entries(CONTAINER, '-s', 'one', '1.1');
    expect(found.map(({ dn }) => dn.name)).toEqual(['Two']);
  });

  it('take standard input', async () => {
    const typed = { environment: { PASSWORD: server.password } };
    const connection = ['--port', String(server.port), '--bindPassword:env', 'PASSWORD'];
    const piped = (command: string, input: string, ...words: string[]) =>
      runConfdit([command, '-', ...words, ...connection], { ...typed, input });
    expect(await piped('apply', mailServer('Piped'), '-n')).toMatchObject({ code: 0, stderr: '' });
    expect(await piped('plan', mailServer('Piped'))).toMatchObject({
      code: 0,
      stdout: 'Nothing is to be changed.\n',
    });
    const wrong = await piped('plan', mailServer('Other', ['ds-cfg-use-ssl: perhaps']));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('-:5:17: cn=Other');
    const [entry] = await new LdapTools(server).entries(`cn=Piped,${CONTAINER}`, '-s', 'base');
    expect(entry?.values('ds-cfg-enabled')).toEqual(['false']);
  });

  it('say that a plan could not be tried by who may not write', async () => {
    const reader = { password: 'correct horse battery', privileges: ['config-read'] };
    await new LdapTools(server).add(accountLdif('Reader', reader));
    await writeFile(file, mailServer('Unknown'));
    const { code, stdout, stderr } = await runConfdit(
      [
        'plan',
        file,
        '--detailed-exitcode',
        '--port',
        String(server.port),
        '-D',
        accountDn('Reader'),
        '--bindPassword:env',
        'PASSWORD',
      ],
      { environment: { PASSWORD: reader.password } },
    );
    expect(stdout).toContain('Plan: 1 to add');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('could not be tried: ') });
  });
});
