// Passwords that come or go by other ways than a request of a client: exports, imports, edits by hand, files that are applied,
// rollbacks, the last good start, backups. Each ends with a login.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const POLICY = 'cn=Strict,cn=Password Policies,cn=config';
const FIRST = 'green-lamp-quiet-72';
const SECOND = 'brown-lamp-quiet-73';
const THIRD = 'white-lamp-quiet-74';
const MUST_CHANGE = 'Password must be changed';
const HASH = '{PBKDF2-HMAC-SHA256}10000:xKsMmlzVLRYdYzcgBuD3ZIAeSj8tNhjDHGFDqhth8Kcbw5qjL5UZxaiS2awL1HjO';
/** Of the same password, with another salt. */
const OTHER_HASH =
  '{PBKDF2-HMAC-SHA256}10000:0YdT6cDcX5qiDagy0ie+FrM2RN8V8MC0buKrDrj+aAUwMTIzNDU2Nzg5YWJjZGVm';
const HASHED = 'password';
const OWNER = accountDn('Owner');
const FRESH = accountDn('Fresh');

let parent: string;
let server: RunningServer;
let tools: LdapTools;
/** The administrator's. */
let password: string;

const account = (name: string, password: string) =>
  accountLdif(name, { password, lines: [`ds-pwp-password-policy-dn: ${POLICY}`] });
const confdit = (...words: string[]) =>
  runHere([...words, '--port', String(server.port), '--bindPassword:env', 'P'], {
    environment: { P: password },
  });

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'confdit-moved-'));
  server = await startServer({ folder: join(parent, 'instance') });
  password = server.password;
  tools = new LdapTools(server);
  const rules = ['force-change-on-add: true', 'force-change-on-reset: true', 'password-history-count: 3'];
  const { code, stderr } = await tools.add(
    [
      `dn: ${POLICY}\nobjectClass: ds-cfg-password-policy`,
      ...rules.map((rule) => `ds-cfg-${rule}`),
      'ds-cfg-password-validator: cn=At least 8 characters,cn=Password Validators,cn=config\n',
      account('Owner', FIRST),
      account('Fresh', FIRST),
      accountLdif('Reader', { password: FIRST, privileges: ['config-read'] }),
    ].join('\n'),
  );
  expect([code, stderr]).toEqual([0, '']);
  expect(await change(OWNER, FIRST, SECOND)).not.toContain('Result:');
});

afterAll(() => removeFolder(parent));

async function again(words: readonly string[] = []): Promise<void> {
  if (server.isRunning) await server.stop();
  server = await startServer({ folder: server.folder, password: null, words });
  tools = new LdapTools({ url: server.url, password });
}

/** What `ldapwhoami -e ppolicy` says. */
async function bind(dn: string, given: string, { url } = server): Promise<string> {
  const words = ['-x', '-H', url, '-D', dn, '-w', given, '-e', 'ppolicy'];
  const { stdout, stderr } = await runProgram('ldapwhoami', words);
  return stdout + stderr;
}

async function change(dn: string, old: string, given: string, { url } = server): Promise<string> {
  const words = ['-x', '-H', url, '-D', dn, '-w', old, '-a', old, '-s', given];
  const { stdout, stderr } = await runProgram('ldappasswd', words);
  return stdout + stderr;
}

async function stateOf(dn: string, from = tools): Promise<Record<string, readonly string[]>> {
  const [entry] = await from.entries(dn, '-s', 'base', '+');
  const names = ['pwdChangedTime', 'pwdReset', 'pwdHistory'];
  return Object.fromEntries(names.map((name) => [name, entry?.values(name.toLowerCase()) ?? []]));
}

describe('an export', () => {
  it('takes the state of passwords along, earlier ones only for whoever may read secrets', async () => {
    const { stdout } = await confdit('export-ldif', '-b', OWNER);
    expect(stdout).toMatch(/^pwdHistory: \{AES256-GCM\}/m);
    expect(stdout).toMatch(/^pwdChangedTime: \d{14}/m);
    const connection = [
      '--port',
      String(server.port),
      '--bindDN',
      accountDn('Reader'),
      '--bindPassword:env',
      'P',
    ];
    const read = await runHere(['export-ldif', '-b', OWNER, ...connection], { environment: { P: FIRST } });
    expect(read.stdout).toMatch(/^pwdChangedTime: \d{14}/m);
    expect(read.stdout).not.toMatch(/pwdHistory|SCRYPT/);
    expect((await confdit('export', '-b', OWNER)).stdout).not.toContain('pwd');
  });

  it('makes of a new instance the same one: nobody has a newer password, nobody must change one less', async () => {
    const file = join(parent, 'all.ldif');
    expect((await confdit('export-ldif', '-b', 'cn=config', '-l', file)).code).toBe(0);
    const folder = join(parent, 'new');
    const key = join(server.folder, 'config', 'keys', 'master.key');
    expect((await runHere(['init', '--instance', folder, '--master-key', key])).code).toBe(0);
    const words = ['import-ldif', '--offline', '--replace-existing', '--instance', folder, file];
    const imported = await runHere(words);
    expect(imported.code, imported.stderr).toBe(0);
    const other = await startServer({ folder, password: null });
    expect(await bind(OWNER, SECOND, other)).not.toContain(MUST_CHANGE);
    expect(await bind(FRESH, FIRST, other)).toContain(MUST_CHANGE);
    expect(await change(OWNER, SECOND, FIRST, other)).toContain('is, or was, a password');
    const there = new LdapTools({ url: other.url, password });
    for (const dn of [OWNER, FRESH, ADMINISTRATOR])
      expect(await stateOf(dn, there)).toEqual(await stateOf(dn));
    await other.stop();
  });
});

describe('an import', () => {
  it('into a server adds accounts like any client', async () => {
    const { stdout } = await confdit('export-ldif', '-b', OWNER, '--clear-secrets');
    const file = join(parent, 'one.ldif');
    await writeFile(file, stdout.replaceAll('Owner', 'Copy'));
    const imported = await confdit('import-ldif', file);
    expect(imported.code, imported.stderr).toBe(0);
    expect(await bind(accountDn('Copy'), SECOND)).toContain(MUST_CHANGE);
    expect((await stateOf(accountDn('Copy'))).pwdHistory).toEqual([]);
  });

  it('without a server checks clear passwords, and makes only their owners change them', async () => {
    await server.stop();
    const file = join(parent, 'offline.ldif');
    const words = ['import-ldif', '--offline', '--instance', server.folder, file];
    await writeFile(
      file,
      [account('Short', 'q7#'), account('Clear', THIRD), account('Hash', HASH)].join('\n'),
    );
    const refused = await runHere(words);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/offline\.ldif:1: .*cn=Short.*fewer than 8 characters/);
    expect(refused.stderr).not.toContain('q7#');
    await writeFile(file, [account('Clear', THIRD), account('Hash', HASH)].join('\n'));
    expect((await runHere(words)).code).toBe(0);
    const replaces = async (hash: string, lines: string) => {
      await writeFile(file, account('Moved', hash) + lines);
      expect((await runHere([...words, '--replace-existing'])).code).toBe(0);
    };
    await replaces(HASH, 'pwdReset: TRUE\n');
    await replaces(OTHER_HASH, 'pwdReset: TRUE\n');
    // A file of an older version has no state.
    await replaces(OTHER_HASH, 'description: older\n');
    await again();
    expect(await bind(accountDn('Moved'), HASHED)).toContain(MUST_CHANGE);
    expect(await bind(accountDn('Clear'), THIRD)).toContain(MUST_CHANGE);
    expect(await bind(accountDn('Hash'), HASHED)).not.toContain(MUST_CHANGE);
    const set = await stateOf(accountDn('Clear'));
    expect(set.pwdChangedTime).toEqual([expect.stringMatching(/^\d{14}/)]);
    expect((await stateOf(accountDn('Hash'))).pwdChangedTime).toEqual([]);
  });
});

it('a file that is applied is checked, and leaves the state to the server', async () => {
  const file = join(parent, 'applied.ldif');
  const apply = (text: string) => writeFile(file, text).then(() => confdit('apply', '--no-prompt', file));
  const refused = await apply(account('Applied', 'q7#'));
  expect(refused.stdout + refused.stderr).toContain('fewer than 8 characters');
  expect(refused.stdout + refused.stderr).not.toContain('q7#');
  const state = 'pwdChangedTime: 20200101000000Z\npwdReset: FALSE\n';
  expect((await apply(account('Applied', THIRD) + state)).code).toBe(0);
  expect(await bind(accountDn('Applied'), THIRD)).toContain(MUST_CHANGE);
  expect((await stateOf(accountDn('Applied'))).pwdChangedTime).not.toEqual(['20200101000000Z']);
  const before = await stateOf(OWNER);
  const { stdout } = await confdit('export-ldif', '-b', OWNER, '--clear-secrets');
  expect((await apply(stdout.replace('sn: Owner', 'sn: Another'))).code).toBe(0);
  expect(await stateOf(OWNER)).toEqual(before);
  expect(await bind(OWNER, SECOND)).not.toContain(MUST_CHANGE);
});

describe('a rollback', () => {
  const lastChange = async () =>
    (await tools.entries('', '-s', 'base', 'lastChangeNumber'))[0]?.first('lastchangenumber') ?? '';

  it('brings a password back as it was', async () => {
    const [before, number] = [await stateOf(OWNER), await lastChange()];
    expect((await tools.run('ldappasswd', ['-s', THIRD, OWNER])).code).toBe(0);
    expect(await bind(OWNER, THIRD)).toContain(MUST_CHANGE);
    const difference = await confdit('diff', number);
    expect(difference.stdout).toMatch(/^replace: userPassword$/m);
    expect(difference.stdout).not.toContain('pwd');
    const done = await confdit('rollback', '--to', number, '--no-prompt');
    expect(done.code, done.stderr).toBe(0);
    expect(await bind(OWNER, SECOND)).not.toContain(MUST_CHANGE);
    expect(await bind(OWNER, THIRD)).toContain('(49)');
    expect(await stateOf(OWNER)).toEqual(before);
  });

  it('brings an account back that must change its password', async () => {
    const [before, number] = [await stateOf(FRESH), await lastChange()];
    expect((await tools.modify(`dn: ${FRESH}\nchangetype: delete\n`)).code).toBe(0);
    expect((await confdit('rollback', '--to', number, '--no-prompt')).code).toBe(0);
    expect(await bind(FRESH, FIRST)).toContain(MUST_CHANGE);
    expect(await stateOf(FRESH)).toEqual(before);
  });
});

describe('config.ldif', () => {
  const path = () => join(server.folder, 'config', 'config.ldif');
  /** Writes another password into the entry of the owner, with lines after it. */
  async function edit(given: string): Promise<void> {
    const text = await readFile(path(), 'utf8');
    const entries = text.split('\n\n').map((entry) => {
      if (!entry.includes(`dn: ${OWNER}\n`)) return entry;
      const others = entry
        .split('\n')
        .filter((line) => !/^userPassword:/i.test(line) && !line.startsWith(' '));
      return [...others, `userPassword: ${given}`].join('\n');
    });
    await writeFile(path(), entries.join('\n\n'), { mode: 0o600 });
  }

  it('is not taken with a password that the policy refuses', async () => {
    await server.stop();
    const text = await readFile(path(), 'utf8');
    await edit('q7#');
    const failed = await startServer({ folder: server.folder, expectFailure: true });
    expect(failed.stderr).toContain('fewer than 8 characters');
    expect(failed.stderr).not.toContain('q7#');
    await writeFile(path(), text, { mode: 0o600 });
  });

  it('sets a password that its owner must change', async () => {
    await edit(THIRD);
    await again();
    expect(await bind(OWNER, THIRD)).toContain(MUST_CHANGE);
    expect(await change(OWNER, THIRD, SECOND)).toContain('is, or was, a password');
  });

  it('comes back as it was at the last good start, whatever the policy says now', async () => {
    const before = await stateOf(OWNER);
    expect(await change(OWNER, THIRD, `${THIRD}-too`)).not.toContain('Result:');
    const { code, stderr } = await tools.modify(
      `dn: ${POLICY}\nchangetype: modify\nreplace: ds-cfg-allow-pre-encoded-passwords\nds-cfg-allow-pre-encoded-passwords: false\n`,
    );
    expect([code, stderr]).toEqual([0, '']);
    await again(['--last-known-good']);
    expect(await bind(OWNER, THIRD)).toContain(MUST_CHANGE);
    expect(await stateOf(OWNER)).toEqual(before);
  });
});

it('a backup brings locks back with the passwords', async () => {
  const lines = `dn: ${POLICY}\nchangetype: modify\nreplace: ds-cfg-lockout-failure-count\nds-cfg-lockout-failure-count: 1\n`;
  expect((await tools.modify(lines)).code).toBe(0);
  expect(await bind(FRESH, 'wrong')).toContain('(49)');
  const [file, folder] = [join(parent, 'backup.tgz'), join(parent, 'restored')];
  await server.stop();
  const made = await runHere(['backup', '--with-key', '--instance', server.folder, file]);
  expect(made.code, made.stderr).toBe(0);
  expect((await runHere(['restore', '--instance', folder, file])).code).toBe(0);
  const restored = await startServer({ folder, password: null });
  expect(await bind(FRESH, FIRST, restored)).toContain('The account is locked');
  expect(await bind(OWNER, THIRD, restored)).toContain(MUST_CHANGE);
});

it('the first password of an instance has an age', async () => {
  const file = join(parent, 'given');
  await writeFile(file, `${FIRST}\n`, { mode: 0o600 });
  const folder = join(parent, 'first');
  const environment = { CONFDIT_ADMIN_PASSWORD_FILE: file };
  expect((await runHere(['init', '--instance', folder], { environment })).code).toBe(0);
  const { stdout } = await runHere(['export-ldif', '--offline', '--instance', folder, '-b', ADMINISTRATOR]);
  expect(stdout).toMatch(/^pwdChangedTime: \d{14}/m);
});
