// The authorization identity of a bind (RFC 3829), by raw requests and by OpenLDAP's clients.

import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../../support/accounts.ts';
import { bindRequest, control, message, saslBindRequest } from '../../support/ber-bytes.ts';
import { ScramClient } from '../../support/clients/scram-client.ts';
import { LdapTools, runProgram } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

const REQUEST = '2.16.840.1.113730.3.4.16';
const RESPONSE = '2.16.840.1.113730.3.4.15';
const ASKING = control(REQUEST);
const PASSWORD = 'a password';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
  const facts = { password: PASSWORD, privileges: ['proxied-auth'] };
  expect(await new LdapTools(server).add(accountLdif('service', facts))).toMatchObject({ code: 0 });
});

/** What the response control says; undefined without one. */
async function identityOf(...binds: readonly Buffer[]) {
  const client = await RawClient.connect(server);
  let last: { code: number | undefined; identity: string | undefined } = {
    code: undefined,
    identity: undefined,
  };
  for (const bind of binds) {
    const { code, controls } = await client.request(bind, [ASKING]);
    last = { code, identity: controls.get(RESPONSE)?.toString() };
  }
  return last;
}

describe('a bind that asks for its authorization identity', () => {
  it('is told the DN of the account, whatever name it bound with', async () => {
    const identity = `dn:${ADMINISTRATOR}`;
    for (const name of [ADMINISTRATOR, 'uid=admin']) {
      expect(await identityOf(bindRequest(name, server.password))).toEqual({ code: 0, identity });
    }
    const plain = saslBindRequest('PLAIN', `\0admin\0${server.password}`);
    expect(await identityOf(plain)).toEqual({ code: 0, identity });
  });

  it('is told whom it acts as', async () => {
    const plain = saslBindRequest('PLAIN', `dn:${ADMINISTRATOR}\0service\0${PASSWORD}`);
    expect(await identityOf(plain)).toEqual({ code: 0, identity: `dn:${ADMINISTRATOR}` });
    const nobody = saslBindRequest('PLAIN', `dn:\0service\0${PASSWORD}`);
    expect(await identityOf(nobody)).toEqual({ code: 0, identity: '' });
  });

  it('is told an empty identity when it is anonymous', async () => {
    expect(await identityOf(bindRequest('', ''))).toEqual({ code: 0, identity: '' });
  });

  it('is told nothing when it fails', async () => {
    for (const name of [ADMINISTRATOR, accountDn('nobody')]) {
      expect(await identityOf(bindRequest(name, 'wrong'))).toEqual({ code: 49, identity: undefined });
    }
    expect(await identityOf(bindRequest(ADMINISTRATOR, ''))).toEqual({ code: 53, identity: undefined });
  });

  it('is told at the end of an exchange of several messages, and not before', async () => {
    const client = await RawClient.connect(server);
    const scram = new ScramClient('service');
    const first = await client.request(saslBindRequest('SCRAM-SHA-256', scram.first), [ASKING]);
    expect(first).toMatchObject({ code: 14 });
    expect(first.controls.size).toBe(0);
    const { message: final } = scram.final(first.serverSaslCredentials ?? '', PASSWORD);
    const last = await client.request(saslBindRequest('SCRAM-SHA-256', final), [ASKING]);
    expect(last).toMatchObject({ code: 0 });
    expect(last.controls.get(RESPONSE)?.toString()).toBe(`dn:${accountDn('service')}`);
  });

  it('may say that it must be told', async () => {
    const client = await RawClient.connect(server);
    const answer = await client.request(bindRequest('', ''), [control(REQUEST, true)]);
    expect(answer).toMatchObject({ code: 0 });
  });

  it('gives the control no value', async () => {
    const client = await RawClient.connect(server);
    const answer = await client.request(bindRequest('', ''), [control(REQUEST, true, 'dn:')]);
    expect(answer).toMatchObject({ code: 2 });
  });
});

it('a bind that does not ask is told nothing', async () => {
  const client = await RawClient.connect(server);
  client.send(message(1, bindRequest(ADMINISTRATOR, server.password)));
  expect((await client.answer(1)).controls.size).toBe(0);
});

it.each(['bauthzid', '!bauthzid'])('ldapwhoami -e %s shows it', async (option) => {
  const words = ['-x', '-H', server.url, '-D', 'uid=admin', '-w', server.password, '-e', option];
  const { code, stdout, stderr } = await runProgram('ldapwhoami', words);
  expect({ code, stdout, stderr }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`dn:${ADMINISTRATOR}`),
  });
  expect(`${stdout}${stderr}`).toContain(RESPONSE);
});
