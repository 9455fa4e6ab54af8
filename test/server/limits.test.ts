// Every limit of a connection handler, set by its property and then met: what is within it is done, what is beyond it is
// refused or ends the connection.

import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { addEntry, addMailServer, MAIL_SERVERS, makeAll } from '../operations/entries.ts';
import {
  andFilter,
  bindRequest,
  extendedRequest,
  message,
  notFilter,
  presentFilter,
  saslBindRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { freePort } from '../support/free-port.ts';
import { outerAddress } from '../support/outer-address.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { passes, until } from '../support/until.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const LARGE_SERVERS = 300;
const BULK = 'x'.repeat(20_000);
const KEY_MANAGER = 'cn=Default Key Manager,cn=Key Manager Providers,cn=config';

let server: RunningServer;
let administrator: RawClient;

beforeAll(async () => {
  server = await startServer();
  administrator = await RawClient.bound(server);
  const names = Array.from({ length: LARGE_SERVERS }, (_, index) => `Large ${index}`);
  await Promise.all(
    names.map((name) =>
      makeAll(administrator, [addMailServer(name, { 'ds-cfg-smtp-property': `mail.x=${BULK}` })]),
    ),
  );
});

/** Another connection handler of the same server, with these limits; what a client connects to. */
async function handler(
  limits: Readonly<Record<string, string>>,
): Promise<{ port: number; password: string }> {
  const port = await freePort();
  const properties = Object.entries(limits).map(([name, value]) => [`ds-cfg-${name}`, value]);
  await makeAll(administrator, [
    addEntry(`cn=Limited ${port},cn=Connection Handlers,cn=config`, {
      objectClass: ['top', 'ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler'],
      'ds-cfg-enabled': 'true',
      'ds-cfg-listen-port': String(port),
      ...Object.fromEntries(properties),
    }),
  ]);
  return { port, password: server.password };
}

function searchOf(octets: number): Buffer {
  return message(1, searchRequest('', { filter: presentFilter('x'.repeat(octets)) }));
}

describe('of what is asked', () => {
  it('max-request-size-before-bind, and max-request-size after it', async () => {
    const place = await handler({ 'max-request-size-before-bind': '2 kb', 'max-request-size': '8 kb' });
    const anonymous = await RawClient.connect(place);
    anonymous.send(searchOf(1500));
    expect(await anonymous.answer(1)).toMatchObject({ code: 0 });
    anonymous.send(searchOf(2500));
    expect(await anonymous.disconnection()).toMatchObject({ code: 2 });
    const bound = await RawClient.bound(place);
    bound.send(searchOf(7000));
    expect(await bound.answer(1)).toMatchObject({ code: 0 });
    bound.send(searchOf(9000));
    expect(await bound.disconnection()).toMatchObject({ code: 2 });
  });

  it.each([
    ['a login that fails', bindRequest(ADMINISTRATOR, 'wrong'), 49],
    ['an anonymous login', bindRequest('', ''), 0],
    ['a login without a name', bindRequest('', 'password'), 49],
    ['a login that is not over', saslBindRequest('SCRAM-SHA-256', 'n,,n=admin,r=abc'), 14],
  ])('max-request-size-before-bind again after %s', async (_, login, code) => {
    const place = await handler({ 'max-request-size-before-bind': '2 kb', 'max-request-size': '8 kb' });
    const client = await RawClient.bound(place);
    expect(await client.request(login)).toMatchObject({ code });
    client.send(searchOf(2500));
    expect(await client.disconnection()).toMatchObject({ code: 2 });
  });

  it('max-filter-depth', async () => {
    const client = await RawClient.connect(await handler({ 'max-filter-depth': '3' }));
    const nested = (depth: number): Buffer =>
      depth === 1 ? presentFilter('cn') : notFilter(nested(depth - 1));
    expect(await client.request(searchRequest('', { filter: nested(3) }))).toMatchObject({ code: 0 });
    expect(await client.request(searchRequest('', { filter: nested(4) }))).toMatchObject({
      code: 11,
      text: expect.stringContaining('deeper than 3'),
    });
    client.close();
  });

  it('max-filter-size', async () => {
    const client = await RawClient.connect(await handler({ 'max-filter-size': '5' }));
    const wide = (parts: number) =>
      andFilter(...Array.from({ length: parts - 1 }, () => presentFilter('cn')));
    expect(await client.request(searchRequest('', { filter: wide(5) }))).toMatchObject({ code: 0 });
    expect(await client.request(searchRequest('', { filter: wide(6) }))).toMatchObject({
      code: 11,
      text: expect.stringContaining('more than 5 parts'),
    });
    client.close();
  });

  it('max-pending-requests: what is beyond it waits, and is answered', async () => {
    const client = await RawClient.bound(await handler({ 'max-pending-requests': '2' }));
    const ids = Array.from({ length: 50 }, (_, index) => index + 10);
    const search = searchRequest(MAIL_SERVERS, { scope: scopes.one, attributes: ['cn'] });
    client.send(...ids.map((id) => message(id, search)));
    for (const id of ids) expect(await client.answer(id)).toMatchObject({ code: 0 });
    client.close();
  });
});

describe('of what is answered', () => {
  it('max-pending-answer-size-before-bind: who reads nothing is answered little, and all of it later', async () => {
    const client = await RawClient.connect(await handler({}));
    client.pause();
    const ids = Array.from({ length: 400 }, (_, index) => index + 1);
    client.send(...ids.map((id) => message(id, searchRequest('cn=schema', { attributes: ['+', '*'] }))));
    // Others are answered meanwhile.
    for (let count = 0; count < 20; count++)
      expect(await administrator.request(WHO_AM_I)).toMatchObject({ code: 0 });
    client.resume();
    for (const id of ids) expect(await client.answer(id)).toMatchObject({ code: 0 });
    client.close();
  });

  it('max-search-results', async () => {
    const client = await RawClient.bound(await handler({ 'max-search-results': '7' }));
    const search = (sizeLimit: number) => searchRequest(MAIL_SERVERS, { scope: scopes.one, sizeLimit });
    const all = await client.request(search(0));
    expect([all.code, all.entries.length]).toEqual([4, 7]);
    const few = await client.request(search(3));
    expect([few.code, few.entries.length]).toEqual([4, 3]);
    client.close();
  });

  it('search-time-limit, also for a client that reads late', async () => {
    const place = await handler({ 'search-time-limit': '1 s', 'max-pending-answer-size': '64 KiB' });
    const client = await RawClient.bound(place);
    client.pause();
    client.send(message(5, searchRequest(MAIL_SERVERS, { scope: scopes.subtree })));
    await passes(1200);
    client.resume();
    expect(await client.answer(5)).toMatchObject({ code: 3 });
    client.close();
  });

  it('max-blocked-write-time-limit: who takes a few octets now and then is dropped too', async () => {
    const place = await handler({
      'max-blocked-write-time-limit': '500 ms',
      'max-pending-answer-size': '64 KiB',
    });
    const from = '127.0.0.77';
    const socket = connectSocket({ port: place.port, host: '127.0.0.1', localAddress: from });
    socket.on('error', () => {}).pause();
    socket.write(message(1, bindRequest(ADMINISTRATOR, place.password)));
    const all = searchRequest(MAIL_SERVERS, { scope: scopes.subtree });
    for (let id = 2; id < 20; id++) socket.write(message(id, all));
    const { connection } = await server.waitForLog((line) => line.msg === 'connect' && line.from === from);
    const timer = setInterval(() => socket.read(1), 50);
    await server.waitForLog((line) => line.msg === 'disconnect' && line.connection === connection);
    clearInterval(timer);
    socket.destroy();
  });
});

describe('of connections', () => {
  it('max-connections: the oldest on which nobody has logged in makes room, then nobody does', async () => {
    const place = await handler({ 'max-connections': '3' });
    const known = await RawClient.bound(place);
    const oldest = await RawClient.connect(place);
    expect(await oldest.request(WHO_AM_I)).toMatchObject({ code: 0 });
    const younger = await RawClient.connect(place);
    expect(await younger.request(WHO_AM_I)).toMatchObject({ code: 0 });
    const newcomer = await RawClient.bound(place);
    expect(await oldest.disconnection()).toMatchObject({ code: 51 });
    expect(await younger.request(bindRequest(ADMINISTRATOR, place.password))).toMatchObject({ code: 0 });
    // All of them have logged in.
    const another = await RawClient.connect(place);
    await another.closed();
    for (const client of [known, younger, newcomer])
      expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    known.close();
    await until(async () => {
      const next = await RawClient.connect(place);
      return next.request(WHO_AM_I).then(
        ({ code }) => code === 0,
        () => false,
      );
    });
  });

  it('max-connections: half a message or half a handshake holds no place', async () => {
    const { password, port } = await handler({ 'max-connections': '20' });
    const halves = Array.from({ length: 100 }, () => connectSocket({ port, host: '127.0.0.1' }));
    for (const socket of halves) socket.on('error', () => {}).write(Buffer.from('3081c802', 'hex'));
    await Promise.all(halves.map((socket) => once(socket, 'connect')));
    const client = await RawClient.bound({ password, port });
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    for (const socket of halves) socket.destroy();
  });

  it('max-connections: the socket file has places of its own', async () => {
    const { port } = await handler({ 'max-connections': '1' });
    const only = await RawClient.bound({ port, password: server.password });
    const local = await RawClient.over(connectSocket({ path: join(server.folder, 'ldapi') }));
    expect(await local.request(WHO_AM_I)).toMatchObject({ code: 0 });
    expect(await only.request(WHO_AM_I)).toMatchObject({ code: 0 });
    local.close();
  });

  it('time-limit-before-bind: an anonymous bind does not put it off, a login ends it', async () => {
    const place = await handler({ 'time-limit-before-bind': '1 s' });
    const known = await RawClient.bound(place);
    const anonymous = await RawClient.connect(place);
    expect(await anonymous.request(bindRequest('', ''))).toMatchObject({ code: 0 });
    expect(await anonymous.disconnection()).toMatchObject({
      code: 11,
      text: expect.stringContaining('bind'),
    });
    expect(await known.request(WHO_AM_I)).toMatchObject({ code: 0 });
    // From here on nobody is logged in.
    expect(await known.request(bindRequest('', ''))).toMatchObject({ code: 0 });
    expect(await known.disconnection()).toMatchObject({ code: 11 });
  });

  it('max-blocked-read-time-limit: whoever sends an octet now and then is closed too', async () => {
    const { port } = await handler({ 'max-blocked-read-time-limit': '1 s' });
    const socket = connectSocket({ port, host: '127.0.0.1' }).on('error', () => {});
    const client = await RawClient.over(socket);
    socket.write(Buffer.from('3081c8020101', 'hex'));
    const timer = setInterval(() => socket.write(Buffer.from([0x04])), 100);
    expect(await client.disconnection()).toMatchObject({ code: 11 });
    clearInterval(timer);
  });

  it.skipIf(outerAddress === undefined)('max-connections-per-address', async () => {
    const place = await handler({ 'max-connections-per-address': '2', 'listen-address': '0.0.0.0' });
    const connect = async () => {
      const socket = connectSocket({ port: place.port, host: outerAddress ?? '' });
      await once(socket, 'connect');
      return RawClient.over(socket);
    };
    const first = await connect();
    const second = await connect();
    for (const client of [first, second]) expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    await (await connect()).closed();
    // Others have their places still, and this machine itself, where a proxy may be, as many as there are.
    const own = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(place)));
    for (const client of [first, second, ...own])
      expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
    first.close();
    await expect
      .poll(async () => {
        const next = await connect();
        return next.request(WHO_AM_I).then(
          ({ code }) => code,
          () => 'refused',
        );
      })
      .toBe(0);
  });

  it('idle-time-limit', async () => {
    const client = await RawClient.connect(await handler({ 'idle-time-limit': '1 s' }));
    expect(await client.disconnection()).toMatchObject({ code: 11 });
  });

  it('tls-handshake-time-limit', async () => {
    const place = await handler({
      'use-ssl': 'true',
      'key-manager-provider': KEY_MANAGER,
      'tls-handshake-time-limit': '300 ms',
    });
    const client = await RawClient.connect(place);
    await client.closed();
  });
});
