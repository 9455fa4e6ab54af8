// Hashes of other servers in entries: the password logs in, the text of the hash never does, and what is quick to guess is
// replaced by a login.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { backendLdif, PEOPLE, PEOPLE_LDIF } from '../../memory/memory-backend-support.ts';
import { accountDn, accountLdif, passwordModifyRequest } from '../../support/accounts.ts';
import {
  addRequest,
  bindRequest,
  changeKinds,
  deleteRequest,
  extendedRequest,
  message,
  modifyRequest,
  saslBindRequest,
  searchRequest,
} from '../../support/ber-bytes.ts';
import { ScramClient } from '../../support/clients/scram-client.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const SSHA = '{SSHA}tCNGqyJLk/uvKpCa4vga5GB2gWoxMjM0NTY3OA==';
const SHA = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=';
const CRYPT = '{CRYPT}$1$abcdefgh$IQtUouv7y7Q9dRWkQEPCc.';
const BCRYPT = '{BCRYPT}$2a$10$mtlPbXKhLzwW9xZGGeJ5/.0pBzSyVMW2Nd5DyfAqkb4nQ9lSpEqZS';
const PBKDF2 = '{PBKDF2}60000$Y6ZHtTTbeUgpIbIW0QDmDA$j/aU7jFKUSbH4UobNQDm9OEIwuw';
const SCRAM =
  '{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';
const ARGON2 =
  '{ARGON2}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');

let server: RunningServer;
let tools: LdapTools;
let administrator: RawClient;
let count = 0;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  expect(await tools.add(backendLdif())).toMatchObject({ code: 0 });
  expect(await tools.add(PEOPLE_LDIF)).toMatchObject({ code: 0 });
  administrator = await RawClient.bound(server);
});

/** Adds somebody with these values of userPassword; returns the DN. */
async function person(...passwords: readonly string[]): Promise<string> {
  count += 1;
  const dn = `uid=p${count},${PEOPLE}`;
  const lines = passwords.map((password) => `userPassword: ${password}`);
  const person = [`dn: ${dn}`, 'objectClass: inetOrgPerson', `uid: p${count}`, 'cn: A', 'sn: B', ...lines];
  expect(await tools.add(person.join('\n'))).toMatchObject({ code: 0, stderr: '' });
  return dn;
}

async function codeOf(dn: string, password: string): Promise<number> {
  const client = await RawClient.connect(server);
  const { code } = await client.request(bindRequest(dn, password));
  client.close();
  return code;
}

async function storedOf(dn: string): Promise<readonly string[]> {
  const { entries } = await administrator.request(searchRequest(dn, { attributes: ['userPassword'] }));
  return entries[0]?.attributes.userPassword ?? [];
}

const schemesOf = (values: readonly string[]) =>
  values.map((value) => value.replace(/\}.*/s, '}')).toSorted();
const OURS = ['{SCRAM-SHA-256}', '{SCRAM-SHA-512}', '{SCRYPT}'];

describe('in an entry of a memory backend', () => {
  it.each([
    ['{SSHA}', SSHA, 'secret'],
    ['{SHA}', SHA, 'secret'],
    ['{CRYPT} of MD5', CRYPT, 'pw'],
  ])('%s logs in by its password alone, and is replaced then', async (_, stored, password) => {
    const dn = await person(stored);
    expect(await codeOf(dn, stored)).toBe(49);
    expect(await codeOf(dn, `${password}x`)).toBe(49);
    expect(await storedOf(dn)).toEqual([stored]);
    const early = await RawClient.bound(server, dn, password);
    expect(schemesOf(await storedOf(dn))).toEqual(OURS);
    expect((await early.request(WHO_AM_I)).value).toBe(`dn:${dn}`);
    expect(await codeOf(dn, password)).toBe(0);
    expect(await codeOf(dn, stored)).toBe(49);
    const scram = new ScramClient(dn.replaceAll('=', '=3D').replaceAll(',', '=2C'));
    const client = await RawClient.connect(server);
    const first = await client.request(saslBindRequest('SCRAM-SHA-256', scram.first));
    const { message } = scram.final(first.serverSaslCredentials ?? '', password);
    expect(await client.request(saslBindRequest('SCRAM-SHA-256', message))).toMatchObject({ code: 0 });
  });

  it.each([
    ['{PBKDF2}', PBKDF2, 'secret'],
    ['{SCRAM-SHA-256}', SCRAM, 'pencil'],
    ['{ARGON2}', ARGON2, 'password'],
  ])('%s logs in by its password alone, and stays', async (_, stored, password) => {
    const dn = await person(stored);
    expect(await codeOf(dn, stored)).toBe(49);
    expect(await codeOf(dn, password)).toBe(0);
    expect(await storedOf(dn)).toEqual([stored]);
  });

  it('only the value that fits is replaced', async () => {
    const dn = await person(SSHA, CRYPT);
    expect(await codeOf(dn, 'pw')).toBe(0);
    expect(schemesOf(await storedOf(dn))).toEqual(['{SSHA}', ...OURS].toSorted());
    expect(await codeOf(dn, 'secret')).toBe(0);
    expect(await codeOf(dn, 'pw')).toBe(0);
  });

  it.each([
    '{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==',
    '{CLEARTEXT}secret',
    '{SSHA}not base64',
    '{x}y',
    '{BCRYPT}$2b$31$x',
  ])('%s is refused, with what there is', async (value) => {
    const dn = await person('a password');
    const change = `dn: ${dn}\nchangetype: modify\nadd: userPassword\nuserPassword: ${value}`;
    const { code, stderr } = await tools.modify(change);
    expect(code).toBe(19);
    expect(stderr).toContain('{SSHA}');
    expect(stderr).not.toContain(value);
    expect(await codeOf(dn, value)).toBe(49);
  });

  it('Password Modify takes passwords, and no hashes', async () => {
    const dn = await person('a password');
    const client = await RawClient.bound(server, dn, 'a password');
    const asked = passwordModifyRequest({ old: 'a password', new: SSHA });
    expect(await client.request(asked)).toMatchObject({ code: 19 });
    expect(await administrator.request(passwordModifyRequest({ user: dn, new: ARGON2 }))).toMatchObject({
      code: 19,
    });
    expect([await codeOf(dn, SSHA), await codeOf(dn, 'secret'), await codeOf(dn, 'a password')]).toEqual([
      49, 49, 0,
    ]);
  });
});

describe('changes that are sent together', () => {
  it('are made in their order, also behind passwords that are being hashed', async () => {
    const client = await RawClient.bound(server);
    const dn = `uid=in-a-row,${PEOPLE}`;
    const person = [
      ['objectClass', ['inetOrgPerson']],
      ['cn', ['A']],
      ['sn', ['B']],
      ['userPassword', ['first']],
    ] as const;
    const replaced = (name: string, value: string) =>
      modifyRequest(dn, [[changeKinds.replace, name, [value]]]);
    const account = accountDn('in a row');
    const service = [
      ['objectClass', ['person', 'ds-cfg-root-dn-user']],
      ['sn', ['B']],
      ['userPassword', ['the first password']],
    ] as const;
    const requests = [
      ...[addRequest(dn, person), replaced('description', 'first'), replaced('userPassword', 'second')],
      ...[replaced('description', 'second'), addRequest(account, service), deleteRequest(account)],
    ];
    client.send(...requests.map((request, index) => message(100 + index, request)));
    const codes: (number | undefined)[] = [];
    for (const [index] of requests.entries()) codes.push((await client.answer(100 + index)).code);
    expect(codes).toEqual(requests.map(() => 0));
    const { entries } = await administrator.request(searchRequest(dn, { attributes: ['description'] }));
    expect(entries[0]?.attributes.description).toEqual(['second']);
    expect([await codeOf(dn, 'first'), await codeOf(dn, 'second')]).toEqual([49, 0]);
  });
});

describe('a file that fills a memory backend', () => {
  const backend = 'ds-cfg-backend-id=filled,cn=Backends,cn=config';
  const fill = async (password: string) => {
    const top = 'dn: dc=filled\nobjectClass: domain\ndc: filled\n';
    const person = `dn: uid=one,dc=filled\nobjectClass: inetOrgPerson\nuid: one\ncn: A\nsn: B\nuserPassword: ${password}\n`;
    await writeFile(join(server.folder, 'filled.ldif'), `${top}\n${person}`);
    return tools.add(backendLdif('ds-cfg-ldif-file: filled.ldif\n', 'filled', 'dc=filled'));
  };

  it('has hashes of other servers, which let in with the password alone', async () => {
    expect(await fill(SSHA)).toMatchObject({ code: 0, stderr: '' });
    expect([await codeOf('uid=one,dc=filled', SSHA), await codeOf('uid=one,dc=filled', 'secret')]).toEqual([
      49, 0,
    ]);
    expect(await tools.delete(backend)).toMatchObject({ code: 0 });
  });

  it('is refused with what is not known', async () => {
    const { code, stderr } = await fill('{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==');
    expect(code).not.toBe(0);
    expect(stderr).toContain('{SSHA}');
    expect(stderr).not.toContain('Xr4il');
  });
});

describe('an account below cn=config', () => {
  it.each([
    ['{PBKDF2}', PBKDF2, 'secret'],
    ['{SCRAM-SHA-256}', SCRAM, 'pencil'],
    ['{ARGON2}', ARGON2, 'password'],
  ])('takes %s', async (name, stored, password) => {
    const cn = `with ${name.replace(/\W/g, '')}`;
    expect(await tools.add(accountLdif(cn, { password: stored }))).toMatchObject({ code: 0, stderr: '' });
    expect(await codeOf(accountDn(cn), stored)).toBe(49);
    expect(await codeOf(accountDn(cn), password)).toBe(0);
  });

  it.each([SSHA, SHA, CRYPT, '{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==', '{BCRYPT}$2b$31$x', BCRYPT.slice(0, 20)])(
    'does not take %s',
    async (stored) => {
      const { code, stderr } = await tools.add(accountLdif('weak', { password: stored }));
      expect(code).toBe(19);
      expect(stderr).toContain('{ARGON2}');
      expect(stderr).not.toContain(stored);
      expect(await codeOf(accountDn('weak'), stored)).toBe(49);
    },
  );
});

it('Argon2 is refused with the reason by a Node.js that does not compute it, and all else goes on', async () => {
  const preload = fileURLToPath(new URL('../../support/preloads/without-argon2.mjs', import.meta.url));
  const older = await startServer({ environment: { NODE_OPTIONS: `--import=${preload}` } });
  const client = await RawClient.bound(older);
  const attributes = [
    ['objectClass', ['person', 'ds-cfg-root-dn-user']],
    ['sn', ['argon']],
    ['userPassword', [ARGON2]],
  ] as const;
  const refused = await client.request(addRequest(accountDn('argon'), attributes));
  expect(refused).toMatchObject({ code: 19, text: expect.stringContaining('run confdit with Node.js 24.7') });
  client.close();
});
