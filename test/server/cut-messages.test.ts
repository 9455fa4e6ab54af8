import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from '../operations/entries.ts';
import {
  abandonRequest,
  addRequest,
  bindRequest,
  changeKinds,
  compareRequest,
  control,
  deleteRequest,
  equalityFilter,
  extendedRequest,
  message,
  modifyDnRequest,
  modifyRequest,
  saslBindRequest,
  searchRequest,
  unbindRequest,
} from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const CONNECTIONS = 40;
const name = mailServerDn('Cut');

/** One of every operation; each can be repeated and is answered in the same way every time. */
const operations: readonly (readonly [string, Buffer])[] = [
  ['bind', bindRequest(ADMINISTRATOR, 'test-password-1')],
  ['search', searchRequest(name, { filter: equalityFilter('cn', 'ç ut') })],
  [
    'search of a subtree',
    searchRequest(MAIL_SERVERS, { scope: 2, attributes: ['cn', '1.1', 'ds-cfg-enabled'] }),
  ],
  ['compare', compareRequest(name, 'cn', 'cut')],
  ['modify', modifyRequest(name, [[changeKinds.replace, 'ds-cfg-priority', ['7']]])],
  ['add', addRequest(name, [['objectClass', ['top', 'ds-cfg-mail-server']]])],
  ['delete', deleteRequest(mailServerDn('Nobody'))],
  ['modify DN', modifyDnRequest(mailServerDn('Nobody'), 'cn=New', true, MAIL_SERVERS)],
  ['Who am I', WHO_AM_I],
  ['unknown extended operation', extendedRequest('1.2.3.4', 'value')],
  ['SASL bind', saslBindRequest('PLAIN', 'x')],
];
const controls = [control('1.2.3', false, 'value'), control('1.2.4')];

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
  await makeAll(await RawClient.bound(server), [addMailServer('Cut')]);
});

async function expectWell(): Promise<void> {
  const client = await RawClient.bound(server);
  expect((await client.request(WHO_AM_I)).value).toBe(`dn:${ADMINISTRATOR}`);
  client.close();
}

describe('a request in pieces is answered as in one', () => {
  it.each(operations)('%s, cut in two at every byte', async (_, operation) => {
    const client = await RawClient.bound(server);
    const whole = await client.request(operation, controls);
    const size = message(100, operation, controls).length;
    for (let cut = 1; cut < size; cut++) {
      const id = 100 + cut;
      const bytes = message(id, operation, controls);
      client.send(bytes.subarray(0, cut));
      await nextTurn();
      client.send(bytes.subarray(cut));
      expect(await client.answer(id), `cut at ${cut}`).toEqual({ ...whole, id });
    }
    client.close();
  });

  it.each(operations)('%s, byte by byte', async (_, operation) => {
    const client = await RawClient.bound(server);
    const whole = await client.request(operation, controls);
    for (const octet of message(99, operation, controls)) {
      client.send(Buffer.of(octet));
      await nextTurn();
    }
    expect(await client.answer(99)).toEqual({ ...whole, id: 99 });
    client.close();
  });

  it('all of them behind one another, cut into pieces of every size', async () => {
    const client = await RawClient.bound(server);
    const expected = [];
    for (const [, operation] of operations) expected.push((await client.request(operation)).code);
    for (const size of [1, 2, 3, 5, 8, 13, 50, 100, 1000]) {
      // The last one leaves nobody bound.
      await client.request(bindRequest(ADMINISTRATOR, server.password));
      const requests = operations.map(([, operation]) => ({ id: client.nextId(), operation }));
      const bytes = Buffer.concat(requests.map(({ id, operation }) => message(id, operation)));
      for (let at = 0; at < bytes.length; at += size) {
        client.send(bytes.subarray(at, at + size));
        if (at % 7 === 0) await nextTurn();
      }
      const codes = [];
      for (const { id } of requests) codes.push((await client.answer(id)).code);
      expect(codes, `pieces of ${size}`).toEqual(expected);
    }
  });

  it('abandon and unbind, cut in two at every byte', async () => {
    const client = await RawClient.bound(server);
    const abandon = message(7, abandonRequest(12_345), controls);
    for (let cut = 1; cut < abandon.length; cut++) {
      client.send(abandon.subarray(0, cut));
      await nextTurn();
      client.send(abandon.subarray(cut));
    }
    expect((await client.request(WHO_AM_I)).code).toBe(0);
    const unbind = message(8, unbindRequest(), controls);
    for (let cut = 1; cut < unbind.length; cut++) {
      const other = await RawClient.connect(server);
      other.send(unbind.subarray(0, cut));
      await nextTurn();
      other.send(unbind.subarray(cut));
      await other.closed();
      expect(other.unread).toEqual([]);
    }
  });
});

describe('a client that goes away in the middle of a request does no harm', () => {
  const rest: readonly (readonly [string, Buffer])[] = [
    ['abandon', abandonRequest(1)],
    ['unbind', unbindRequest()],
  ];
  it.each([...operations, ...rest])('%s, after every byte', async (_, operation) => {
    const bytes = message(1, operation, controls);
    const lengths = Array.from(bytes, (_, index) => index + 1);
    while (lengths.length > 0) {
      await Promise.all(
        lengths.splice(0, CONNECTIONS).map(async (length) => {
          const client = await RawClient.connect(server);
          client.send(bytes.subarray(0, length));
          await nextTurn();
          if (length % 2 === 0) client.close();
          else client.reset();
        }),
      );
      await expectWell();
    }
  });

  it('with answers on their way to it', async () => {
    for (let count = 0; count < 20; count++) {
      const client = await RawClient.bound(server);
      client.send(...Array.from({ length: 200 }, (_, id) => message(id + 1, searchRequest('cn=schema'))));
      await nextTurn();
      if (count % 2 === 0) client.close();
      else client.reset();
    }
    await expectWell();
  });

  it('with changes that are not yet on disk', async () => {
    for (let count = 0; count < 10; count++) {
      const client = await RawClient.bound(server);
      client.send(
        ...Array.from({ length: 20 }, (_, id) =>
          message(id + 1, modifyRequest(name, [[changeKinds.replace, 'ds-cfg-smtp-property', [`a=${id}`]]])),
        ),
      );
      await nextTurn();
      client.reset();
    }
    await expectWell();
  });

  it('and closes its side only, as far as the server is concerned', async () => {
    const client = await RawClient.connect(server);
    client.send(message(1, WHO_AM_I));
    client.finish();
    expect((await client.answer(1)).code).toBe(0);
    await client.closed();
  });
});
