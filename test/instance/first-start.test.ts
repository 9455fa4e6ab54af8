// What the first start makes, for whom it can be read, and what it leaves alone.

import { cp, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { START_OK_NAME } from '../../src/instance/last-known-good.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PIN = join('config', 'admin.pin');

interface Found {
  readonly path: string;
  readonly isFolder: boolean;
  /** Who may read, write and enter, as chmod takes it. */
  readonly mode: string;
  readonly text: string;
}

/** Once the server has put the last file in its place, which it does when others can use it already. */
async function everythingIn(folder: string): Promise<Found[]> {
  await vi.waitFor(() => stat(join(folder, 'config', START_OK_NAME)));
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    found.map(async (one) => {
      const path = join(one.parentPath, one.name);
      const mode = ((await stat(path)).mode & 0o777).toString(8);
      const text = one.isFile() ? await readFile(path, 'latin1') : '';
      return { path: path.slice(folder.length + 1), isFolder: one.isDirectory(), mode, text };
    }),
  );
}

describe('the first start', () => {
  let server: RunningServer;
  let files: readonly Found[];

  beforeAll(async () => {
    server = await startServer({ password: null });
    files = await everythingIn(server.folder);
  });

  it('makes the instance folder', () => {
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'config',
        'config/config.ldif',
        'config/admin.pin',
        'config/expressions',
        'config/journal',
        'schema',
        'schema/00-core.ldif',
        'schema/02-config.ldif',
      ]),
    );
    expect(files.filter(({ path }) => path.includes('copy'))).toEqual([]);
  });

  it('lets nobody but its owner read or write any of it', () => {
    expect(files.filter(({ isFolder, mode }) => mode !== (isFolder ? '700' : '600'))).toEqual([]);
  });

  it('makes up a password that ldapsearch -y takes from admin.pin', async () => {
    const pin = await readFile(join(server.folder, PIN), 'utf8');
    expect(pin).toMatch(/^[\w-]{20,}$/);
    const { code, stdout } = await runProgram('ldapwhoami', [
      ...['-x', '-H', server.url, '-D', 'uid=admin', '-y', join(server.folder, PIN)],
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'dn:cn=admin,cn=Root DNs,cn=config\n' });
  });

  it('keeps only a hash of it in all other files', async () => {
    const pin = await readFile(join(server.folder, PIN), 'utf8');
    const others = files.filter(({ path }) => path !== PIN);
    expect(others.filter(({ text }) => text.includes(pin))).toEqual([]);
    const base64 = Buffer.from(pin).toString('base64').slice(0, -4);
    expect(others.filter(({ text }) => text.includes(base64))).toEqual([]);
    const stored = await new LdapTools({ url: server.url, password: pin }).search(
      'cn=admin,cn=Root DNs,cn=config',
      'userPassword',
    );
    const value = Buffer.from(/userPassword:: (.*)/.exec(stored.stdout)?.[1] ?? '', 'base64').toString();
    expect(value).toMatch(/^\{SCRYPT\}N=\d+,r=\d+,p=\d+\$/);
  });

  it('is the only one that makes up a password', async () => {
    const pin = await readFile(join(server.folder, PIN), 'utf8');
    await server.stop();
    const again = await startServer({ folder: server.folder, password: 'another-password' });
    expect(await readFile(join(server.folder, PIN), 'utf8')).toBe(pin);
    expect((await new LdapTools({ url: again.url, password: pin }).run('ldapwhoami', [])).code).toBe(0);
    expect((await new LdapTools(again).run('ldapwhoami', [])).code).toBe(49);
    await again.stop();
  });
});

describe('a first start with a password in CONFDIT_ADMIN_PASSWORD', () => {
  it('takes it and writes it nowhere', async () => {
    const server = await startServer({ password: 'canary-5e1f0a' });
    expect((await new LdapTools(server).run('ldapwhoami', [])).code).toBe(0);
    await server.stop();
    const files = await everythingIn(server.folder);
    expect(files.map(({ path }) => path)).not.toContain(PIN);
    expect(files.filter(({ text }) => text.includes('canary-5e1f0a'))).toEqual([]);
  });

  it('takes no password that is too long', async () => {
    const { code, stderr } = await startServer({ password: 'x'.repeat(1025), expectFailure: true });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'confdit cannot start:\n' +
        '  CONFDIT_ADMIN_PASSWORD has more than 1024 characters. Give a password of 1 to 1024 characters.\n',
    );
  });

  it('takes a hash that is slow to guess for what it is, and no other', async () => {
    const hash = '{PBKDF2}60000$Y6ZHtTTbeUgpIbIW0QDmDA$j/aU7jFKUSbH4UobNQDm9OEIwuw';
    const server = await startServer({ password: hash });
    const codes = ['secret', hash].map(
      async (password) => (await new LdapTools({ url: server.url, password }).run('ldapwhoami', [])).code,
    );
    expect(await Promise.all(codes)).toEqual([0, 49]);
    const weak = '{SSHA}tCNGqyJLk/uvKpCa4vga5GB2gWoxMjM0NTY3OA==';
    const { code, stderr } = await startServer({ password: weak, expectFailure: true });
    expect({ code, names: stderr.includes('{ARGON2}'), tells: stderr.includes(weak) }).toEqual({
      code: 1,
      names: true,
      tells: false,
    });
  });

  it('makes one up when it is empty', async () => {
    const server = await startServer({ password: '' });
    expect(await readFile(join(server.folder, PIN), 'utf8')).toMatch(/^[\w-]{20,}$/);
  });
});

describe('a start in a checkout', () => {
  let checkout: string;

  beforeAll(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'confdit-checkout-'));
    for (const name of ['package.json', '.gitignore', 'src', 'config', 'schema']) {
      await cp(join(ROOT, name), join(checkout, name), { recursive: true });
    }
    await git('init', '--quiet');
    await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    await writeFile(join(checkout, '.git', 'info', 'exclude'), 'node_modules\n');
    await git('add', '.');
    await git('-c', 'user.name=x', '-c', 'user.email=x@localhost', 'commit', '--quiet', '-m', 'all');
  });

  afterAll(() => removeFolder(checkout));

  it.each([
    ['without CONFDIT_INSTANCE', { CONFDIT_INSTANCE: undefined }],
    ['with an empty one', { CONFDIT_INSTANCE: '' }],
  ])('leaves it clean, %s', async (_, environment) => {
    const folder = join(checkout, 'instance');
    const server = await startServer({ checkout, folder, environment });
    const { code, stderr } = await new LdapTools(server).add(`dn: cn=One,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: One
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost
`);
    expect(code, stderr).toBe(0);
    await server.stop();
    expect(await git('status', '--porcelain')).toBe('');
    expect((await readdir(join(folder, 'config'))).toSorted()).toContain('config.ldif');
    await removeFolder(folder);
  });

  async function git(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await runProgram('git', ['-C', checkout, ...words]);
    expect(code, stderr).toBe(0);
    return stdout;
  }
});
