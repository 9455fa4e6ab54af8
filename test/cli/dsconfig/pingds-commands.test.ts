// Commands that PingDS's guides publish for mail servers and mail alerts, unchanged behind `confdit dsconfig` but for
// the port and the trust store.

import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfdit } from '../../support/confdit-program.ts';
import { removeFolder } from '../../support/folders.ts';
import { LdapTools, type ProgramResult, runProgram } from '../../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const PIN = 'changeit';
/** In place of the one in the published commands, which is too common for a server. */
const PASSWORD = 'canary-of-the-published';

const CREATE_MAIL_SERVER =
  'create-mail-server --hostname localhost --port 4444 --bindDN uid=admin --bindPassword password ' +
  '--server-name "SMTP server" --set enabled:true --set auth-username:mail.user --set auth-password:password ' +
  '--set smtp-server:smtp.example.com:587 --set trust-manager-provider:"JVM Trust Manager" --set use-start-tls:true ' +
  '--trustStorePath /path/to/opendj/config/keystore --trustStoreType PKCS12 ' +
  '--trustStorePassword:file /path/to/opendj/config/keystore.pin --no-prompt';
const CREATE_ALERT_HANDLER =
  'create-alert-handler --hostname localhost --port 4444 --bindDN uid=admin --bindPassword password ' +
  '--handler-name "SMTP Alert Handler" --type smtp --set enabled:true ' +
  '--set message-subject:"DS Alert, Type: %%alert-type%%, ID: %%alert-id%%" --set message-body:"%%alert-message%%" ' +
  '--set recipient-address:kvaughan@example.com --set sender-address:ds@example.com ' +
  '--trustStorePath /path/to/opendj/config/keystore --trustStoreType PKCS12 ' +
  '--trustStorePassword:file /path/to/opendj/config/keystore.pin --no-prompt';

describe('commands published for PingDS', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer({ password: PASSWORD });
    folder = await mkdtemp(join(tmpdir(), 'confdit-published-'));
    const keys = join(server.folder, 'config', 'keys');
    const [certificate = ''] = (await readdir(keys)).filter((name) => name.endsWith('.pem'));
    await writeFile(join(folder, 'server.pem'), await readFile(join(keys, certificate)));
    const words = [
      'pkcs12',
      '-export',
      '-nokeys',
      '-jdktrust',
      'anyExtendedKeyUsage',
      '-in',
      join(folder, 'server.pem'),
    ];
    const made = await runProgram('openssl', [
      ...words,
      '-out',
      join(folder, 'keystore'),
      '-passout',
      `pass:${PIN}`,
    ]);
    if (made.code !== 0)
      await runProgram('openssl', [
        ...words.filter((word) => !/jdktrust|anyExt/.test(word)),
        '-out',
        join(folder, 'keystore'),
        '-passout',
        `pass:${PIN}`,
      ]);
    await writeFile(join(folder, 'keystore.pin'), `${PIN}\n`);
  });

  afterAll(() => removeFolder(folder));

  /** The line as a shell takes it, with the port and the store of this server. */
  async function dsconfig(line: string): Promise<ProgramResult> {
    const own = line
      .replace('--port 4444', `--port ${server.ldapsPort}`)
      .replace('--bindPassword password', `--bindPassword ${PASSWORD}`)
      .replaceAll('/path/to/opendj/config', folder);
    const { stdout } = await runProgram('bash', ['-c', `printf '%s\\0' ${own}`]);
    return runConfdit(['dsconfig', ...stdout.split('\0').slice(0, -1)]);
  }

  it('create a mail server and an alert handler', async () => {
    const told = (text: string) => ({ code: 0, stdout: `The ${text} was created.\n`, stderr: '' });
    expect(await dsconfig(CREATE_MAIL_SERVER)).toEqual(told('Mail Server "SMTP server"'));
    expect(await dsconfig(CREATE_ALERT_HANDLER)).toEqual(told('SMTP Alert Handler "SMTP Alert Handler"'));
    const [mailServer] = await new LdapTools(server).entries(
      'cn=SMTP server,cn=Mail Servers,cn=config',
      '-s',
      'base',
    );
    expect(mailServer?.values('ds-cfg-trust-manager-provider')).toEqual([
      'cn=JVM Trust Manager,cn=Trust Manager Providers,cn=config',
    ]);
    expect(mailServer?.values('ds-cfg-smtp-server')).toEqual(['smtp.example.com:587']);
  });

  it('list, show, change and delete them', async () => {
    const tail = CREATE_MAIL_SERVER.slice(CREATE_MAIL_SERVER.indexOf('--trustStorePath'));
    const head = '--hostname localhost --port 4444 --bindDN uid=admin --bindPassword password';
    const listed = await dsconfig(`list-mail-servers ${head} ${tail}`);
    expect(listed.stdout).toContain('SMTP server : true\n');
    const shown = await dsconfig(`get-mail-server-prop --server-name "SMTP server" ${head} ${tail}`);
    expect(shown.stdout).toContain('auth-username          : mail.user\n');
    expect(shown.stdout).toContain('trust-manager-provider : JVM Trust Manager\n');
    const set = await dsconfig(
      `set-mail-server-prop --server-name "SMTP server" --set enabled:false --reset auth-username --reset auth-password ${head} ${tail}`,
    );
    expect(set).toMatchObject({ code: 0, stderr: '' });
    const handlers = await dsconfig(`list-alert-handlers ${head} ${tail}`);
    expect(handlers.stdout).toMatch(/^SMTP Alert Handler : smtp : true$/m);
    for (const words of [
      'delete-alert-handler --handler-name "SMTP Alert Handler"',
      'delete-mail-server --server-name "SMTP server"',
    ]) {
      const deleted = await dsconfig(`${words} ${head} ${tail}`);
      expect(deleted).toMatchObject({ code: 0, stderr: '' });
      expect(deleted.stdout).toContain(' was deleted.');
    }
  });
});
