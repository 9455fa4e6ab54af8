import { beforeAll, describe, expect, it } from 'vitest';
import {
  bindRequest,
  control,
  extendedRequest,
  message,
  saslBindRequest,
  searchRequest,
} from '../../support/ber-bytes.ts';
import { answerTags } from '../../support/ber-element.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const DISABLED = 'cn=disabled,cn=Root DNs,cn=config';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
});

async function whoIs(client: RawClient): Promise<string | undefined> {
  const { code, value } = await client.request(WHO_AM_I);
  expect(code).toBe(0);
  return value;
}

describe('a simple bind', () => {
  it.each([
    ['its name', ADMINISTRATOR],
    ['its name, written in another way', 'CN = Admin , cn=root  dns,2.5.4.3=\\63onfig'],
    ['its alternate name', 'uid=admin'],
    ['its alternate name, written in another way', '0.9.2342.19200300.100.1.1=ADMIN'],
  ])('with %s makes somebody of the client', async (_, name) => {
    const client = await RawClient.connect(server);
    expect(await whoIs(client)).toBe('');
    expect(await client.request(bindRequest(name, server.password))).toMatchObject({
      tag: answerTags.bind,
      code: 0,
      matchedDn: '',
      text: '',
    });
    expect(await whoIs(client)).toBe(`dn:${ADMINISTRATOR}`);
  });

  it('without name and password makes nobody of the client', async () => {
    const client = await RawClient.bound(server);
    expect(await client.request(bindRequest('', ''))).toMatchObject({ code: 0 });
    expect(await whoIs(client)).toBe('');
  });

  it.each([
    ['a wrong password', bindRequest(ADMINISTRATOR, 'wrong'), 49],
    ['a longer password', bindRequest(ADMINISTRATOR, 'test-password-12'), 49],
    ['a password of octets', bindRequest(ADMINISTRATOR, '\0'), 49],
    ['the stored hash as the password', bindRequest(ADMINISTRATOR, '{SCRYPT}'), 49],
    ['a name that is nobody', bindRequest(DISABLED, 'x'), 49],
    ['a name outside of the tree', bindRequest('cn=nobody', 'x'), 49],
    ['the name of an entry that is no account', bindRequest('cn=config', 'x'), 49],
    ['a password without a name', bindRequest('', 'x'), 49],
    ['a name without a password', bindRequest(ADMINISTRATOR, ''), 53],
    ['a name that is none', bindRequest('admin', 'x'), 34],
    ['LDAP version 2', bindRequest(ADMINISTRATOR, 'test-password-1', 2), 2],
    ['LDAP version 4', bindRequest(ADMINISTRATOR, 'test-password-1', 4), 2],
    ['LDAP version 0', bindRequest(ADMINISTRATOR, 'test-password-1', 0), 2],
    ['a SASL mechanism nobody here knows', saslBindRequest('CRAM-MD5', 'test-password-1'), 7],
    ['no SASL mechanism', saslBindRequest('', 'test-password-1'), 7],
    ['SASL EXTERNAL where nothing says who it is', saslBindRequest('EXTERNAL'), 48],
  ])('with %s is refused, and the client is nobody afterwards', async (_, request, code) => {
    const client = await RawClient.bound(server);
    const answer = await client.request(request);
    expect(answer).toMatchObject({ tag: answerTags.bind, code });
    expect(answer.text).not.toBe('');
    expect(answer.text).not.toContain('test-password');
    expect(await whoIs(client)).toBe('');
  });

  it('with a critical control nobody knows is refused, and the client is nobody afterwards', async () => {
    const client = await RawClient.bound(server);
    const bind = bindRequest(ADMINISTRATOR, server.password);
    expect(await client.request(bind, [control('1.2.3.4', true)])).toMatchObject({ code: 12 });
    expect(await whoIs(client)).toBe('');
  });

  it('that cannot be read is refused, and the client is nobody afterwards', async () => {
    const client = await RawClient.bound(server);
    const bind = bindRequest(ADMINISTRATOR, server.password, 200);
    expect(await client.request(bind)).toMatchObject({ tag: answerTags.bind, code: 2 });
    expect(await whoIs(client)).toBe('');
  });

  it('does not tell a wrong password from a wrong name', async () => {
    const client = await RawClient.connect(server);
    const { text } = await client.request(bindRequest(ADMINISTRATOR, 'wrong'));
    expect((await client.request(bindRequest(DISABLED, 'wrong'))).text).toBe(text);
  });

  it('is remembered for the right password only', async () => {
    const client = await RawClient.connect(server);
    for (const [password, code] of [
      [server.password, 0],
      ['wrong', 49],
      [server.password, 0],
      ['', 53],
      [server.password, 0],
    ] as const) {
      expect(await client.request(bindRequest(ADMINISTRATOR, password))).toMatchObject({ code });
    }
  });

  it('can be repeated by many clients at a time', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(server)));
    const codes = await Promise.all(
      clients.map(async (client, index) => {
        const password = index % 4 === 0 ? 'wrong' : server.password;
        return (await client.request(bindRequest('uid=admin', password))).code;
      }),
    );
    expect(codes).toEqual(clients.map((_, index) => (index % 4 === 0 ? 49 : 0)));
  });
});

describe('requests around a bind', () => {
  const config = searchRequest('cn=config', { attributes: ['1.1'] });

  it('see who was bound when their turn came, though all came in one write', async () => {
    const client = await RawClient.connect(server);
    client.send(
      message(1, config),
      message(2, bindRequest(ADMINISTRATOR, server.password)),
      message(3, config),
      message(4, bindRequest(ADMINISTRATOR, 'wrong')),
      message(5, config),
      message(6, WHO_AM_I),
      message(7, bindRequest('uid=admin', server.password)),
      message(8, WHO_AM_I),
    );
    const codes = [];
    for (let id = 1; id <= 8; id++) codes.push((await client.answer(id)).code);
    expect(codes).toEqual([50, 0, 0, 49, 50, 0, 0, 0]);
  });

  it('are answered in order', async () => {
    const client = await RawClient.connect(server);
    client.send(
      message(1, bindRequest(ADMINISTRATOR, 'wrong')),
      message(2, WHO_AM_I),
      message(3, bindRequest(ADMINISTRATOR, server.password)),
      message(4, WHO_AM_I),
    );
    const ids = [];
    for (let index = 0; index < 4; index++) ids.push((await client.next()).id);
    expect(ids).toEqual([1, 2, 3, 4]);
  });
});

describe('Who am I', () => {
  it('takes no value', async () => {
    const client = await RawClient.connect(server);
    expect(await client.request(extendedRequest('1.3.6.1.4.1.4203.1.11.3', 'x'))).toMatchObject({ code: 2 });
  });

  it('answers with an empty value, not with none, when nobody is bound', async () => {
    const client = await RawClient.connect(server);
    expect((await client.request(WHO_AM_I)).value).toBe('');
  });
});

describe('an unbind', () => {
  it('closes the connection without an answer', async () => {
    const client = await RawClient.bound(server);
    client.send(message(9, Buffer.from([0x42, 0x00])));
    await client.closed();
    expect(client.unread).toEqual([]);
  });
});

it('the log has no password', async () => {
  const client = await RawClient.connect(server);
  await client.request(bindRequest(ADMINISTRATOR, 'secret-of-nobody'));
  await server.waitForLog(({ msg, result }) => msg === 'bind' && result === 'invalidCredentials');
  client.send(message(9, Buffer.from([0x42, 0x00])));
  const logged = JSON.stringify(server.logLines());
  expect(logged).not.toContain('secret-of-nobody');
  expect(logged).not.toContain(server.password);
});
