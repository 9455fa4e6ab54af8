// The state of accounts through everything that may happen meanwhile: many guesses at once, trials, transactions, reloads,
// crashes, rollbacks, the last good start. Each ends with a login.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Oid } from '../../src/ldap/oids.ts';
import { ResultCode } from '../../src/ldap/result-code.ts';
import { changeTogether } from '../operations/transaction-client.ts';
import { accountDn, accountLdif, passwordModifyRequest } from '../support/accounts.ts';
import { bindRequest, changeKinds, control, modifyRequest } from '../support/ber-bytes.ts';
import { runHere } from '../support/confdit-program.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const POLICY = 'cn=States,cn=Password Policies,cn=config';
const RIGHT = 'green-lamp-quiet-72';
const OTHER = 'brown-lamp-quiet-73';
const GUESSERS = 16;
const MUST_CHANGE = 'Password must be changed';
const LOCKED = 'The account is locked';

let server: RunningServer;
let tools: LdapTools;
let password: string;

beforeAll(async () => {
  server = await startServer();
  password = server.password;
  tools = new LdapTools(server);
  const policy = ['ds-cfg-lockout-failure-count: 5', 'ds-cfg-force-change-on-reset: true', ''];
  await added(`dn: ${POLICY}\nobjectClass: ds-cfg-password-policy\n${policy.join('\n')}`);
});

async function added(ldif: string): Promise<void> {
  const { code, stderr } = await tools.add(ldif);
  expect([code, stderr]).toEqual([0, '']);
}

async function account(name: string, { isLockable = true } = {}): Promise<string> {
  const lines = isLockable ? [`ds-pwp-password-policy-dn: ${POLICY}`] : [];
  await added(accountLdif(name, { password: RIGHT, lines }));
  return accountDn(name);
}

async function bind(dn: string, given: string): Promise<string> {
  const words = ['-x', '-H', server.url, '-D', dn, '-w', given, '-e', 'ppolicy'];
  const { stdout, stderr } = await runProgram('ldapwhoami', words);
  return stdout + stderr;
}

/** Guesses at once, each from an address of its own; returns the result codes. */
async function guess(dn: string, guesses: readonly string[]): Promise<readonly number[]> {
  const clients = await Promise.all(
    guesses.map((_, index) => RawClient.connect(server, { from: `127.0.0.${index + 10}` })),
  );
  const answers = await Promise.all(
    clients.map((client, index) => client.request(bindRequest(dn, guesses[index] ?? ''))),
  );
  for (const client of clients) client.close();
  return answers.map(({ code }) => code);
}

async function lock(dn: string): Promise<void> {
  await guess(dn, Array(5).fill(OTHER));
  expect(await bind(dn, RIGHT)).toContain(LOCKED);
}

async function restarted(words: readonly string[] = []): Promise<void> {
  server = await startServer({ folder: server.folder, password: null, words });
  tools = new LdapTools({ url: server.url, password });
}

async function failuresOf(dn: string): Promise<number> {
  const [entry] = await tools.entries(dn, '-s', 'base', 'pwdFailureTime');
  return entry?.values('pwdfailuretime').length ?? 0;
}

describe('guesses at once', () => {
  const wrong = (count: number) => Array.from({ length: count }, (_, index) => `guess number ${index}`);

  it('are counted exactly', async () => {
    const dn = await account('counted');
    expect(new Set(await guess(dn, wrong(4)))).toEqual(new Set([49]));
    expect(await failuresOf(dn)).toBeGreaterThan(0);
    expect(await bind(dn, RIGHT)).toContain(`dn:${dn}`);
    expect(await failuresOf(dn)).toBe(0);
    await guess(dn, wrong(GUESSERS));
    expect(await bind(dn, RIGHT)).toContain(LOCKED);
    expect((await tools.entries(dn, '-s', 'base', 'pwdFailureTime'))[0]?.values('pwdfailuretime')).toSatisfy(
      (times: readonly string[]) => times.length >= 1 && times.length <= 5,
    );
  });

  it('do not get in behind the one that locks the account', async () => {
    const dn = await account('last guess');
    await guess(dn, wrong(5));
    expect(await guess(dn, [RIGHT, RIGHT, RIGHT])).toEqual([49, 49, 49]);
  });

  it('shut nobody out of an account that no policy locks', async () => {
    const dn = await account('open', { isLockable: false });
    await guess(dn, wrong(GUESSERS));
    expect(await bind(dn, RIGHT)).toContain(`dn:${dn}`);
  });
});

describe('the state of an account', () => {
  it('is changed by no trial', async () => {
    const dn = await account('tried');
    await lock(dn);
    const client = await RawClient.bound({ port: server.port, password });
    const replace = modifyRequest(dn, [[changeKinds.replace, 'userPassword', [OTHER]]]);
    expect((await client.request(replace, [control(Oid.noOp, true)])).code).toBe(ResultCode.noOperation);
    expect(await bind(dn, RIGHT)).toContain(LOCKED);
    const [entry] = await tools.entries(dn, '-s', 'base', 'pwdReset');
    expect(entry?.values('pwdreset')).toEqual([]);
    client.close();
  });

  it('changes with all of a transaction, or not at all', async () => {
    const dn = await account('together');
    await lock(dn);
    const client = await RawClient.bound({ port: server.port, password });
    const replace = modifyRequest(dn, [[changeKinds.replace, 'userPassword', [OTHER]]]);
    const wrong = modifyRequest(accountDn('nobody'), [[changeKinds.replace, 'description', ['x']]]);
    expect((await changeTogether(client, replace, wrong)).code).not.toBe(0);
    expect(await bind(dn, RIGHT)).toContain(LOCKED);
    expect((await changeTogether(client, replace)).code).toBe(0);
    expect(await bind(dn, OTHER)).toContain(MUST_CHANGE);
    client.close();
  });

  it('goes with its name, and stays through a reload', async () => {
    const dn = await account('renamed');
    await tools.modify(`dn: ${dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: ${OTHER}\n`);
    await guess(dn, Array(5).fill(RIGHT));
    const rename = `dn: ${dn}\nchangetype: modrdn\nnewrdn: cn=renamed too\ndeleteoldrdn: 1\n`;
    expect((await tools.modify(rename)).code).toBe(0);
    expect(await bind(accountDn('renamed too'), OTHER)).toContain(LOCKED);
    process.kill(server.pid, 'SIGHUP');
    await server.waitForLog(({ msg }) => msg === 'reloaded');
    expect(await bind(accountDn('renamed too'), OTHER)).toContain(LOCKED);
    await runHere(['unlock-account', 'renamed too', '--instance', server.folder]);
    expect(await bind(accountDn('renamed too'), OTHER)).toContain(MUST_CHANGE);
  });

  it('is no part of a rollback, as far as logins make it', async () => {
    const dn = await account('rolled back');
    const [top] = await tools.entries('', '-s', 'base', 'lastChangeNumber');
    const words = ['rollback', '--no-prompt', '--to', top?.first('lastchangenumber') ?? ''];
    await lock(dn);
    const description = `dn: ${dn}\nchangetype: modify\nreplace: description\ndescription: x\n`;
    expect((await tools.modify(description)).code).toBe(0);
    const done = await runHere([...words, '--port', String(server.port), '--bindPassword:env', 'P'], {
      environment: { P: password },
    });
    expect(done.code, done.stderr).toBe(0);
    expect(await bind(dn, RIGHT)).toContain(LOCKED);
  });

  it('survives a crash, and the last good start', async () => {
    const [locked, reset] = [await account('crashed'), await account('crashed and reset')];
    await server.stop();
    await restarted();
    await lock(locked);
    const client = await RawClient.bound({ port: server.port, password });
    expect((await client.request(passwordModifyRequest({ user: `dn:${reset}`, new: OTHER }))).code).toBe(0);
    const [entry] = await tools.entries(locked, '-s', 'base', 'entryUUID');
    const id = entry?.first('entryuuid') ?? 'none';
    const logins = async () =>
      JSON.parse(await readFile(join(server.folder, 'config', 'config-logins.json'), 'utf8'))[id];
    await until(async () => (await logins())?.lockedAt !== undefined);
    await server.kill();
    await restarted();
    expect(await bind(locked, RIGHT)).toContain(LOCKED);
    expect(await bind(reset, OTHER)).toContain(MUST_CHANGE);
    expect(await bind(reset, RIGHT)).toContain('(49)');
    await server.stop();
    await restarted(['--last-known-good']);
    expect(await bind(locked, RIGHT)).toContain(LOCKED);
    client.close();
  });
});
