// The server as a container runs it: a user that is not root, a volume that Kubernetes gives to a group, secrets that are
// mounted by links and swapped, probes from outside.

import { chmod, chown, mkdir, mkdtemp, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailServerDn, mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { outerAddress } from '../support/outer-address.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'container-password-1';
const GROUP = 54_321;
const isRoot = process.getuid?.() === 0;
/** A user that is in the group of the volume, as a pod with fsGroup runs it. */
const RUN_BY = isRoot ? ['setpriv', '--reuid=nobody', '--regid=nogroup', `--groups=${GROUP}`] : [];

let volume: string;
let secrets: string;
let httpPort: number;
let server: RunningServer;
let tools: LdapTools;
let receiver: SmtpReceiver;

/** As the kubelet does it: a new folder, and a link to it that takes the place of the old one at once. */
async function mount(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(secrets, name));
  for (const [file, text] of Object.entries(files)) await writeFile(join(secrets, name, file), text);
  await symlink(name, join(secrets, '..data_tmp'));
  await rename(join(secrets, '..data_tmp'), join(secrets, '..data'));
}

async function newVolume(mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-volume-'));
  if (isRoot) await chown(folder, 0, GROUP);
  await chmod(folder, mode);
  return folder;
}

beforeAll(async () => {
  volume = await newVolume(0o2770);
  secrets = await mkdtemp(join(tmpdir(), 'confdit-secrets-'));
  await chmod(secrets, 0o755);
  await mount('..2026_11_29_1', { admin: `${PASSWORD}\n`, 'smtp.pin': 'first-pin\n' });
  for (const file of ['admin', 'smtp.pin']) await symlink(join('..data', file), join(secrets, file));
  httpPort = await freePort();
  receiver = await SmtpReceiver.start({
    users: { alice: 'second-pin' },
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
  });
  server = await startServer({
    folder: volume,
    password: null,
    runBy: RUN_BY,
    environment: {
      CONFDIT_ADMIN_PASSWORD_FILE: join(secrets, 'admin'),
      CONFDIT_CERTIFICATE_NAMES: 'confdit.example.com, 192.0.2.7',
      HTTP_ENABLED: 'true',
      HTTP_LISTEN_ADDRESS: '0.0.0.0',
      HTTP_PORT: String(httpPort),
    },
  });
  tools = new LdapTools({ url: server.url, password: PASSWORD });
});

afterAll(async () => {
  await endReceivers();
  await server.kill();
  await Promise.all([volume, secrets].map((folder) => removeFolder(folder)));
});

describe('a server in a container', () => {
  it('warns of a volume that a group may write, and starts', async () => {
    const warning = await server.waitForLog(({ msg }) =>
      msg.includes('can be written by the members of group'),
    );
    expect(warning.msg).toContain(
      `${volume} can be written by the members of group ${isRoot ? GROUP : process.getgid?.()}`,
    );
  });

  it('has the password of the file, and gives it to no expression', async () => {
    expect(await tools.entries('cn=config', '-s', 'base')).toHaveLength(1);
    const refused = await tools.add(
      mailServerLdif('Thief', {
        'smtp-server': 'a.example',
        'auth-username': `$<file:${join(secrets, 'admin')}>`,
      }),
    );
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('is one that the server keeps to itself');
    expect(refused.stderr).not.toContain(PASSWORD);
  });

  it('has a certificate for the names that were asked for', async () => {
    const socket = connect({ host: '127.0.0.1', port: server.ldapsPort, rejectUnauthorized: false });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    expect(certificate?.subject).toBe('CN=confdit.example.com');
    expect(certificate?.checkHost('confdit.example.com')).toBe('confdit.example.com');
    expect(certificate?.checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect(certificate?.checkHost('localhost')).toBe('localhost');
  });

  it('answers probes from outside', async () => {
    const host = outerAddress ?? '127.0.0.1';
    for (const path of ['healthz', 'readyz', 'metrics']) {
      expect((await fetch(`http://${host}:${httpPort}/${path}`)).status, path).toBe(200);
    }
  });

  it('logs in with a secret that was swapped, without a reload', async () => {
    const added = await tools.add(
      mailServerLdif('Swapped', {
        'smtp-server': `127.0.0.1:${receiver.port}`,
        'auth-username': 'alice',
        'auth-password': `$<file:${join(secrets, 'smtp.pin')}>`,
        'use-start-tls': false,
      }),
    );
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const watched = await tools.modify(
      'dn: cn=config\nchangetype: modify\nreplace: ds-cfg-reload-on-file-change\nds-cfg-reload-on-file-change: true\n',
    );
    expect(watched).toMatchObject({ code: 0, stderr: '' });
    const problem = async () =>
      (
        await runTask(tools, 'ds-task-verify-mail-server', [
          `ds-task-mail-server: ${mailServerDn('Swapped')}`,
        ])
      ).first('ds-task-mail-problem');
    expect(await problem()).toContain('535');
    await mount('..2026_11_29_2', { admin: PASSWORD, 'smtp.pin': 'second-pin\n' });
    await until(async () => (await problem()) === undefined);
    expect(receiver.logins.at(-1)).toMatchObject({ password: 'second-pin' });
  });
});

it('a volume that everybody may write is refused', async () => {
  const folder = await newVolume(0o2777);
  const failed = await startServer({ folder, runBy: RUN_BY, expectFailure: true });
  await removeFolder(folder);
  expect(failed.stderr).toContain('can be written by others than its owner');
});

it.each([
  [{ CONFDIT_CERTIFICATE_NAMES: 'a b/c' }, 'CONFDIT_CERTIFICATE_NAMES has "b/c", which is no host name'],
  [
    { CONFDIT_ADMIN_PASSWORD_FILE: '/nonexistent/pin' },
    'CONFDIT_ADMIN_PASSWORD_FILE cannot be used. The file /nonexistent/pin',
  ],
  [
    { CONFDIT_ADMIN_PASSWORD_FILE: '/dev/null' },
    'CONFDIT_ADMIN_PASSWORD_FILE cannot be used. The file /dev/null',
  ],
])('a start with %j says what is wrong', async (environment, says) => {
  const failed = await startServer({ password: null, environment, expectFailure: true });
  expect(failed.stderr).toContain(says);
});
