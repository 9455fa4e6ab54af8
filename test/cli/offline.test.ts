// Commands on the files of an instance whose server is down: made by init, changed, and then served.

import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confditFor, runConfdit, runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { startServer } from '../support/start-server.ts';

const SECRET = 'canary-of-offline';

describe('commands with --offline', () => {
  let parent: string;
  let folder: string;
  const offline = (...words: string[]) => runHere([...words, '--offline', '--instance', folder]);
  const create = (name: string, ...words: string[]) =>
    offline('create-mail-server', '--server-name', name, '--set', 'enabled:false', ...words);

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'confdit-offline-'));
    folder = join(parent, 'instance');
  });

  afterAll(() => removeFolder(parent));

  it('begin with an instance that init makes once', async () => {
    const none = await offline('list-mail-servers');
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('is no instance');
    const made = await runConfdit(['init', '--instance', folder]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain(`The password is in ${join(folder, 'config', 'admin.pin')}.`);
    expect((await stat(join(folder, 'config', 'admin.pin'))).mode & 0o777).toBe(0o600);
    const again = await runConfdit(['init', '--instance', folder]);
    expect(again).toMatchObject({ code: 68, stdout: '' });
    expect(again.stderr).toContain('is an instance already');
  });

  it('warn of files of trust managers that cannot be used, and take the change', async () => {
    const sentence =
      'Warning: cn=Away,cn=Trust Manager Providers,cn=config: pem-directory "config/away" cannot be used';
    const words = ['--provider-name', 'Away', '--type', 'pem', '--set', 'pem-directory:config/away'];
    const made = await offline('create-trust-manager-provider', ...words, '--set', 'enabled:true');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain(sentence);
    const other = join(parent, 'other.ldif');
    await writeFile(
      other,
      'dn: cn=Store,cn=Trust Manager Providers,cn=config\nobjectClass: ds-cfg-file-based-trust-manager-provider\nds-cfg-enabled: true\nds-cfg-trust-store-file: config/away.p12\n',
    );
    const planned = await offline('plan', other);
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toContain('trust-store-file "config/away.p12" cannot be used');
    expect((await offline('import-ldif', other)).stderr).toContain('Warning: cn=Store,');
    const resolved = await runHere(['resolve', other, '--instance', folder]);
    expect(resolved).toMatchObject({ code: 0, stderr: expect.stringContaining(sentence) });
    expect((await runHere(['check', '--instance', folder])).stdout).toContain(sentence.slice(9));
    for (const name of ['Away', 'Store'])
      await offline('delete-trust-manager-provider', '--provider-name', name, '-n');
  });

  it('create, list, show, change and delete objects', async () => {
    const login = ['--set', 'auth-username:me', '--set', `auth-password:${SECRET}`];
    expect(await create('One', '--set', 'smtp-server:a.example', ...login)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await create('Two', '--set', 'smtp-server:b.example')).toMatchObject({ code: 0 });
    expect((await offline('list-mail-servers', '-s')).stdout).toBe('One\nTwo\n');
    const changed = await offline(
      'set-mail-server-prop',
      '--server-name',
      'One',
      '--set',
      'use-ssl:true',
      '--set',
      'use-start-tls:false',
    );
    expect(changed).toEqual({ code: 0, stdout: '', stderr: '' });
    const shown = await offline('get-mail-server-prop', '--server-name', 'One', '-s');
    expect(shown.stdout).toContain('use-ssl\ttrue\n');
    expect(shown.stdout).toContain('auth-password\t***\n');
    expect(shown.stdout).not.toContain(SECRET);
    expect(await offline('rename-mail-server', 'Two', 'One')).toMatchObject({ code: 68 });
    expect(await offline('rename-mail-server', 'Two', 'Deux')).toMatchObject({ code: 0, stderr: '' });
    expect((await offline('list-mail-servers', '-s')).stdout).toBe('Deux\nOne\n');
    expect(await offline('rename-mail-server', 'Two', 'Deux')).toMatchObject({ code: 32 });
    expect(await offline('rename-mail-server', 'Deux', 'Two, & co')).toMatchObject({ code: 0 });
    expect(await offline('rename-mail-server', 'Two, & co', 'Two')).toMatchObject({ code: 0 });
    expect((await offline('rename-mail-server', 'Two')).stderr).toContain('Give two names');
    expect(await offline('delete-mail-server', '--server-name', 'Two', '-n')).toMatchObject({ code: 0 });
    expect(await offline('delete-mail-server', '--server-name', 'Two', '-n')).toMatchObject({ code: 32 });
    expect(await create('One', '--set', 'smtp-server:a')).toMatchObject({ code: 68 });
    const refused = await offline(
      ...['set-mail-server-prop', '--server-name', 'One', '--set', 'trust-manager-provider:Nobody'],
    );
    expect(refused.code).toBe(19);
    expect(refused.stderr).toContain('Nobody');
  });

  it('plan and apply files', async () => {
    const file = join(parent, 'desired.ldif');
    const lines = ['objectClass: ds-cfg-mail-server', 'ds-cfg-enabled: false', 'ds-cfg-smtp-server: c'];
    await writeFile(file, ['dn: cn=Three,cn=Mail Servers,cn=config', ...lines, ''].join('\n'));
    const apply = await offline('apply', file, '--no-prompt');
    expect(apply).toMatchObject({ code: 0, stderr: '' });
    expect(apply.stdout).toContain('Plan: 1 to add');
    expect((await offline('plan', file)).stdout).toBe('Nothing is to be changed.\n');
  });

  it('leave a server with what was written, and are refused while it runs', async () => {
    const password = await readFile(join(folder, 'config', 'admin.pin'), 'utf8');
    const server = await startServer({ folder, password });
    const listed = await confditFor(server)('list-mail-servers', '-s');
    expect(listed.stdout).toBe('One\nThree\n');
    const refused = await create('Late', '--set', 'smtp-server:a');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('confdit: ');
    expect(refused.stderr).not.toContain('    at ');
    await server.stop();
  });
});
