// What `npm pack` makes, installed in an empty folder: it runs there, and finds what it ships.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { freePort } from '../support/start-server.ts';

const TIMEOUT_MS = 300_000;

describe('the package', { timeout: TIMEOUT_MS }, () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-package-'));
    const packed = await runProgram('npm', ['pack', '--silent', '--pack-destination', folder]);
    expect(packed).toMatchObject({ code: 0 });
    const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    const words = [
      'install',
      '--silent',
      '--no-fund',
      '--no-audit',
      '--prefix',
      folder,
      join(folder, archive),
    ];
    expect(await runProgram('npm', words)).toMatchObject({ code: 0 });
    program = join(folder, 'node_modules', '.bin', 'confdit');
  }, TIMEOUT_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has no sources of its tests, and types beside its code', async () => {
    const names = await readdir(join(folder, 'node_modules', 'confdit'));
    expect(names).toEqual(expect.arrayContaining(['config', 'dist', 'schema', 'README.md', 'LICENSE']));
    expect(names).not.toContain('test');
    expect(await readdir(join(folder, 'node_modules', 'confdit', 'dist', 'bin'))).toContain('confdit.d.ts');
  });

  it('serves, and is a client of itself', async () => {
    const port = await freePort();
    const environment = {
      PATH: `${join(process.execPath, '..')}:${process.env.PATH}`,
      CONFDIT_INSTANCE: join(folder, 'instance'),
      CONFDIT_ADMIN_PASSWORD: 'test-password-1',
      LDAP_PORT: String(port),
      LDAPS_PORT: String(await freePort()),
    };
    const server = spawn(program, ['start'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
        server.stdout.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('"msg":"ready"')) resolve();
        });
      });
      const words = [
        'create-mail-server',
        '--server-name',
        'A',
        '--set',
        'enabled:true',
        '--set',
        'smtp-server:a',
      ];
      const typed = await runProgram(program, [...words, '-w', 'test-password-1'], '', environment);
      expect(typed).toMatchObject({ code: 0, stderr: '' });
      const url = `ldap://127.0.0.1:${port}`;
      const [found] = await new LdapTools({ url, password: 'test-password-1' }).entries(
        'cn=A,cn=Mail Servers,cn=config',
      );
      expect(found?.first('ds-cfg-smtp-server')).toBe('a');
    } finally {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
    }
  });
});
