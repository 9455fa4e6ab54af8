// The subcommands of dsconfig against a real server: every verb, what is refused before the server is asked, and what
// the server says.

import { beforeAll, describe, expect, it } from 'vitest';
import { confditFor, runConfdit } from '../../support/confdit-program.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const NAME = ['--server-name', 'Test'];
const SECRET = 'canary-of-dsconfig';

describe('the subcommands of dsconfig', () => {
  let server: RunningServer;
  let confdit: ReturnType<typeof confditFor>;

  beforeAll(async () => {
    server = await startServer();
    confdit = confditFor(server);
    const created = await confdit(
      ...['create-mail-server', ...NAME, '--set', 'enabled:true', '--set', 'smtp-server:smtp.example.com:25'],
      ...['--set', 'auth-username:mail.user', '--set', `auth-password:${SECRET}`],
      ...[
        '--set',
        'smtp-property:mail.smtp.timeout=5000',
        '--set',
        'smtp-property:mail.debug=true',
        '-n',
        '-v',
      ],
    );
    expect(created).toEqual({ code: 0, stdout: 'The Mail Server "Test" was created.\n', stderr: '' });
  });

  it('list what there is, for people and for scripts', async () => {
    expect(await confdit('list-mail-servers')).toEqual({
      code: 0,
      stdout: 'Mail Server : enabled\n------------:--------\nTest        : true\n',
      stderr: '',
    });
    expect((await confdit('list-mail-servers', '-s')).stdout).toBe('Test\n');
    const managers = (await confdit('list-trust-manager-providers')).stdout;
    expect(managers).toMatch(/^Trust Manager Provider : Type +: enabled$/m);
    expect(managers).toMatch(/^Blind Trust +: blind +: false$/m);
    expect(managers).toMatch(/^PKCS12 +: file-based +: false$/m);
  });

  it('show properties, and secrets as stars', async () => {
    const { stdout } = await confdit('get-mail-server-prop', ...NAME);
    expect(stdout).toBe(
      [
        'Property               : Value(s)',
        '-----------------------:--------------------',
        'auth-password          : ***',
        'auth-username          : mail.user',
        'enabled                : true',
        'priority               : 100',
        'smtp-server            : smtp.example.com:25',
        'trust-manager-provider : -',
        'use-ssl                : false',
        'use-start-tls          : true',
        '',
      ].join('\n'),
    );
    const record = await confdit(
      'get-mail-server-prop',
      ...NAME,
      '--property',
      'smtp-property',
      '--record',
      '-s',
    );
    expect(record.stdout).toBe('smtp-property\tmail.smtp.timeout=5000\nsmtp-property\tmail.debug=true\n');
    const json = await confdit('get-mail-server-prop', ...NAME, '--advanced', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: 'Test',
      dn: 'cn=Test,cn=Mail Servers,cn=config',
      properties: {
        'auth-password': ['***'],
        'smtp-property': ['mail.smtp.timeout=5000', 'mail.debug=true'],
      },
    });
    expect(stdout + record.stdout + json.stdout).not.toContain(SECRET);
  });

  it('change properties, and tell what is still to be done', async () => {
    const changed = await confdit(
      ...['set-mail-server-prop', ...NAME, '--set', 'use-ssl:true', '--set', 'smtp-server:localhost'],
      ...['--add', 'smtp-property:mail.smtp.auth=true', '--remove', 'smtp-property:mail.debug=true', '-n'],
    );
    expect(changed).toMatchObject({ code: 0, stderr: '' });
    expect(changed.stdout).toContain('use-ssl');
    expect(changed.stdout).toContain('Disable');
    const after = (await confdit('get-mail-server-prop', ...NAME, '--advanced', '-s')).stdout;
    expect(after).toContain('smtp-property\tmail.smtp.timeout=5000\tmail.smtp.auth=true\n');
    expect(after).toContain('smtp-server\tlocalhost\n');
    const reset = await confdit(
      'set-mail-server-prop',
      ...NAME,
      '--reset',
      'use-ssl',
      '--reset',
      'smtp-property',
    );
    expect(reset.code).toBe(0);
    expect((await confdit('get-mail-server-prop', ...NAME, '--advanced', '-s')).stdout).toContain(
      'smtp-property\n',
    );
  });

  it('tell all problems at once, before the server is asked', async () => {
    const refused = await confdit(
      ...['set-mail-server-prop', ...NAME, '--set', 'enabeld:true', '--set', 'use-ssl:maybe'],
      ...['--set', 'smtp-server', '--set', 'auth-username:', '--reset', 'smtp-server'],
      ...['--set', 'smtp-property:mail.debug=true', '--add', 'smtp-property:mail.smtp.auth=true'],
    );
    expect(refused).toMatchObject({ code: 19, stdout: '' });
    for (const part of [
      'enabeld: a Mail Server has no such property. Did you mean enabled?',
      'use-ssl: "maybe" ',
      '--set "smtp-server" has no colon.',
      '--set auth-username: has no value.',
      'smtp-server: is mandatory and has no default to go back to.',
      'smtp-property: --set and --reset exclude --add and --remove.',
    ]) {
      expect(refused.stderr).toContain(part);
    }
    const missing = await confdit('create-mail-server', '--server-name', 'Other');
    expect(missing.code).toBe(19);
    expect(missing.stderr).toContain('smtp-server: is mandatory and has no value.');
    expect(missing.stderr).toContain('enabled: is mandatory and has no value.');
  });

  it('give what the server refuses, with its words and the exit code', async () => {
    const again = await confdit(
      'create-mail-server',
      ...NAME,
      '--set',
      'enabled:true',
      '--set',
      'smtp-server:a',
    );
    expect(again.code).toBe(68);
    expect(again.stderr).toContain('exists already');
    const used = await confdit(
      ...['set-mail-server-prop', ...NAME, '--set', 'trust-manager-provider:cn=None,cn=config', '-n'],
    );
    expect(used.code).toBe(19);
    expect(used.stderr).toContain('does not exist');
    expect(await confdit('get-mail-server-prop', '--server-name', 'None')).toMatchObject({ code: 32 });
    const stranger = await runConfdit(['list-mail-servers', '--port', String(server.port), '-w', 'wrong']);
    expect(stranger).toMatchObject({ code: 49, stdout: '' });
    const nobody = await runConfdit(['list-mail-servers', '--port', '1', '-w', 'x']);
    expect(nobody).toMatchObject({ code: 91, stdout: '' });
    expect(nobody.stderr).toContain('ldap://localhost:1 cannot be reached');
  });

  it('need to know which type and which object', async () => {
    const untyped = await confdit(
      'create-trust-manager-provider',
      '--provider-name',
      'X',
      '--set',
      'enabled:true',
    );
    expect(untyped.code).toBe(89);
    expect(untyped.stderr).toMatch(/has several types\. Give one with --type: .*file-based/);
    expect(await confdit('delete-mail-server')).toMatchObject({ code: 89 });
  });

  it('delete', async () => {
    const name = ['--server-name', 'Gone'];
    await confdit('create-mail-server', ...name, '--set', 'enabled:false', '--set', 'smtp-server:a');
    const refused = await confdit('delete-mail-server', ...name);
    expect(refused).toMatchObject({ code: 6, stdout: '' });
    expect(refused.stderr).toContain('Delete the Mail Server "Gone"? Nobody is at a terminal');
    const told = 'The Mail Server "Gone" was deleted.\n';
    const deleted = await confdit('delete-mail-server', ...name, '--yes', '--displayCommand');
    expect(deleted).toMatchObject({ code: 0, stderr: '' });
    expect(deleted.stdout.startsWith(told)).toBe(true);
    expect(deleted.stdout).toMatch(/^confdit delete-mail-server --server-name Gone .* --no-prompt$/m);
    expect(await confdit('delete-mail-server', ...name, '-n')).toMatchObject({ code: 32 });
    expect(await confdit('delete-mail-server', ...name, '--force', '-n')).toMatchObject({ code: 0 });
  });

  it('run as batches, up to the line that fails', async () => {
    const batch = [
      '# two mail servers',
      'dsconfig create-mail-server --server-name "First of two" \\',
      '  --set enabled:false --set smtp-server:one.example.com',
      '',
      "set-mail-server-prop --server-name 'First of two' --set smtp-server:two.example.com",
      'set-mail-server-prop --server-name None --set enabled:true',
      'delete-mail-server --server-name "First of two"',
    ].join('\n');
    const words = [
      '--port',
      String(server.ldapsPort),
      '--trustAll',
      '--bindPassword:env',
      'PASSWORD',
      '--no-prompt',
    ];
    const ran = await runConfdit(['dsconfig', '--batch', ...words], {
      input: batch,
      environment: { PASSWORD: server.password },
    });
    expect(ran.code).toBe(32);
    expect(ran.stderr).toContain('Line 6: cn=None,cn=Mail Servers,cn=config');
    expect((await confdit('list-mail-servers', '--property', 'smtp-server', '-s')).stdout).toContain(
      'First of two\ttwo.example.com\n',
    );
  });
});
