// How long passwords are valid, and who must change them, by the clients of OpenLDAP. The calendar of the server is put forward.

import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opendjAttribute } from '../../src/config/object-identifiers.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { changeKinds, extendedRequest, modifyRequest, octets, sequence } from '../support/ber-bytes.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const MOVED_CLOCK = fileURLToPath(new URL('../support/preloads/moved-clock.mjs', import.meta.url));
const DAY = 86_400_000;
const FIRST = 'green-lamp-quiet-72';
const SECOND = 'brown-lamp-quiet-73';
const THIRD = 'white-lamp-quiet-74';

let server: RunningServer;
let tools: LdapTools;
let folder: string;
let aheadMs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ages-'));
  server = await startServer({ environment: clock() });
  tools = new LdapTools(server);
});

afterAll(() => removeFolder(folder));

function clock() {
  return { NODE_OPTIONS: `--import=${MOVED_CLOCK}`, CONFDIT_TEST_CLOCK: join(folder, 'ahead') };
}

/** Puts the calendar of the server forward. */
async function pass(ms: number): Promise<void> {
  aheadMs += ms;
  await writeFile(join(folder, 'ahead'), String(aheadMs));
}

async function applied(ldif: string): Promise<void> {
  const { code, stderr } = await tools.modify(ldif);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** Adds an account with a policy of its own. Lines are those of the policy. */
async function account(name: string, ...lines: readonly string[]): Promise<string> {
  const policy = `cn=${name},cn=Password Policies,cn=config`;
  await applied(
    [`dn: ${policy}`, 'changetype: add', 'objectClass: ds-cfg-password-policy', ...lines, ''].join('\n'),
  );
  const ldif = accountLdif(name, { password: FIRST, lines: [`ds-pwp-password-policy-dn: ${policy}`] });
  await applied(ldif.replace('\n', '\nchangetype: add\n'));
  return accountDn(name);
}

/** What `ldapwhoami -e ppolicy` says. */
async function bind(dn: string, password: string): Promise<string> {
  const words = ['-x', '-H', server.url, '-D', dn, '-w', password, '-e', 'ppolicy'];
  const { stdout, stderr } = await runProgram('ldapwhoami', words);
  return stdout + stderr;
}

/** What `ldappasswd -e ppolicy` says to the owner. */
async function change(dn: string, old: string, password: string): Promise<string> {
  const words = ['-x', '-H', server.url, '-D', dn, '-w', old, '-e', 'ppolicy', '-a', old, '-s', password];
  const { stdout, stderr } = await runProgram('ldappasswd', words);
  return stdout + stderr;
}

function reset(dn: string, password: string) {
  return applied(`dn: ${dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: ${password}\n`);
}

/** The operational attributes of an entry, as `name: value`. */
async function state(dn: string): Promise<readonly string[]> {
  const { stdout } = await tools.search(dn, '-s', 'base', '+');
  return stdout.split('\n').filter((line) => /^(pwd|ds-pwp)/.test(line));
}

describe('an old password', () => {
  it('is warned of, expires, and still logs in a few times to be changed', async () => {
    const dn = await account(
      'old',
      'ds-cfg-max-password-age: 30 d',
      'ds-cfg-password-expiration-warning-interval: 7 d',
      'ds-cfg-grace-login-count: 2',
    );
    expect(await bind(dn, FIRST)).not.toContain('expire');
    await pass(24 * DAY);
    expect(await bind(dn, FIRST)).toMatch(/Password expires in 5\d{5} seconds/);
    expect(await state(dn)).toContainEqual(expect.stringMatching(/^ds-pwp-warned-time: \d{14}/));
    const unasked = await runProgram('ldapwhoami', ['-x', '-H', server.url, '-D', dn, '-w', FIRST, '-v']);
    expect(unasked.stdout + unasked.stderr).toContain('2.16.840.1.113730.3.4.5');
    await pass(7 * DAY);
    expect(await bind(dn, FIRST)).toContain('1 grace logins remain');
    const { stdout, stderr } = await runProgram('ldapsearch', [
      ...['-x', '-H', server.url, '-D', dn, '-w', FIRST, '-e', 'ppolicy', '-s', 'base', '-b', ''],
    ]);
    expect(stdout + stderr).toContain('0 grace logins remain');
    expect(stdout + stderr).toMatch(/\(53\)|result: 53/);
    expect(await state(dn)).toContainEqual(expect.stringContaining('pwdGraceUseTime: '));
    expect(await bind(dn, FIRST)).toMatch(/\(49\)[\s\S]*The password has expired/);
    expect(await bind(dn, SECOND)).not.toContain('expired');
    await reset(dn, SECOND);
    expect(await bind(dn, SECOND)).toContain(`dn:${dn}`);
    expect(await state(dn)).not.toContainEqual(expect.stringContaining('pwdGraceUseTime'));
  });

  it('cannot be changed again before it has some age, and then not to one of the last', async () => {
    const dn = await account('young', 'ds-cfg-min-password-age: 1 d', 'ds-cfg-password-history-count: 1');
    expect(await change(dn, FIRST, SECOND)).toMatch(/too soon after[\s\S]*changed too recently/i);
    await pass(DAY);
    expect(await change(dn, FIRST, FIRST)).toMatch(/is, or was, a password[\s\S]*list of old passwords/i);
    expect(await change(dn, FIRST, SECOND)).not.toContain('(19)');
    await pass(DAY);
    expect(await change(dn, SECOND, FIRST)).toMatch(/is, or was, a password/);
    await reset(dn, THIRD);
    await pass(DAY);
    expect(await change(dn, THIRD, FIRST)).not.toContain('(19)');
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
  });

  it('is remembered as a secret, and for no longer than the policy says', async () => {
    const dn = await account('remembered', 'ds-cfg-password-history-duration: 2 d');
    expect(await change(dn, FIRST, SECOND)).not.toContain('(19)');
    expect(await change(dn, SECOND, FIRST)).toMatch(/is, or was, a password/);
    const reader = accountLdif('reader', { password: FIRST, privileges: ['config-read', 'changelog-read'] });
    await applied(reader.replace('\n', '\nchangetype: add\n'));
    const asReader = new LdapTools({ url: server.url, password: FIRST }, accountDn('reader'));
    const { stdout } = await asReader.search(dn, '-s', 'base', '+');
    expect(stdout).toContain('pwdHistory: ***');
    expect(stdout).toMatch(/^pwdChangedTime: \d{14}/m);
    const [entry] = await tools.entries(dn, '-s', 'base', 'pwdHistory');
    const value = entry?.first('pwdhistory') ?? '';
    expect(value).toContain('#{SCRYPT}');
    const secret = value.slice(value.indexOf('{SCRYPT}'));
    const compare = (as: LdapTools) => as.run('ldapcompare', [dn, `pwdHistory:${value}`]);
    expect([(await compare(tools)).code, (await compare(asReader)).code === 6]).toEqual([6, false]);
    const changes = await asReader.entries('cn=changelog', `(targetDN=${dn})`, 'changes');
    expect(changes.flatMap((one) => one.values('changes')).join()).toContain('pwdHistory: ***');
    expect(JSON.stringify(changes.map(({ attributes }) => attributes))).not.toContain(secret);
    const files = await readdir(join(server.folder, 'config'), { recursive: true, withFileTypes: true });
    const stored = await Promise.all(
      files.filter((one) => one.isFile()).map((one) => readFile(join(one.parentPath, one.name), 'latin1')),
    );
    expect(stored.join('\n')).toMatch(/^pwdHistory: \{AES256-GCM\}/m);
    expect(stored.join('\n')).not.toMatch(/^pwdHistory:(?! \{AES256-GCM\})/m);
    await pass(3 * DAY);
    expect(await change(dn, SECOND, FIRST)).not.toContain('(19)');
    const filter = `(&(cn=remembered)(pwdHistory=*SCRYPT*))`;
    expect((await asReader.search('cn=config', filter)).stdout).toBe('');
  });
});

describe('a password that somebody else has set', () => {
  it('must be changed before anything else', async () => {
    const dn = await account(
      'forced',
      'ds-cfg-force-change-on-add: true',
      'ds-cfg-force-change-on-reset: true',
    );
    expect(await state(dn)).toContain('pwdReset: TRUE');
    expect(await bind(dn, FIRST)).toContain('Password must be changed');
    const asForced = new LdapTools({ url: server.url, password: FIRST }, dn);
    const searched = await asForced.search('', '-s', 'base');
    expect(searched.code).toBe(53);
    expect(searched.stderr).toContain('Change your password first');
    expect((await asForced.run('ldapcompare', [dn, 'cn:forced'])).code).toBe(53);
    expect((await asForced.run('ldappasswd', ['-s', SECOND, ADMINISTRATOR])).code).not.toBe(0);
    expect(await change(dn, FIRST, SECOND)).not.toContain('(19)');
    expect(await state(dn)).not.toContainEqual(expect.stringContaining('pwdReset'));
    expect(
      (await new LdapTools({ url: server.url, password: SECOND }, dn).search('', '-s', 'base')).code,
    ).toBe(0);
    await reset(dn, THIRD);
    expect(await bind(dn, THIRD)).toContain('Password must be changed');
  });

  it('must be changed in time, by a login of before too', async () => {
    const dn = await account(
      'late',
      'ds-cfg-force-change-on-add: true',
      'ds-cfg-force-change-on-reset: true',
      'ds-cfg-max-password-reset-age: 2 d',
    );
    await pass(DAY);
    const early = await RawClient.bound(server, dn, FIRST);
    const passwd = () =>
      early.request(extendedRequest(Oid.passwordModify, sequence(octets(FIRST, 0x81), octets(SECOND, 0x82))));
    await pass(DAY);
    expect(await bind(dn, FIRST)).toMatch(/\(49\); Account locked[\s\S]*was not changed in time/);
    expect(await bind(dn, SECOND)).not.toContain('in time');
    expect(await passwd()).toMatchObject({ code: 53, text: expect.stringContaining('is over') });
    await reset(dn, THIRD);
    expect(await change(dn, THIRD, SECOND)).not.toContain('(53)');
    await pass(2 * DAY);
    expect(await bind(dn, SECOND)).toContain(`dn:${dn}`);
    early.close();
  });

  it('is known to be so after a restart and a rename', async () => {
    const dn = await account('renamed', 'ds-cfg-force-change-on-add: true');
    await applied(`dn: ${dn}\nchangetype: modrdn\nnewrdn: cn=renamed too\ndeleteoldrdn: 1\n`);
    const { folder: instance, password } = server;
    await server.stop();
    server = await startServer({ folder: instance, password: null, environment: clock() });
    tools = new LdapTools({ url: server.url, password });
    expect(await bind(accountDn('renamed too'), FIRST)).toContain('Password must be changed');
  });

  it('has a state that nobody sets by hand', async () => {
    for (const line of ['pwdChangedTime: 20200101000000Z', 'pwdReset: TRUE', 'pwdHistory: x']) {
      const [name] = line.split(':');
      const change = `changetype: modify\nadd: ${name}\n${line}\n`;
      expect((await tools.modify(`dn: ${ADMINISTRATOR}\n${change}`)).stderr).toContain(
        'is kept by the server',
      );
    }
  });
});

describe('the owner of an account', () => {
  const own = (dn: string, password: string) => new LdapTools({ url: server.url, password }, dn);
  const allowed = (dn: string) =>
    applied(
      `dn: ${dn}\nchangetype: modify\nreplace: ds-privilege-name\nds-privilege-name: config-read\nds-privilege-name: config-write\nds-privilege-name: password-reset\n`,
    );

  it('cannot change its password where the policy does not allow it; others can', async () => {
    const dn = await account('fixed', 'ds-cfg-allow-user-password-changes: false');
    expect(await change(dn, FIRST, SECOND)).toMatch(/\(50\)[\s\S]*does not allow that[\s\S]*modification/i);
    await allowed(dn);
    for (const lines of [
      `replace: userPassword\nuserPassword: ${SECOND}`,
      `delete: userPassword\nuserPassword: ${FIRST}\n-\nadd: userPassword\nuserPassword: ${SECOND}`,
      'delete: userPassword',
    ]) {
      const refused = await own(dn, FIRST).modify(`dn: ${dn}\nchangetype: modify\n${lines}\n`);
      expect([refused.code, refused.stderr]).toEqual([50, expect.stringContaining('does not allow that')]);
    }
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
    await reset(dn, SECOND);
    expect(await bind(dn, SECOND)).toContain(`dn:${dn}`);
  });

  it('does not have to change a password that it may not change', async () => {
    const dn = await account('reset', 'ds-cfg-force-change-on-reset: true');
    await reset(dn, SECOND);
    const policy = 'cn=reset,cn=Password Policies,cn=config';
    expect(await state(dn)).toContain('pwdReset: TRUE');
    expect(await bind(dn, SECOND)).toContain('Password must be changed');
    const replace = (name: string, value: boolean) => `replace: ds-cfg-${name}\nds-cfg-${name}: ${value}\n`;
    await applied(
      `dn: ${policy}\nchangetype: modify\n${replace('force-change-on-reset', false)}-\n${replace('allow-user-password-changes', false)}`,
    );
    const said = await bind(dn, SECOND);
    expect(said).toContain(`dn:${dn}`);
    expect(said).not.toContain('must be changed');
  });

  it('gives its current password where the policy asks for it', async () => {
    const dn = await account('asked', 'ds-cfg-password-change-requires-current-password: true');
    await allowed(dn);
    const modify = (lines: string) => own(dn, FIRST).modify(`dn: ${dn}\nchangetype: modify\n${lines}\n`);
    const add = `add: userPassword\nuserPassword: ${SECOND}`;
    for (const lines of [`replace: userPassword\nuserPassword: ${SECOND}`, add, 'delete: userPassword'])
      expect((await modify(lines)).stderr).toMatch(/\(50\)[\s\S]*only with the current password/);
    const guess = () => modify(`delete: userPassword\nuserPassword: ${THIRD}\n-\n${add}`);
    expect((await guess()).code).toBe(49);
    const policy = 'cn=asked,cn=Password Policies,cn=config';
    await applied(
      `dn: ${policy}\nchangetype: modify\nreplace: ds-cfg-lockout-failure-count\nds-cfg-lockout-failure-count: 1\n`,
    );
    const session = await RawClient.bound(server, dn, FIRST);
    await guess();
    expect(await bind(dn, FIRST)).toContain('The account is locked');
    const right = modifyRequest(dn, [
      [changeKinds.delete, 'userPassword', [FIRST]],
      [changeKinds.add, 'userPassword', [SECOND]],
    ]);
    expect(await session.request(right), 'right, but locked').toMatchObject({ code: 49 });
    expect(await bind(dn, FIRST)).toContain('The account is locked');
    session.close();
    await applied(`dn: ${dn}\nchangetype: modify\ndelete: pwdFailureTime\n`);
    const unasked = await own(dn, FIRST).run('ldappasswd', ['-e', 'ppolicy', '-s', SECOND]);
    expect(unasked.stdout + unasked.stderr).toMatch(/\(50\)[\s\S]*error=4/);
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
    expect((await modify(`delete: userPassword\nuserPassword: ${FIRST}\n-\n${add}`)).code).toBe(0);
    expect(await change(dn, SECOND, THIRD)).not.toContain('(50)');
    expect(await bind(dn, THIRD)).toContain(`dn:${dn}`);
    expect((await own(ADMINISTRATOR, server.password).run('ldappasswd', ['-s', FIRST, dn])).code).toBe(0);
  });

  it('gives no hash in its place', async () => {
    const dn = await account('hashes', 'ds-cfg-password-change-requires-current-password: true');
    await allowed(dn);
    const { stdout } = await tools.search(dn, '-s', 'base', 'userPassword');
    const [, hash = ''] = /^userPassword(:: \S+)/m.exec(stdout.replaceAll('\n ', '')) ?? [];
    const lines = `delete: userPassword\nuserPassword${hash}\n-\nadd: userPassword\nuserPassword: ${SECOND}`;
    expect((await own(dn, FIRST).modify(`dn: ${dn}\nchangetype: modify\n${lines}\n`)).code).toBe(50);
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
  });
});

describe('an account', () => {
  it('expires', async () => {
    const dn = await account('expires');
    const time = new Date(Date.now() + aheadMs + DAY).toISOString().replace(/[-:T]|\.\d+/g, '');
    await applied(
      `dn: ${dn}\nchangetype: modify\nadd: ds-pwp-account-expiration-time\nds-pwp-account-expiration-time: ${time}\n`,
    );
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
    await pass(DAY);
    expect(await bind(dn, FIRST)).toContain('The account has expired');
    expect(await bind(dn, SECOND)).not.toContain('has expired');
  });

  it('is locked when nobody has logged in for long, and shows its last login', async () => {
    const dn = await account(
      'idle',
      'ds-cfg-idle-lockout-interval: 10 d',
      'ds-cfg-last-login-time-attribute: ds-pwp-last-login-time',
      'ds-cfg-last-login-time-format: yyyyMMdd',
    );
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
    expect(await state(dn)).toContainEqual(expect.stringMatching(/^ds-pwp-last-login-time: \d{8}$/));
    await pass(9 * DAY);
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
    await pass(9 * DAY);
    expect(await bind(dn, FIRST)).toContain(`dn:${dn}`);
    await pass(10 * DAY);
    expect(await bind(dn, FIRST)).toContain('Account locked');
    await reset(dn, SECOND);
    expect(await bind(dn, SECOND)).toContain(`dn:${dn}`);
  });

  it('logs in, or has its password set, over TLS only where its policy says so', async () => {
    const dn = await account(
      'protected',
      'ds-cfg-require-secure-authentication: true',
      'ds-cfg-require-secure-password-changes: false',
    );
    expect(await bind(dn, FIRST)).toContain('(13)');
    expect(await bind(dn, SECOND)).toContain('(49)');
    const scram = ['-Q', '-H', server.url, '-Y', 'SCRAM-SHA-256', '-U', dn, '-w', FIRST];
    expect((await runProgram('ldapwhoami', scram)).stdout).toContain(`dn:${dn}`);
    await applied(
      `dn: cn=protected,cn=Password Policies,cn=config\nchangetype: modify\nreplace: ds-cfg-require-secure-password-changes\nds-cfg-require-secure-password-changes: true\n`,
    );
    const modify = `dn: ${dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: ${SECOND}\n`;
    expect((await tools.modify(modify)).code).toBe(13);
    const byOid = modify.replaceAll('userPassword', '2.5.4.35');
    expect((await tools.modify(byOid)).code, 'by OID').toBe(13);
    expect((await tools.run('ldappasswd', ['-s', SECOND, dn])).stdout).toContain('(13)');
    const policy = 'ds-pwp-password-policy-dn: cn=protected,cn=Password Policies,cn=config';
    expect((await tools.add(accountLdif('another', { password: FIRST, lines: [policy] }))).code).toBe(13);
    const named = accountLdif('another', { password: FIRST, lines: [policy] });
    const names = { userPassword: '2.5.4.35', 'ds-pwp-password-policy-dn': opendjAttribute(244) };
    for (const [name, oid] of Object.entries(names))
      expect((await tools.add(named.replace(name, oid))).code, name).toBe(13);
    const socket = `ldapi://${encodeURIComponent(join(server.folder, 'ldapi'))}`;
    const byRoot = await runProgram('ldapmodify', ['-Q', '-Y', 'EXTERNAL', '-H', socket], modify);
    expect(byRoot).toMatchObject({ code: 0 });
  });
});

it('a last administrator does not expire', async () => {
  const { stderr } = await tools.modify(
    `dn: ${ADMINISTRATOR}\nchangetype: modify\nadd: ds-pwp-account-expiration-time\nds-pwp-account-expiration-time: 20370101000000Z\n`,
  );
  expect(stderr).toContain('(53)');
});
