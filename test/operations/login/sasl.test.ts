import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../../support/accounts.ts';
import {
  bindRequest,
  control,
  extendedRequest,
  message,
  saslBindRequest,
  searchRequest,
} from '../../support/ber-bytes.ts';
import { ScramClient } from '../../support/clients/scram-client.ts';
import { LdapTools, runProgram } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const SCRAM = 'SCRAM-SHA-256';
const IN_PROGRESS = 14;
const SERVICE_PASSWORD = 'canary-pässword';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
  const { code, stderr } = await new LdapTools(server).add(
    [
      accountLdif('service', { password: SERVICE_PASSWORD, privileges: ['config-read'] }),
      accountLdif('proxy', { password: SERVICE_PASSWORD, privileges: ['proxied-auth'] }),
      accountLdif('comma, inc = me', { password: SERVICE_PASSWORD, lines: [] }).replace(
        'cn=comma, inc',
        'cn=comma\\, inc',
      ),
    ].join('\n'),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

async function whoIs(client: RawClient): Promise<string | undefined> {
  return (await client.request(WHO_AM_I)).value;
}

/** ldapwhoami by a SASL mechanism; -O none lets libsasl use PLAIN without TLS. */
function whoAmIBy(mechanism: string, name: string, password: string, ...more: readonly string[]) {
  const words = ['-Q', '-O', 'none', '-H', server.url, '-Y', mechanism, '-U', name, '-w', password, ...more];
  return runProgram('ldapwhoami', words);
}

describe.each([SCRAM, 'SCRAM-SHA-512', 'PLAIN'])('ldapwhoami -Y %s', (mechanism) => {
  it.each([
    ['admin', ADMINISTRATOR],
    ['uid=admin', ADMINISTRATOR],
    ['cn=Admin, cn=root dns,cn=config', ADMINISTRATOR],
    ['u:admin', ADMINISTRATOR],
    [`dn:${ADMINISTRATOR}`, ADMINISTRATOR],
  ])('knows %s', async (name, dn) => {
    const { code, stdout, stderr } = await whoAmIBy(mechanism, name, server.password);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: `dn:${dn}\n` });
  });

  it('knows a service account, and a password that is not ASCII', async () => {
    const { stdout } = await whoAmIBy(mechanism, 'service', SERVICE_PASSWORD);
    expect(stdout).toBe(`dn:${accountDn('service')}\n`);
  });

  it('knows a name that is written with escapes', async () => {
    const { stdout } = await whoAmIBy(mechanism, 'comma, inc = me', SERVICE_PASSWORD);
    expect(stdout).toBe('');
    const byDn = await whoAmIBy(mechanism, 'cn=comma\\, inc \\3d me,cn=Root DNs,cn=config', SERVICE_PASSWORD);
    expect(byDn.stdout).toContain('comma');
  });

  it.each([
    ['a wrong password', 'admin', 'wrong'],
    ['a name nobody has', 'nobody', 'wrong'],
    ['a name that is no DN', 'a=b=,', 'wrong'],
    ['an account without a password', 'cn=config', 'wrong'],
  ])('refuses %s with the same words', async (_, name, password) => {
    const { code, stderr } = await whoAmIBy(mechanism, name, password);
    expect(code).toBe(49);
    expect(stderr).toContain('The name or the password is wrong.');
  });

  it('acts for somebody else with proxied-auth only', async () => {
    const proxied = await whoAmIBy(mechanism, 'proxy', SERVICE_PASSWORD, '-X', `dn:${accountDn('service')}`);
    expect(proxied.stdout).toBe(`dn:${accountDn('service')}\n`);
    const refused = await whoAmIBy(mechanism, 'service', SERVICE_PASSWORD, '-X', 'u:admin');
    expect(refused.code).toBe(49);
    expect(refused.stderr).toContain('proxied-auth');
  });
});

describe('an exchange', () => {
  async function begun(): Promise<{ client: RawClient; scram: ScramClient; challenge: string }> {
    const client = await RawClient.bound(server);
    const scram = new ScramClient('admin');
    const { code, serverSaslCredentials } = await client.request(saslBindRequest(SCRAM, scram.first));
    expect(code).toBe(IN_PROGRESS);
    return { client, scram, challenge: serverSaslCredentials ?? '' };
  }

  it('ends with the proof that the server knows the password too', async () => {
    const { client, scram, challenge } = await begun();
    const { message: final, serverFinal } = scram.final(challenge, server.password);
    expect(await client.request(saslBindRequest(SCRAM, final))).toMatchObject({
      code: 0,
      serverSaslCredentials: serverFinal,
    });
    expect(await whoIs(client)).toBe(`dn:${ADMINISTRATOR}`);
  });

  it('leaves nobody bound while it lasts and when it fails', async () => {
    const { client, scram, challenge } = await begun();
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 1 });
    expect(await client.request(searchRequest('cn=config'))).toMatchObject({ code: 1 });
    const { message: final } = scram.final(challenge, 'wrong');
    expect(await client.request(saslBindRequest(SCRAM, final))).toMatchObject({ code: 49 });
    expect(await whoIs(client)).toBe('');
  });

  it.each([
    ['a simple bind', bindRequest('', ''), 0],
    ['a simple bind that fails', bindRequest(ADMINISTRATOR, 'wrong'), 49],
    ['another mechanism', saslBindRequest('PLAIN', '\0admin\0wrong'), 49],
    ['a mechanism nobody knows', saslBindRequest('GSSAPI'), 7],
    ['no mechanism', saslBindRequest(''), 7],
    ['LDAP version 2', bindRequest('', '', 2), 2],
    ['a bind that cannot be read', bindRequest('', '', 200), 2],
  ])('is given up by %s', async (_, other, code) => {
    const { client, scram, challenge } = await begun();
    expect(await client.request(other)).toMatchObject({ code });
    expect(await whoIs(client)).toBe('');
    const { message: final } = scram.final(challenge, server.password);
    expect(await client.request(saslBindRequest(SCRAM, final))).toMatchObject({ code: 2 });
  });

  it('is given up by a bind with a control nobody knows', async () => {
    const { client, scram, challenge } = await begun();
    expect(await client.request(bindRequest('', ''), [control('1.2.3.4', true)])).toMatchObject({ code: 12 });
    const { message: final } = scram.final(challenge, server.password);
    expect(await client.request(saslBindRequest(SCRAM, final))).toMatchObject({ code: 2 });
  });

  it('is over when it has succeeded: its last message cannot be sent again', async () => {
    const { client, scram, challenge } = await begun();
    const final = saslBindRequest(SCRAM, scram.final(challenge, server.password).message);
    expect(await client.request(final)).toMatchObject({ code: 0 });
    expect(await client.request(final)).toMatchObject({ code: 2 });
    expect(await whoIs(client)).toBe('');
  });

  it('of one connection cannot be finished on another', async () => {
    const { scram, challenge } = await begun();
    const { client } = await begun();
    const { message: final } = scram.final(challenge, server.password);
    expect(await client.request(saslBindRequest(SCRAM, final))).toMatchObject({ code: 49 });
  });

  it('has a nonce of its own each time', async () => {
    const challenges = await Promise.all(Array.from({ length: 4 }, async () => (await begun()).challenge));
    expect(new Set(challenges).size).toBe(4);
  });

  it('may begin with an empty bind', async () => {
    const client = await RawClient.connect(server);
    expect(await client.request(saslBindRequest('PLAIN'))).toMatchObject({
      code: IN_PROGRESS,
      serverSaslCredentials: '',
    });
    const plain = saslBindRequest('PLAIN', `\0admin\0${server.password}`);
    expect(await client.request(plain)).toMatchObject({ code: 0 });
    expect(await whoIs(client)).toBe(`dn:${ADMINISTRATOR}`);
  });

  it('finds its order when all is sent in one write', async () => {
    const client = await RawClient.connect(server);
    const plain = saslBindRequest('PLAIN', `\0admin\0${server.password}`);
    client.send(
      message(1, plain),
      message(2, WHO_AM_I),
      message(3, saslBindRequest(SCRAM, 'n,,n=admin,r=x')),
      message(4, WHO_AM_I),
    );
    expect((await client.answer(2)).value).toBe(`dn:${ADMINISTRATOR}`);
    expect((await client.answer(3)).code).toBe(IN_PROGRESS);
    expect((await client.answer(4)).code).toBe(1);
  });
});

describe('a message of PLAIN', () => {
  it.each([
    ['nothing', ''],
    ['one part', 'admin'],
    ['two parts', '\0admin'],
    ['four parts', '\0admin\0a\0b'],
    ['no name', '\0\0password'],
    ['no password', '\0admin\0'],
    ['octets that are no UTF-8', Buffer.from([0x00, 0xff, 0x00, 0xff])],
    ['far too much', `\0admin\0${'x'.repeat(5000)}`],
  ])('with %s is none', async (_, credentials) => {
    const client = await RawClient.bound(server);
    const answer = await client.request(saslBindRequest('PLAIN', credentials));
    expect(answer).toMatchObject({ code: 2 });
    expect(answer.text).not.toContain('xxx');
    expect(await whoIs(client)).toBe('');
  });
});

it('the root DSE names the mechanisms', async () => {
  const [root] = await new LdapTools(server).entries('', '-s', 'base', 'supportedSASLMechanisms');
  expect(root?.values('supportedsaslmechanisms').toSorted()).toEqual([
    ...['EXTERNAL', 'PLAIN', SCRAM, 'SCRAM-SHA-512'],
  ]);
});

it('many bind at a time, each as somebody', async () => {
  const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(server)));
  const names = await Promise.all(
    clients.map(async (client, index) => {
      const isRight = index % 3 !== 0;
      const password = isRight ? SERVICE_PASSWORD : 'wrong';
      await client.request(saslBindRequest('PLAIN', `\0service\0${password}`));
      return whoIs(client);
    }),
  );
  expect(names).toEqual(clients.map((_, index) => (index % 3 !== 0 ? `dn:${accountDn('service')}` : '')));
});

it('the log has the mechanisms and nothing of what they were given', async () => {
  const client = await RawClient.connect(server);
  await client.request(saslBindRequest('PLAIN', '\0canary-name\0canary-secret'));
  await server.waitForLog(
    ({ msg, mechanism, result }) =>
      msg === 'bind' && mechanism === 'PLAIN' && result === 'invalidCredentials',
  );
  await server.waitForLog(({ mechanism, result }) => mechanism === SCRAM && result === 'success');
  const logged = JSON.stringify(server.logLines()) + server.errorOutput();
  for (const canary of ['canary-secret', SERVICE_PASSWORD, server.password, 'biws']) {
    expect(logged.includes(canary), canary).toBe(false);
  }
});
