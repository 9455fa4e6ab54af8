import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif, passwordModifyRequest } from '../../support/accounts.ts';
import { bindRequest, saslBindRequest } from '../../support/ber-bytes.ts';
import { ScramClient } from '../../support/clients/scram-client.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

const PASSWORD = 'the right one';
const SCRAM = 'SCRAM-SHA-256';
const FAILURES_MAX = 3;

let server: RunningServer;
let administrator: RawClient;
let count = 0;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
  administrator = await RawClient.bound(server);
  await setConfig('ds-cfg-lockout-failure-count', String(FAILURES_MAX));
});

async function setConfig(attribute: string, value: string): Promise<void> {
  const ldif = ['dn: cn=config', 'changetype: modify', `replace: ${attribute}`, `${attribute}: ${value}`, ''];
  expect(await new LdapTools(server).modify(ldif.join('\n'))).toMatchObject({ code: 0, stderr: '' });
}

async function account(): Promise<string> {
  count += 1;
  const dn = accountDn(`account ${count}`);
  const added = await new LdapTools(server).add(accountLdif(`account ${count}`, { password: PASSWORD }));
  expect(added).toMatchObject({ code: 0 });
  return dn;
}

type LogIn = (client: RawClient, dn: string, password: string) => Promise<{ code: number; text: string }>;

const SIMPLE: LogIn = (client, dn, password) => client.request(bindRequest(dn, password));
const PLAIN: LogIn = (client, dn, password) =>
  client.request(saslBindRequest('PLAIN', `\0${dn}\0${password}`));
const BY_SCRAM: LogIn = async (client, dn, password) => {
  const scram = new ScramClient(dn.replaceAll('=', '=3D').replaceAll(',', '=2C'));
  const first = await client.request(saslBindRequest(SCRAM, scram.first));
  if (first.serverSaslCredentials === undefined) return first;
  return client.request(saslBindRequest(SCRAM, scram.final(first.serverSaslCredentials, password).message));
};
const BY_OLD_PASSWORD: LogIn = (_, dn, password) =>
  administrator.request(passwordModifyRequest({ user: dn, old: password, new: PASSWORD }));

describe.each([
  ['a simple bind', SIMPLE],
  ['PLAIN', PLAIN],
  [SCRAM, BY_SCRAM],
  ['an old password', BY_OLD_PASSWORD],
] as const)('guessing by %s', (_, logIn) => {
  it('is refused after a while, for the name that was tried, even when the guess is right', async () => {
    const [dn, other] = [await account(), await account()];
    const client = await RawClient.connect(server);
    for (let index = 0; index < FAILURES_MAX; index++) {
      expect(await logIn(client, dn, `guess ${index}`)).toMatchObject({ code: 49 });
    }
    const refused = await logIn(client, dn, PASSWORD);
    expect(refused.code).toBe(49);
    expect(refused.text).toContain('Try again in');
    expect(await logIn(client, other, PASSWORD)).toMatchObject({ code: 0 });
    expect(await SIMPLE(client, ADMINISTRATOR, server.password)).toMatchObject({ code: 0 });
  });
});

it('is one count for all mechanisms and all names of an account', async () => {
  const client = await RawClient.connect(server);
  const dn = await account();
  await SIMPLE(client, dn, 'a guess');
  await PLAIN(client, `dn:${dn}`, 'a guess');
  await BY_SCRAM(client, dn.toUpperCase(), 'a guess');
  expect((await SIMPLE(client, dn, PASSWORD)).text).toContain('Try again in');
});

it('is refused for names that nobody has in the same words', async () => {
  const client = await RawClient.connect(server);
  const texts = [];
  for (const dn of [await account(), accountDn('nobody')]) {
    for (let index = 0; index < FAILURES_MAX; index++) await SIMPLE(client, dn, 'a guess');
    texts.push((await SIMPLE(client, dn, PASSWORD)).text.replace(/\d+ seconds/, 'some seconds'));
  }
  expect(texts[1]).toBe(texts[0]);
});

it('is allowed again when the time is over', async () => {
  const client = await RawClient.connect(server);
  const dn = await account();
  await setConfig('ds-cfg-lockout-duration', '1 ms');
  for (let index = 0; index < FAILURES_MAX; index++) await SIMPLE(client, dn, 'a guess');
  // A login that is refused does not count as a failure, so asking again does not prolong the refusal.
  const logIn = async () => (await SIMPLE(client, dn, PASSWORD)).code;
  await expect.poll(logIn).toBe(0);
  await setConfig('ds-cfg-lockout-duration', '5 m');
});
