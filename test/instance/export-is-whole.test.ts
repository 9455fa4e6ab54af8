// What is exported makes the same configuration again: the same entries, and a server that runs the same and does the same.

import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { bindRequest, scopes, searchRequest } from '../support/ber-bytes.ts';
import { confditFor, runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { RawClient } from '../support/raw-client.ts';
import { copySample } from '../support/sample-instance.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const PASSWORD = 'sample-administrator-1';
const APPLICATION = 'cn=application,cn=Root DNs,cn=config';
const USERS = { 'sample-user': 'sample-mail-password' };
/** What values name and an export does not hold. */
const BESIDE = [
  'authorities',
  'expressions',
  'keys',
  'secrets',
  'people.ldif',
  'server.p12',
  'trust.jks',
  'trust.p12',
];
/** Keys of the instance itself. */
const OF_SECRETS = /master\.key$|data-keys\.json$/;
const EXPORT = 'export.ldif';

afterAll(endReceivers);

interface World {
  readonly environment: Readonly<Record<string, string>>;
  readonly receiver: SmtpReceiver;
}

async function openWorld(): Promise<World> {
  const receiver = await SmtpReceiver.start({ users: USERS, hideSTARTTLS: true, allowInsecureAuth: true });
  return { receiver, environment: { SINK_PORT: String(receiver.port), HTTP_PORT: String(await freePort()) } };
}

const start = (folder: string, { environment }: World) =>
  startServer({ folder, password: PASSWORD, environment, isDescribed: true });

/** A new instance with the files that the first one's values name. */
async function newInstance(from: string): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'confdit-import-'));
  onTestFinished(() => removeFolder(parent));
  const folder = join(parent, 'instance');
  const environment = { CONFDIT_ADMIN_PASSWORD: 'another-password-2' };
  const master = ['--master-key', join(from, 'config', 'keys', 'master.key')];
  expect(await runConfdit(['init', '--instance', folder, ...master], { environment })).toMatchObject({
    code: 0,
  });
  const filter = (path: string) => !OF_SECRETS.test(path);
  for (const name of BESIDE)
    await cp(join(from, 'config', name), join(folder, 'config', name), { recursive: true, filter });
  return folder;
}

/** All that runs, with names instead of the ports that each server has of its own. */
async function whatRuns(server: RunningServer): Promise<readonly string[]> {
  const parts = await server.describe('key');
  return parts
    .map((part) =>
      JSON.stringify(part)
        .replaceAll(server.folder, 'FOLDER')
        .replaceAll(encodeURIComponent(server.folder), 'FOLDER')
        .replaceAll(String(server.ldapsPort), 'LDAPS')
        .replaceAll(String(server.port), 'LDAP'),
    )
    .filter((part) => !part.startsWith('{"kind":"tasks"'))
    .toSorted();
}

/** @param how When passwords were set is from a file only where no server runs. */
async function entriesIn(path: string, how?: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8');
  return (how === 'apply' ? text.replaceAll(/^pwdChangedTime: .*\n/gm, '') : text)
    .split('\n\n')
    .map((entry) => entry.trim())
    .toSorted();
}

async function exportOf(server: RunningServer, ...words: string[]): Promise<string> {
  const path = join(server.folder, words.length === 0 ? `encrypted-${EXPORT}` : EXPORT);
  const done = await confditFor(server)('export-ldif', '--ldifFile', path, ...words);
  expect(done, done.stderr).toMatchObject({ code: 0 });
  return path;
}

/** Logs in as an account that the export has, uses its privileges, and sends through a mail server. */
async function expectItActs(server: RunningServer, { receiver }: World): Promise<void> {
  const client = await RawClient.connect(server);
  expect(await client.request(bindRequest(APPLICATION, 'sample-application-password'))).toMatchObject({
    code: 0,
  });
  const search = searchRequest('cn=Café\\, Überall,cn=Mail Servers,cn=config', { scope: scopes.base });
  const [read] = (await client.request(search)).entries;
  expect(read?.attributes['ds-cfg-auth-password']).toEqual(['sample-stored-password']);
  client.close();
  const addresses = ['--from', 'a@example.com', '--to', `${server.port}@example.com`];
  const sent = await confditFor(server)('send-test-message', '--server-name', 'Main', ...addresses);
  expect(sent, sent.stdout + sent.stderr).toMatchObject({ code: 0 });
  expect(receiver.messages.some(({ to }) => to[0] === `${server.port}@example.com`)).toBe(true);
}

it.each(['import-ldif --offline', 'apply'])(
  'an export and %s make the same server of a new instance',
  async (how) => {
    const world = await openWorld();
    const first = await start(await copySample('0.1.0'), world);
    const clear = await exportOf(first, '--clear-secrets');
    const path = how === 'apply' ? clear : await exportOf(first);
    const expected = { runs: await whatRuns(first), entries: await entriesIn(clear, how) };
    expect(expected.entries.join('\n')).toMatch(/^ds-privilege-name: secret-read$/m);
    await first.stop();
    const folder = await newInstance(first.folder);
    if (how !== 'apply') {
      const words = ['import-ldif', '--offline', '--replace-existing', '--instance', folder, path];
      const done = await runConfdit(words, { environment: world.environment });
      expect(done, done.stderr).toMatchObject({ code: 0 });
    } else {
      const running = await startServer({
        folder,
        password: 'another-password-2',
        environment: world.environment,
      });
      const done = await confditFor(running)('apply', '--no-prompt', path);
      expect(done, done.stderr).toMatchObject({ code: 0 });
      await running.stop();
    }
    const second = await start(folder, world);
    expect(await entriesIn(await exportOf(second, '--clear-secrets'), how)).toEqual(expected.entries);
    expect(await whatRuns(second)).toEqual(expected.runs);
    await expectItActs(second, world);
  },
);

it('a plan made of an export is empty, and applying it strips nothing', async () => {
  const world = await openWorld();
  const server = await start(await copySample('0.1.0'), world);
  const path = await exportOf(server, '--clear-secrets');
  const confdit = confditFor(server);
  expect(await confdit('plan', '--detailed-exitcode', path)).toMatchObject({ code: 0 });
  expect(await confdit('apply', '-n', path)).toMatchObject({ code: 0 });
  await expectItActs(server, world);
  const offline = join(server.folder, 'offline.ldif');
  const words = ['export-ldif', '--offline', '--instance', server.folder, '--ldifFile', offline];
  expect(await runConfdit([...words, '--clear-secrets'])).toMatchObject({ code: 0 });
  expect(await entriesIn(offline)).toEqual(await entriesIn(path));
  // A secret may have another encrypted form each time it is written.
  expect(await runConfdit(words)).toMatchObject({ code: 0 });
  const withoutForms = async (file: string) =>
    (await readFile(file, 'utf8'))
      .replaceAll(/\{AES256-GCM\}\S+/g, '{AES256-GCM}')
      .replace(/^# data-key .*$/m, '')
      .split('\n\n')
      .toSorted();
  const encrypted = await withoutForms(offline);
  expect(encrypted.join().match(/\{AES256-GCM\}/g)?.length).toBeGreaterThan(2);
  expect(await withoutForms(await exportOf(server))).toEqual(encrypted);
});
