import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { addPeople, PEOPLE } from '../../memory/memory-backend-support.ts';
import { accountDn, accountLdif, passwordModifyRequest } from '../../support/accounts.ts';
import {
  bindRequest,
  changeKinds,
  extendedRequest,
  modifyRequest,
  octets,
  sequence,
} from '../../support/ber-bytes.ts';
import { LdapTools, runProgram } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const OLD = 'canary-old';
const NEW = 'other-canary';

let server: RunningServer;
let count = 0;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
});

/** A new account with the password OLD. */
async function account(...privileges: readonly string[]): Promise<string> {
  count += 1;
  const name = `account ${count}`;
  const { code, stderr } = await new LdapTools(server).add(accountLdif(name, { password: OLD, privileges }));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return accountDn(name);
}

function ldappasswd(name: string, password: string, ...words: readonly string[]) {
  return runProgram('ldappasswd', ['-x', '-H', server.url, '-D', name, '-w', password, ...words]);
}

async function canBind(dn: string, password: string): Promise<boolean> {
  const client = await RawClient.connect(server);
  return (await client.request(bindRequest(dn, password))).code === 0;
}

async function canScram(dn: string, password: string): Promise<boolean> {
  const words = ['-Q', '-H', server.url, '-Y', 'SCRAM-SHA-256', '-U', dn, '-w', password];
  return (await runProgram('ldapwhoami', words)).code === 0;
}

async function whoIs(client: RawClient): Promise<string | undefined> {
  return (await client.request(WHO_AM_I)).value;
}

describe('ldappasswd', () => {
  it("sets one's own password, for every mechanism, when the old one is given", async () => {
    const dn = await account();
    expect(await ldappasswd(dn, OLD, '-a', OLD, '-s', NEW)).toMatchObject({ code: 0, stderr: '' });
    expect([await canBind(dn, NEW), await canScram(dn, NEW)]).toEqual([true, true]);
    expect([await canBind(dn, OLD), await canScram(dn, OLD)]).toEqual([false, false]);
  });

  it.each([
    ['without the old one', [], 53],
    ['with a wrong old one', ['-a', 'wrong'], 49],
  ])("does not set one's own password %s", async (_, words, code) => {
    const dn = await account();
    const result = await ldappasswd(dn, OLD, ...words, '-s', NEW);
    expect(result.stdout).toContain(`(${code})`);
    expect([await canBind(dn, OLD), await canBind(dn, NEW)]).toEqual([true, false]);
  });

  it('answers with a password it has made up when none is given', async () => {
    const dn = await account();
    const { stdout } = await ldappasswd(ADMINISTRATOR, server.password, dn);
    const [, password = ''] = /^New password: (\S{20,})$/m.exec(stdout) ?? [];
    expect(await canBind(dn, password)).toBe(true);
    expect(await canBind(dn, OLD)).toBe(false);
  });

  it("sets others' passwords with password-reset only", async () => {
    const [dn, helper, other] = [
      await account(),
      await account('password-reset'),
      await account('config-read'),
    ];
    const refused = await ldappasswd(other, OLD, '-s', NEW, dn);
    expect(refused.stdout).toContain('password-reset');
    expect(refused.stdout).toContain('(50)');
    expect(await ldappasswd(helper, OLD, '-s', NEW, dn)).toMatchObject({ code: 0 });
    expect(await canBind(dn, NEW)).toBe(true);
  });

  it('does not let anybody take over an account that may do more', async () => {
    // Which privileges it lacks is told to who may read those of the account.
    for (const [isTold, ...more] of [[false], [true, 'config-read']] as const) {
      const helper = await account('password-reset', ...more);
      const refused = await ldappasswd(helper, OLD, '-s', NEW, ADMINISTRATOR);
      expect(refused.stdout).toContain('(50)');
      expect(refused.stdout.includes('config-write')).toBe(isTold);
    }
    expect(await canBind(ADMINISTRATOR, server.password)).toBe(true);
  });

  it.each([
    ['a password that is too long', ['-s', 'x'.repeat(2000)], 19],
    ['an entry that is not there', ['-s', NEW, 'cn=nobody,cn=Root DNs,cn=config'], 32],
    ['a name outside of the tree', ['-s', NEW, 'dc=example'], 32],
    ['a name that is none', ['-s', NEW, 'nobody'], 32],
  ])('is refused for %s', async (_, words, code) => {
    const { stdout } = await ldappasswd(ADMINISTRATOR, server.password, ...words);
    expect(stdout).toContain(`(${code})`);
    expect(stdout).not.toContain('xxxx');
  });

  it('finds an account by the name that people know it by', async () => {
    const dn = await account();
    const client = await RawClient.bound(server);
    const name = dn.slice('cn='.length, dn.indexOf(','));
    expect(await client.request(passwordModifyRequest({ user: `u:${name}`, new: NEW }))).toMatchObject({
      code: 0,
    });
    expect(await canBind(dn, NEW)).toBe(true);
  });
});

describe('the sessions of an account', () => {
  it('end with its password, but not the one that has changed it', async () => {
    const dn = await account('config-read');
    const [own, other] = [await RawClient.bound(server, dn, OLD), await RawClient.bound(server, dn, OLD)];
    expect(await own.request(passwordModifyRequest({ old: OLD, new: NEW }))).toMatchObject({
      code: 0,
      value: undefined,
    });
    expect(await whoIs(own)).toBe(`dn:${dn}`);
    expect(await whoIs(other)).toBe('');
  });

  it('end with its password, but not the one that has replaced it by a modify, and the log knows who did', async () => {
    const dn = await account('config-read', 'config-write', 'password-reset');
    const [own, other] = [await RawClient.bound(server, dn, OLD), await RawClient.bound(server, dn, OLD)];
    const replace = (name: string) => modifyRequest(name, [[changeKinds.replace, 'userPassword', [NEW]]]);
    expect(await own.request(replace(dn))).toMatchObject({ code: 0 });
    expect(await whoIs(own)).toBe(`dn:${dn}`);
    expect(await whoIs(other)).toBe('');
    await server.waitForLog((line) => line.msg === 'modify' && line.dn === dn && line.who === dn);

    const administrator = await RawClient.bound(server);
    expect(await administrator.request(replace(dn))).toMatchObject({ code: 0 });
    expect(await whoIs(own)).toBe('');
    expect(await whoIs(administrator)).toBe(`dn:${ADMINISTRATOR}`);
  });

  it('end with the account', async () => {
    const dn = await account('config-read');
    const client = await RawClient.bound(server, dn, OLD);
    expect(await whoIs(client)).toBe(`dn:${dn}`);
    expect(await new LdapTools(server).delete(dn)).toMatchObject({ code: 0 });
    expect(await whoIs(client)).toBe('');
    await new LdapTools(server).add(accountLdif(dn.slice(3, dn.indexOf(',')), { password: OLD }));
    expect(await whoIs(client)).toBe('');
  });
});

describe('an entry of a memory backend', () => {
  const ada = `uid=ada,${PEOPLE}`;
  const grace = `uid=grace,${PEOPLE}`;

  beforeAll(async () => {
    await addPeople(new LdapTools(server));
  });

  it('changes its own password with the old one, and its other sessions end', async () => {
    const old = 'enchantress of numbers';
    const [own, other] = [await RawClient.bound(server, ada, old), await RawClient.bound(server, ada, old)];
    expect(await own.request(passwordModifyRequest({ new: NEW }))).toMatchObject({ code: 53 });
    expect(await own.request(passwordModifyRequest({ old, new: NEW }))).toMatchObject({ code: 0 });
    expect(await whoIs(own)).toBe(`dn:${ada}`);
    expect(await whoIs(other)).toBe('');
    expect([await canBind(ada, NEW), await canScram(ada, NEW), await canBind(ada, old)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('gets its first password from the administrator and from nobody else', async () => {
    const client = await RawClient.bound(server, ada, NEW);
    const request = passwordModifyRequest({ user: grace, new: NEW });
    expect(await client.request(request)).toMatchObject({ code: 50 });
    expect(await (await RawClient.bound(server)).request(request)).toMatchObject({ code: 0 });
    expect(await canBind(grace, NEW)).toBe(true);
  });
});

it('a value that is no Password Modify request is refused', async () => {
  const client = await RawClient.bound(server);
  for (const value of [
    octets('x'),
    sequence(octets('x', 0x82), octets('y', 0x82)).subarray(0, 4),
    Buffer.from([0x30, 0x80]),
  ]) {
    const answer = await client.request(extendedRequest('1.3.6.1.4.1.4203.1.11.1', value));
    expect(answer).toMatchObject({ code: 2 });
  }
  expect(await whoIs(client)).toBe(`dn:${ADMINISTRATOR}`);
});

it('an anonymous client is refused, whoever it names', async () => {
  const client = await RawClient.connect(server);
  const dn = await account();
  expect(await client.request(passwordModifyRequest({ new: NEW }))).toMatchObject({ code: 50 });
  expect(await client.request(passwordModifyRequest({ user: dn, old: OLD, new: NEW }))).toMatchObject({
    code: 50,
  });
});

it('neither the log nor the journal has a password in it', async () => {
  const client = await RawClient.bound(server);
  await client.request(passwordModifyRequest({ user: await account(), new: NEW }));
  await client.request(passwordModifyRequest({ old: 'canary-wrong', new: NEW }));
  await server.waitForLog(({ msg, result }) => msg === 'extended' && result === 'invalidCredentials');
  const files = (await readdir(server.folder, { withFileTypes: true, recursive: true })).filter((file) =>
    file.isFile(),
  );
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  );
  const all = [JSON.stringify(server.logLines()), server.errorOutput(), ...texts].join('\n');
  expect(all.includes('replace: userPassword')).toBe(true);
  for (const canary of [OLD, NEW, 'canary-wrong', server.password]) {
    for (const form of [canary, Buffer.from(canary).toString('base64')])
      expect(all.includes(form), form).toBe(false);
  }
});
