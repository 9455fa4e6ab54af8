// Passwords in clear text: over a network they are refused, whether right or wrong.

import { beforeAll, describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/operations/connection-security.ts';
import { bindRequest, extendedRequest, saslBindRequest } from '../support/ber-bytes.ts';
import { beginTls, START_TLS } from '../support/clients/tls-client.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { connectFromOutside, outerAddress } from '../support/outer-address.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const HANDLER = 'cn=LDAP,cn=Connection Handlers,cn=config';

describe.runIf(outerAddress !== undefined)('from another address than loopback', () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer({ environment: { LDAP_LISTEN_ADDRESS: '0.0.0.0' } });
  });

  it.each([
    ['a right password', () => bindRequest(ADMINISTRATOR, server.password)],
    ['a wrong password', () => bindRequest(ADMINISTRATOR, 'wrong')],
    ['a right password by SASL PLAIN', () => saslBindRequest('PLAIN', `\0admin\0${server.password}`)],
  ])('%s is refused in clear text', async (_, request) => {
    const client = await connectFromOutside(server.port);
    const answer = await client.request(request());
    expect(answer).toMatchObject({ code: 13 });
    expect(answer.text).not.toBe('');
    expect(await client.request(WHO_AM_I)).toMatchObject({ value: '' });
  });

  it('who sends no password may stay', async () => {
    const client = await connectFromOutside(server.port);
    expect(await client.request(bindRequest('', ''))).toMatchObject({ code: 0 });
  });

  it('a password is taken under TLS', async () => {
    const clear = await connectFromOutside(server.port);
    expect(await clear.request(extendedRequest(START_TLS))).toMatchObject({ code: 0 });
    const { client } = await beginTls(clear);
    expect(await client.request(bindRequest(ADMINISTRATOR, server.password))).toMatchObject({ code: 0 });
  });

  it('a password is taken when the handler allows it, from those who connect after that', async () => {
    const before = await connectFromOutside(server.port);
    const change = `dn: ${HANDLER}\nchangetype: modify\nreplace: ds-cfg-allow-clear-text-password\nds-cfg-allow-clear-text-password: `;
    const tools = new LdapTools(server);
    expect(await tools.modify(`${change}true`)).toMatchObject({ code: 0, stderr: '' });
    const after = await connectFromOutside(server.port);
    expect(await after.request(bindRequest(ADMINISTRATOR, server.password))).toMatchObject({ code: 0 });
    expect(await before.request(bindRequest(ADMINISTRATOR, server.password))).toMatchObject({ code: 13 });
    expect(await tools.modify(`${change}false`)).toMatchObject({ code: 0 });
  });
});

describe('loopback', () => {
  it.each(['127.0.0.1', '127.255.3.4', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'])('is %s', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each([
    '128.0.0.1',
    '10.0.0.127',
    '::',
    '::2',
    '::ffff:10.0.0.1',
    '2001:db8::1',
    'localhost',
    '',
    '127.0.0.1.example',
  ])('is not %j', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});
