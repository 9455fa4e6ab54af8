// StartTLS in the order RFC 4511 §4.14 and RFC 4513 §3.1 want it, and in every other.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bindRequest,
  deleteRequest,
  extendedRequest,
  message,
  saslBindRequest,
} from '../../support/ber-bytes.ts';
import { beginTls, connectTls, connectWithStartTls, START_TLS } from '../../support/clients/tls-client.ts';
import { freePort } from '../../support/free-port.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const STARTING = extendedRequest(START_TLS);

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

describe('StartTLS', () => {
  it('is answered under its own name, and TLS follows', async () => {
    const clear = await RawClient.connect(server);
    const answer = await clear.request(STARTING);
    expect(answer).toMatchObject({ code: 0, text: '' });
    const { client, socket } = await beginTls(clear);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0, value: '' });
  });

  it('makes nobody of a client that was bound, and a bind makes it somebody again', async () => {
    const clear = await RawClient.bound(server);
    expect(await clear.request(STARTING)).toMatchObject({ code: 0 });
    const { client } = await beginTls(clear);
    expect(await client.request(WHO_AM_I)).toMatchObject({ value: '' });
    expect(await client.request(bindRequest('uid=admin', server.password))).toMatchObject({ code: 0 });
    expect(await client.request(WHO_AM_I)).toMatchObject({ value: `dn:${ADMINISTRATOR}` });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('works with %s', async (version) => {
    const options = { minVersion: version, maxVersion: version };
    const { client, socket } = await connectWithStartTls(server.port, options);
    expect(socket.getProtocol()).toBe(version);
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });

  it('after TLS is on is refused, and the connection goes on', async () => {
    const { client } = await connectWithStartTls(server.port);
    expect(await client.request(STARTING)).toMatchObject({ code: 1, text: 'TLS is in use already.' });
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });

  it('on ldaps:// is refused', async () => {
    const { client } = await connectTls(server.ldapsPort);
    expect(await client.request(STARTING)).toMatchObject({ code: 1 });
  });

  it('takes no value', async () => {
    const client = await RawClient.connect(server);
    expect(await client.request(extendedRequest(START_TLS, 'x'))).toMatchObject({ code: 2 });
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });

  it('behind a bind that is under way is refused, and both are answered', async () => {
    const client = await RawClient.connect(server);
    client.send(message(1, bindRequest(ADMINISTRATOR, 'wrong')), message(2, STARTING), message(3, WHO_AM_I));
    expect(await client.answer(2)).toMatchObject({ code: 1 });
    expect(await client.answer(1)).toMatchObject({ code: 49 });
    expect(await client.answer(3)).toMatchObject({ code: 0 });
  });

  it('between two steps of a SASL bind is refused', async () => {
    const client = await RawClient.connect(server);
    const first = saslBindRequest('SCRAM-SHA-256', 'n,,n=admin,r=nonce-of-the-client');
    expect(await client.request(first)).toMatchObject({ code: 14 });
    expect(await client.request(STARTING)).toMatchObject({ code: 1 });
  });

  it('behind a change that is under way is refused', async () => {
    const client = await RawClient.bound(server);
    const gone = deleteRequest('cn=Nobody,cn=Mail Servers,cn=config');
    client.send(message(11, gone), message(12, STARTING));
    expect(await client.answer(12)).toMatchObject({ code: 1 });
    expect(await client.answer(11)).toMatchObject({ code: 32 });
  });

  it('in pieces works', async () => {
    const clear = await RawClient.connect(server);
    for (const octet of message(1, STARTING)) {
      clear.send(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await clear.answer(1)).toMatchObject({ code: 0 });
    const { client } = await beginTls(clear);
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });
});

/** The IDs of the messages that come when the handshake is made and something sent; none where the server has closed. */
async function idsAnsweredInTls(
  clear: RawClient,
  ...sent: readonly Uint8Array[]
): Promise<readonly number[]> {
  // `beginTls` waits for the handshake, and a server that has closed ends the wait by an error.
  const begun = await beginTls(clear).catch(() => undefined);
  if (begun === undefined) return [];
  const { client } = begun;
  client.send(...sent, message(10, WHO_AM_I));
  const answer = await client.answer(10).catch(() => undefined);
  return [...client.unread.map(({ id }) => id), ...(answer === undefined ? [] : [answer.id])];
}

describe('what comes in clear text behind StartTLS', () => {
  const entry = 'cn=System,cn=Trust Manager Providers,cn=config';

  it('in the same write is not executed, and ends the connection', async () => {
    const client = await RawClient.bound(server);
    client.send(message(8, STARTING), message(9, deleteRequest(entry)));
    await client.closed();
    expect(client.unread.map(({ id }) => id)).toEqual([8]);
    expect(await new LdapTools(server).entries(entry)).toHaveLength(1);
  });

  it('in a write of its own is not executed, and ends the connection', async () => {
    const client = await RawClient.bound(server);
    expect(await client.request(STARTING)).toMatchObject({ code: 0 });
    client.send(message(9, deleteRequest(entry)));
    await client.closed();
    expect(client.unread).toEqual([]);
    expect(await new LdapTools(server).entries(entry)).toHaveLength(1);
  });

  it('as half a message is not waited for', async () => {
    const client = await RawClient.bound(server);
    client.send(message(8, STARTING), message(9, deleteRequest(entry)).subarray(0, 20));
    await client.closed();
  });

  it.each([
    ['as a whole', 1],
    ['as the half of a message that TLS would complete', 0.5],
  ])('%s is not answered inside TLS by a client that finishes its handshake', async (_, part) => {
    const clear = await RawClient.connect(server);
    const injected = message(9, WHO_AM_I);
    const cut = Math.ceil(injected.length * part);
    clear.send(message(8, STARTING), injected.subarray(0, cut));
    expect(await clear.answer(8)).toMatchObject({ code: 0 });
    expect(await idsAnsweredInTls(clear, injected.subarray(cut))).not.toContain(9);
  });

  it('ends no other connection', async () => {
    const client = await RawClient.bound(server);
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });
});

describe('a connection handler', () => {
  const name = 'cn=Other,cn=Connection Handlers,cn=config';
  const handler = (port: number, ...lines: readonly string[]) =>
    [
      `dn: ${name}`,
      'objectClass: ds-cfg-connection-handler',
      'objectClass: ds-cfg-ldap-connection-handler',
      'cn: Other',
      'ds-cfg-enabled: true',
      `ds-cfg-listen-port: ${port}`,
      ...lines,
    ].join('\n');
  const keys = 'ds-cfg-key-manager-provider: cn=Default Key Manager,cn=Key Manager Providers,cn=config';

  it('without StartTLS answers with protocolError, until it is allowed', async () => {
    const tools = new LdapTools(server);
    const port = await freePort();
    expect(await tools.add(handler(port, keys))).toMatchObject({ code: 0 });
    const before = await RawClient.connect({ port });
    expect(await before.request(STARTING)).toMatchObject({ code: 2 });
    const change = `dn: ${name}\nchangetype: modify\nreplace: ds-cfg-allow-start-tls\nds-cfg-allow-start-tls: true`;
    expect(await tools.modify(change)).toMatchObject({ code: 0, stderr: '' });
    expect(await before.request(STARTING)).toMatchObject({ code: 2 });
    const { client } = await connectWithStartTls(port);
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    expect(await tools.delete(name)).toMatchObject({ code: 0 });
  });

  it('drops a client that does not begin its handshake, and nobody else', async () => {
    const tools = new LdapTools(server);
    const port = await freePort();
    const lines = [keys, 'ds-cfg-allow-start-tls: true', 'ds-cfg-tls-handshake-time-limit: 300 ms'];
    expect(await tools.add(handler(port, ...lines))).toMatchObject({ code: 0 });
    const patient = await RawClient.connect({ port });
    const slow = await RawClient.connect({ port });
    expect(await slow.request(STARTING)).toMatchObject({ code: 0 });
    await slow.closed();
    expect(await patient.request(WHO_AM_I)).toMatchObject({ code: 0 });
    expect(await tools.delete(name)).toMatchObject({ code: 0 });
  });
});

it('a server without a usable key starts, says so, and answers StartTLS with unavailable', async () => {
  const first = await startServer();
  await first.stop();
  await rm(join(first.folder, 'config/keys/server.pem'));
  const second = await startServer({ folder: first.folder });
  await second.waitForLog(({ msg }) => msg === 'TLS is not possible');
  const client = await RawClient.connect(second);
  const answer = await client.request(STARTING);
  expect(answer).toMatchObject({ code: 52 });
  expect(answer.text).toContain('there is no private key');
  expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  await expect(connectTls(second.ldapsPort)).rejects.toThrow();
});
