// Secrets in exports: encrypted unless clear ones are asked for, and imported where the master key is the same.

import { appendFile, cp, mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeClearExports } from '../../src/instance/clear-exports.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { control, searchRequest } from '../support/ber-bytes.ts';
import { confditFor, runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const SECRET = 'canary-exported';
const MAIL = 'cn=Mail,cn=Mail Servers,cn=config';
const EDITED = 'cn=Edited,cn=Mail Servers,cn=config';
const PASSWORD = 'a long password 1';
/** Reads the configuration, but no secrets. */
const READER = { password: PASSWORD, privileges: ['config-read'] };
const KEY_LINE = /^# data-key [0-9a-f]{8} master-key ([0-9a-f]{16}) \S+$/m;

let parent: string;
let server: RunningServer;
/** An encrypted export of the mail server. */
let encrypted: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'confdit-exported-'));
  server = await startServer({ folder: join(parent, 'instance') });
  const added = await new LdapTools(server).modify(
    `dn: ${MAIL}\nchangetype: add\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: false\n` +
      `ds-cfg-smtp-server: 127.0.0.1:9\nds-cfg-auth-username: a\nds-cfg-auth-password: ${SECRET}\n` +
      `ds-cfg-smtp-property: mail.smtp.timeout=5000\nds-cfg-smtp-property: mail.smtp.x-password=${SECRET}\n\n` +
      accountLdif('Reader', READER).replace('objectClass', 'changetype: add\nobjectClass'),
  );
  expect(added.code, added.stderr).toBe(0);
  encrypted = join(parent, 'encrypted.ldif');
  const done = await confdit('export-ldif', '-b', MAIL, '-l', encrypted);
  expect(done.code, done.stderr).toBe(0);
});

afterAll(() => removeFolder(parent));

const confdit = (...words: string[]) => confditFor(server)(...words);

/** A new instance, with the master key of the server or one of its own. */
async function newInstance(...words: string[]): Promise<string> {
  const instance = join(await mkdtemp(join(parent, 'new-')), 'instance');
  const made = await runHere(['init', '--instance', instance, ...words]);
  expect(made.code, made.stderr).toBe(0);
  return instance;
}

const masterKey = () => join(server.folder, 'config', 'keys', 'master.key');

async function passwordIn(instance: string, dn = MAIL): Promise<string> {
  const words = ['--offline', '--instance', instance, '-b', dn, '--clear-secrets'];
  const { stdout, stderr } = await runHere(['export-ldif', ...words]);
  expect(stderr).toContain('Secrets are written in clear text.');
  return /^ds-cfg-auth-password: (.*)$/m.exec(stdout)?.[1] ?? '';
}

describe('an export', () => {
  it('has encrypted secrets and the data key for whoever has the master key, online and offline', async () => {
    const online = await readFile(encrypted, 'utf8');
    const words = ['export-ldif', '--offline', '--instance', server.folder, '-b', MAIL];
    const offline = await runHere(words);
    expect(offline.code, offline.stderr).toBe(0);
    for (const text of [online, offline.stdout]) {
      expect(text).not.toContain(SECRET);
      expect(text).toMatch(KEY_LINE);
      expect(text).toMatch(/^ds-cfg-auth-password: \{AES256-GCM\}\S+$/m);
      expect(text).toContain('ds-cfg-smtp-property: mail.smtp.timeout=5000');
    }
  });

  it('by history and diff from the files leaves a note, as an export does', async () => {
    const offline = ['--offline', '--instance', server.folder];
    const past = (await runHere(['history', ...offline, '--json'])).stdout;
    const number = [...past.matchAll(/"number": (\d+)/g)].at(-1)?.[1] ?? '';
    await takeClearExports(server.folder);
    const texts = await Promise.all([
      runHere(['history', ...offline, '--changes', '--limit', '1000']),
      runHere(['diff', ...offline, '1', number]),
    ]);
    for (const { stdout, stderr } of texts) {
      expect(stdout).toContain(`ds-cfg-auth-password: ${SECRET}`);
      expect(stderr).toContain('Secrets are written in clear text.');
    }
    const noted = await takeClearExports(server.folder);
    expect(noted).toEqual(texts.map(() => expect.stringContaining('in clear text to standard output')));
    expect((await runHere(['history', ...offline])).stderr).toBe('');
    expect(await takeClearExports(server.folder)).toEqual([]);
  });

  it('has clear secrets for whoever may read all of them, which is logged and alerted', async () => {
    const clear = await confdit('export-ldif', '-b', MAIL, '--clear-secrets');
    expect(clear.stdout).toContain(`ds-cfg-auth-password: ${SECRET}`);
    expect(clear.stdout).not.toMatch(KEY_LINE);
    const logged = () => server.logLines().map((line) => JSON.stringify(line));
    await until(() => logged().some((line) => line.includes('"alert":"confdit.SecretsExported"')));
    expect(logged().some((line) => line.includes('secrets are exported in clear text'))).toBe(true);
    expect(logged().join()).not.toContain(SECRET);
  });

  it('shows nobody a secret that a search does not show', async () => {
    const client = await RawClient.bound(server, accountDn('Reader'), PASSWORD);
    const plain = await client.request(searchRequest(MAIL));
    const asked = await client.request(searchRequest(MAIL), [control(Oid.exportedSecrets, true)]);
    expect(asked.entries).toEqual(plain.entries);
    expect(JSON.stringify(asked.entries)).not.toContain('AES256');
    const clear = await client.request(searchRequest(MAIL), [control(Oid.exportedSecrets, true, 'clear')]);
    expect([clear.code, clear.text]).toEqual([
      50,
      expect.stringContaining('needs the privilege secret-read'),
    ]);
    client.close();
  });
});

describe('an encrypted export', () => {
  it('is imported into an instance with the same master key', async () => {
    const instance = await newInstance('--master-key', masterKey());
    const done = await runHere(['import-ldif', '--offline', '--instance', instance, encrypted]);
    expect(done.code, done.stderr).toBe(0);
    expect(await passwordIn(instance)).toBe(SECRET);
    expect(await readFile(join(instance, 'config', 'config.ldif'), 'utf8')).not.toContain(SECRET);
  });

  it('is refused where the master key is another one, and over LDAP', async () => {
    const instance = await newInstance();
    const before = await readFile(join(instance, 'config', 'config.ldif'));
    const done = await runHere(['import-ldif', '--offline', '--instance', instance, encrypted]);
    const needed = KEY_LINE.exec(await readFile(encrypted, 'utf8'))?.[1];
    expect([done.code, done.stderr]).toEqual([
      expect.not.stringMatching('^0$'),
      expect.stringContaining(`need the master key ${needed}, and the instance has`),
    ]);
    expect(await readFile(join(instance, 'config', 'config.ldif'))).toEqual(before);
    const online = await confdit('import-ldif', '--replace-existing', encrypted);
    expect(online.stderr).toContain('import-ldif --offline takes an export with encrypted secrets');
  });

  it('is refused with a data key or a value that was changed, or was moved to another entry', async () => {
    const instance = await newInstance('--master-key', masterKey());
    const text = await readFile(encrypted, 'utf8');
    const path = join(parent, 'changed.ldif');
    const outcome = async (changed: string) => {
      await writeFile(path, changed);
      const { code, stderr } = await runHere(['import-ldif', '--offline', '--instance', instance, path]);
      expect(code).not.toBe(0);
      return stderr;
    };
    const flipped = (one: string) => (one.at(-9) === 'A' ? 'B' : 'A');
    const withFlip = (pattern: RegExp) =>
      text.replace(pattern, (found) => found.slice(0, -9) + flipped(found) + found.slice(-8));
    expect(await outcome(withFlip(KEY_LINE))).toContain('is damaged');
    expect(await outcome(withFlip(/\{AES256-GCM\}\S+/))).toContain(
      `${MAIL}: the stored value of ds-cfg-auth-password cannot be decrypted`,
    );
    expect(await outcome(text.replace(MAIL, MAIL.replace('Mail', 'Other')))).toContain(
      'was moved from another entry or attribute',
    );
  });
});

describe('a master key that is given to a new instance', () => {
  it('must be one, and is not exchanged for one that is there', async () => {
    const folder = join(parent, 'keyless');
    const words = ['init', '--instance', folder, '--master-key'];
    expect((await runHere([...words, encrypted])).stderr).toContain('is no master key');
    expect((await runHere([...words, join(parent, 'none')])).stderr).toContain('There is no master key');
    const named = await runHere([...words, masterKey()], { environment: { CONFDIT_MASTER_KEY_FILE: 'x' } });
    expect(named.stderr).toContain('Leave --master-key out.');
    expect((await runHere([...words, masterKey()])).code).toBe(0);
    const keys = join(folder, 'config', 'keys', 'master.key');
    expect(await readFile(keys)).toEqual(await readFile(masterKey()));
    await cp(keys, join(parent, 'copied.key'));
  });
});

describe('while no server runs', () => {
  beforeAll(() => server.stop());

  const here = (...words: string[]) => runHere([...words, '--instance', server.folder]);
  const tarOf = async (path: string) => gunzipSync(await readFile(path)).toString('latin1');

  it('an export of clear secrets is noted, and the next start logs it and raises an alert', async () => {
    const path = join(parent, 'clear.ldif');
    await here('export-ldif', '--offline', '-b', MAIL, '--clear-secrets', '-l', path);
    expect(await readFile(path, 'utf8')).toContain(SECRET);
    expect((await here('export', '--offline', '-b', MAIL)).stdout).toContain(SECRET);
    await here('export-ldif', '--offline', '-b', MAIL);
    await here('export', '--offline', '-b', 'cn=Loggers,cn=config');
    const note = await readFile(join(server.folder, 'clear-exports.txt'), 'utf8');
    expect(note.trim().split('\n')).toEqual([
      expect.stringContaining(JSON.stringify([userInfo().username, MAIL, path]).slice(1)),
      expect.stringContaining('"standard output"'),
    ]);
    expect(note).not.toContain('canary');
    server = await startServer({ folder: server.folder });
    const exported = await server.waitForLog(({ msg }) => msg === 'secrets were exported in clear text');
    expect(exported).toMatchObject({ problem: expect.stringContaining(`clear text to ${path} at `) });
    expect(await server.waitForLog(({ alert }) => alert === 'confdit.SecretsExported')).toBeDefined();
    expect(JSON.stringify(server.logLines())).not.toContain(SECRET);
    await server.stop();
    expect(await readdir(server.folder)).not.toContain('clear-exports.txt');
  });

  it('a backup encrypts what was edited by hand, says what it cannot encrypt, and a check finds both', async () => {
    const config = join(server.folder, 'config', 'config.ldif');
    const edited = 'canary-edited';
    await appendFile(config, `\ndn: ${EDITED}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: false\n`);
    await appendFile(config, `ds-cfg-smtp-server: 127.0.0.1:9\nds-cfg-auth-password: ${edited}\n`);
    expect((await here('check')).stdout).toContain(`secret in clear text: ds-cfg-auth-password of ${EDITED}`);
    const path = join(parent, 'backup.tar.gz');
    expect(await here('backup', path)).toMatchObject({ code: 0, stderr: '' });
    expect(await tarOf(path)).not.toContain('canary');
    const instance = join(parent, 'restored');
    const restored = await runHere(['restore', path, '--instance', instance, '--master-key', masterKey()]);
    expect(restored.code, restored.stderr).toBe(0);
    expect(await passwordIn(instance, EDITED)).toBe(edited);

    const waiting = `dn: ${MAIL}\nchangetype: modify\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: canary-waiting\n-\n`;
    await writeFile(join(server.folder, 'config', 'config-changes.ldif'), waiting);
    expect((await here('check')).stdout).toContain('config-changes.ldif has a secret in clear text');
    const clear = join(parent, 'clear.tar.gz');
    const told = expect.stringContaining('The backup has 1 secret in clear text');
    expect(await here('backup', clear)).toMatchObject({ code: 0, stderr: told });
    expect(await runHere(['restore', '--verify-only', clear])).toMatchObject({ code: 0, stdout: told });
  });

  it('a backup without the master key says that it has secrets in clear text', async () => {
    await rename(masterKey(), join(parent, 'aside.key'));
    const made = await here('backup', '--json', join(parent, 'keyless.tar.gz'));
    await rename(join(parent, 'aside.key'), masterKey());
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('2 secrets in clear text') });
    expect(JSON.parse(made.stdout)).toMatchObject({ clearSecrets: 2 });
  });
});
