// Clients that open handshakes and drop them, that never begin, that send something else: they cost nobody else anything.

import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { extendedRequest, message } from '../../support/ber-bytes.ts';
import { connectTls, START_TLS, type TlsClient } from '../../support/clients/tls-client.ts';
import { freePort } from '../../support/free-port.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const DROPPED = 300;
const AT_A_TIME = 50;

let server: RunningServer;
let secure: TlsClient;
let clear: RawClient;

beforeAll(async () => {
  server = await startServer();
  secure = await connectTls(server.ldapsPort);
  clear = await RawClient.connect(server);
});

async function open(port: number): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A version field of TLS 1.0, then a handshake message of type ClientHello that is cut short. */
const hello = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), Buffer.alloc(60, 7)]);

async function answers(): Promise<void> {
  for (const client of [secure.client, clear])
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  const newcomer = await connectTls(server.ldapsPort);
  expect(await newcomer.client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  newcomer.client.close();
}

describe('the server answers others while clients', () => {
  it.each([
    ['connect and go', (socket: Socket): unknown => socket.destroy()],
    ['connect, reset the connection and go', (socket: Socket): unknown => socket.resetAndDestroy()],
    ['send half a ClientHello and go', (socket: Socket): unknown => socket.end(hello)],
    ['send LDAP', (socket: Socket): unknown => socket.write(message(1, WHO_AM_I))],
    ['send nonsense', (socket: Socket): unknown => socket.write(Buffer.alloc(500, 'nonsense'))],
  ])('%s on ldaps://', async (_, behave) => {
    for (let left = DROPPED; left > 0; left -= AT_A_TIME) {
      const sockets = await Promise.all(Array.from({ length: AT_A_TIME }, () => open(server.ldapsPort)));
      for (const socket of sockets) behave(socket);
      await answers();
      for (const socket of sockets) socket.destroy();
    }
  });

  it('go in the middle of a real handshake', async () => {
    for (let left = DROPPED; left > 0; left -= AT_A_TIME) {
      const sockets = Array.from({ length: AT_A_TIME }, () =>
        connect({ port: server.ldapsPort, host: '127.0.0.1', rejectUnauthorized: false }).on(
          'error',
          () => {},
        ),
      );
      for (const [index, socket] of sockets.entries()) {
        socket.once(index % 2 === 0 ? 'connect' : 'secureConnect', () => socket.destroy());
      }
      await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
      await answers();
    }
  });

  it('ask for StartTLS and go, or send something else', async () => {
    for (let left = DROPPED; left > 0; left -= AT_A_TIME) {
      const sockets = await Promise.all(Array.from({ length: AT_A_TIME }, () => open(server.port)));
      for (const [index, socket] of sockets.entries()) {
        socket.write(message(1, extendedRequest(START_TLS)));
        if (index % 3 === 0) socket.destroy();
        else once(socket, 'data').then(() => (index % 3 === 1 ? socket.destroy() : socket.write(hello)));
      }
      await answers();
      for (const socket of sockets) socket.destroy();
    }
  });

  it('never begin, and are dropped in time', async () => {
    const port = await freePort();
    const added = await new LdapTools(server).add(`dn: cn=Brief,cn=Connection Handlers,cn=config
objectClass: ds-cfg-connection-handler
objectClass: ds-cfg-ldap-connection-handler
cn: Brief
ds-cfg-enabled: true
ds-cfg-listen-port: ${port}
ds-cfg-use-ssl: true
ds-cfg-key-manager-provider: cn=Default Key Manager,cn=Key Manager Providers,cn=config
ds-cfg-tls-handshake-time-limit: 500 ms
ds-cfg-max-connections: 20`);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(port)));
    for (const [index, socket] of sockets.entries()) if (index % 2 === 0) socket.write(hello);
    await answers();
    await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
    const problems = ['within 0.5 s (tls-handshake-time-limit)', 'sent no ClientHello within 0.5 s'];
    for (const text of problems) await server.waitForLog(({ problem }) => String(problem).includes(text));
    const { client } = await connectTls(port);
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });
});

it('somebody may read the certificate for as long as it takes to drop a client that says nothing', async () => {
  // Whoever reads a certificate in a dialogue has sent a ClientHello, and sends nothing more until they have decided.
  const reader = await withheldAnswers(server.ldapsPort);
  const client = connect({ port: reader.port, host: '127.0.0.1', rejectUnauthorized: false });
  client.on('error', () => {});
  await reader.answered;
  const silent = await open(server.ldapsPort);
  await once(silent.resume(), 'close');
  const told = await server.waitForLog(({ problem }) => /no ClientHello within 10 s/.test(String(problem)));
  expect(told).toMatchObject({
    from: '127.0.0.1',
    msg: 'TLS handshake failed',
    problem: 'the client sent no ClientHello within 10 s',
  });
  // Then the handshake goes on where it was, and the connection is as good as any other.
  const done = once(client, 'secureConnect');
  reader.release();
  await done;
  client.write(message(1, WHO_AM_I));
  const [answer] = await once(client, 'data');
  expect(answer[0]).toBe(0x30);
  client.destroy();
  reader.close();
});

/** A way to a port on which nothing comes back until `release` is called; `answered` resolves when something would. */
async function withheldAnswers(port: number) {
  const way = createServer().listen(0, '127.0.0.1');
  await once(way, 'listening');
  const [hold, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  way.on('connection', (near) => {
    const far = createConnection(port, '127.0.0.1').on('error', () => {});
    near.on('error', () => {}).pipe(far);
    far.once('readable', answered.resolve);
    hold.promise.then(() => far.pipe(near));
  });
  const address = way.address();
  if (address === null || typeof address === 'string') throw new Error('The way has no port.');
  return { port: address.port, answered: answered.promise, release: hold.resolve, close: () => way.close() };
}

it('a client that goes in the middle of the handshake gives its place back at once', async () => {
  const port = await freePort();
  const added = await new LdapTools(server).add(`dn: cn=Narrow,cn=Connection Handlers,cn=config
objectClass: ds-cfg-connection-handler
objectClass: ds-cfg-ldap-connection-handler
cn: Narrow
ds-cfg-enabled: true
ds-cfg-listen-port: ${port}
ds-cfg-use-ssl: true
ds-cfg-key-manager-provider: cn=Default Key Manager,cn=Key Manager Providers,cn=config
ds-cfg-tls-handshake-time-limit: 10 m
ds-cfg-max-connections: 4`);
  expect(added).toMatchObject({ code: 0, stderr: '' });
  for (const bytes of [Buffer.alloc(0), hello]) {
    const sockets = await Promise.all(Array.from({ length: 4 }, () => open(port)));
    for (const socket of sockets) socket.resume().end(bytes);
    await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
  }
  const { client } = await connectTls(port);
  expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
});

describe('a client under TLS', () => {
  it('that sends bytes which are no LDAP is told so and dropped', async () => {
    const { client } = await connectTls(server.ldapsPort);
    client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(await client.disconnection()).toMatchObject({ code: 2 });
  });

  it('that reads nothing gets no more than it may, and others are answered', async () => {
    const { client } = await connectTls(server.ldapsPort);
    client.pause();
    for (let id = 1; id <= 2000; id++) client.send(message(id, WHO_AM_I));
    await answers();
    client.resume();
    expect(await client.answer(2000)).toMatchObject({ code: 0 });
  });

  it('in many small pieces is understood', async () => {
    const { client } = await connectTls(server.ldapsPort);
    for (const octet of message(1, WHO_AM_I)) client.send(Buffer.from([octet]));
    expect(await client.answer(1)).toMatchObject({ code: 0 });
  });
});

it('in the end it has failed at nothing', () => {
  expect(server.isRunning).toBe(true);
  expect(server.errorOutput()).toBe('');
  expect(server.logLines().filter(({ level }) => level > 40)).toEqual([]);
});
