// What `npm pack` makes, installed in an empty folder: it runs there, and finds what it ships.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import '../support/start-server.ts';

const PASSWORD = 'test-password-1';
/** What an application in TypeScript may write. */
const APPLICATION = `
import { type MailServerError, type MailServerSettings, openMailServer } from 'confdit/client';
import type { Transporter } from 'nodemailer';

export async function open(password: () => Promise<string>): Promise<void> {
  await using mailServer = await openMailServer({ url: 'ldaps://a', mailServer: 'A', bindDn: 'cn=app', password });
  mailServer.on('change', ({ host, port }: MailServerSettings) => console.log(host, port.toFixed()));
  mailServer.on('loss', (error: MailServerError) => console.log(error.code === 'missing'));
  const transporter: Transporter = mailServer.transporter;
  const { accepted } = await mailServer.transporter.sendMail({ to: 'a@example.com', text: 'A' });
  console.log(accepted.length, transporter.isIdle());
}
`;
const WITHOUT_NAME = `import { openMailServer } from 'confdit/client';\nawait openMailServer({ url: 'ldaps://a' });\n`;

describe('the package', () => {
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
  });

  afterAll(() => removeFolder(folder));

  it('has no sources of its tests, and types beside its code', async () => {
    const names = await readdir(join(folder, 'node_modules', 'confdit'));
    expect(names).toEqual(expect.arrayContaining(['config', 'dist', 'schema', 'README.md', 'LICENSE']));
    expect(names).not.toContain('test');
    expect(await readdir(join(folder, 'node_modules', 'confdit', 'dist', 'bin'))).toContain('confdit.d.ts');
  });

  it('serves, and is a client of itself', async () => {
    await served(async ({ url, environment }) => {
      const words = [
        'create-mail-server',
        '--server-name',
        'A',
        '--set',
        'enabled:true',
        '--set',
        'smtp-server:a',
      ];
      const typed = await runProgram(program, [...words, '-w', PASSWORD], '', environment);
      expect(typed).toMatchObject({ code: 0, stderr: '' });
      const [found] = await new LdapTools({ url, password: PASSWORD }).entries(
        'cn=A,cn=Mail Servers,cn=config',
      );
      expect(found?.first('ds-cfg-smtp-server')).toBe('a');
    });
  });

  it('gives applications their mail server, as the page for them says', async () => {
    const page = await readFile('docs/client.md', 'utf8');
    const [, grant = ''] = /```sh\nconfdit (grant .*)\n```/.exec(page) ?? [];
    const [, example = ''] = /<!-- example -->\n\n```js\n(.*?)```/s.exec(page) ?? [];
    await writeFile(join(folder, 'example.mjs'), example);
    const receiver = await SmtpReceiver.start();
    await served(async ({ url, ldapsUrl, environment }) => {
      const tools = new LdapTools({ url, password: PASSWORD });
      const properties = { 'smtp-server': `127.0.0.1:${receiver.port}`, 'use-start-tls': false };
      expect(await tools.add(mailServerLdif('SMTP server', properties))).toMatchObject({ code: 0 });
      const line = `cd '${folder}' && '${program}' ${grant} -w '${PASSWORD}'`;
      const granted = await runProgram('sh', ['-c', line], '', environment);
      expect(granted).toMatchObject({ code: 0, stderr: '' });
      const ran = await runProgram(process.execPath, [join(folder, 'example.mjs')], '', {
        ...environment,
        CONFDIT_URL: ldapsUrl,
        CONFDIT_CA: join(folder, 'instance', 'config', 'keys', 'server.pem'),
        CONFDIT_PASSWORD: (await readFile(join(folder, 'app.pin'), 'utf8')).trimEnd(),
      });
      expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(receiver.messages).toMatchObject([{ from: 'app@example.com', to: ['bob@example.com'] }]);
    });
    await receiver.stop();
  });

  it('has types for applications, which need no others than those of Node.js', async () => {
    await writeFile(join(folder, 'application.mts'), APPLICATION);
    const compiler = resolve('node_modules/typescript/bin/tsc');
    const types = ['--typeRoots', resolve('node_modules', '@types'), '--types', 'node'];
    const strictly = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
    const modern = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable'];
    const words = [compiler, '--ignoreConfig', ...types, ...strictly, ...modern];
    const compile = (file: string) => runProgram(process.execPath, [...words, join(folder, file)]);
    expect(await compile('application.mts')).toEqual({ code: 0, stdout: '', stderr: '' });
    await writeFile(join(folder, 'without-name.mts'), WITHOUT_NAME);
    expect((await compile('without-name.mts')).stdout).toContain("'mailServer' is missing");
  });

  interface Served {
    readonly url: string;
    readonly ldapsUrl: string;
    readonly environment: Readonly<Record<string, string>>;
  }

  /** The installed server runs as long as `use` takes. */
  async function served(use: (server: Served) => Promise<void>): Promise<void> {
    const [port, ldapsPort] = [await freePort(), await freePort()];
    const environment = {
      PATH: `${join(process.execPath, '..')}:${process.env.PATH}`,
      CONFDIT_INSTANCE: join(folder, 'instance'),
      CONFDIT_ADMIN_PASSWORD: PASSWORD,
      LDAP_PORT: String(port),
      LDAPS_PORT: String(ldapsPort),
    };
    const server = spawn(program, ['start'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise<void>((ready, reject) => {
        server.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
        server.stdout.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('"msg":"ready"')) ready();
        });
      });
      await use({ url: `ldap://127.0.0.1:${port}`, ldapsUrl: `ldaps://localhost:${ldapsPort}`, environment });
    } finally {
      const ended = new Promise((end) => server.once('exit', end));
      server.kill('SIGTERM');
      await ended;
    }
  }
});
