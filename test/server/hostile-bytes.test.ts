import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../fuzz/random.ts';
import {
  addRequest,
  bindRequest,
  changeKinds,
  compareRequest,
  deleteRequest,
  extendedRequest,
  message,
  modifyDnRequest,
  modifyRequest,
  octets,
  presentFilter,
  searchRequest,
  sequence,
  tlv,
} from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { SEED } from '../support/seed.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036';
const SIZE_BEFORE_BIND_MAX = 64 * 1024;

let server: RunningServer;
let bystander: RawClient;

beforeAll(async () => {
  server = await startServer();
  bystander = await RawClient.bound(server);
});

afterEach(async () => {
  expect((await bystander.request(WHO_AM_I)).value).toBe(`dn:${ADMINISTRATOR}`);
  const newcomer = await RawClient.connect(server);
  expect((await newcomer.request(WHO_AM_I)).value).toBe('');
  newcomer.close();
});

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

describe('bytes that are no LDAP end their connection with a notice', () => {
  it.each([
    ['nine bytes that ended other servers', hex('30 84 ff ff ff ff 02 01 01')],
    ['a message of two gibibytes', hex('30 84 80 00 00 00 02 01 01')],
    ['an indefinite length', hex('30 80 02 01 01 42 00 00 00')],
    ['a TLS client hello', hex('16 03 01 00 05 01 00 00 01 00')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['SMTP', Buffer.from('EHLO localhost\r\n')],
    ['zeros', Buffer.alloc(1000)],
    ['0xff', Buffer.alloc(1000, 0xff)],
    ['an operation nobody knows', message(1, tlv(0x7e, octets('x')))],
    ['a response', message(1, tlv(0x61, hex('0a 01 00 04 00 04 00')))],
    ['a negative message id', message(-1, WHO_AM_I)],
    ['an empty message', sequence()],
    ['a request that ends early', message(1, tlv(0x63, octets('cn=config')))],
    ['a good request and then rubbish', Buffer.concat([message(1, WHO_AM_I), hex('ff ff ff')])],
  ])('%s', async (_, bytes) => {
    const client = await RawClient.connect(server);
    client.send(bytes);
    const notice = await client.disconnection();
    expect(notice).toMatchObject({ id: 0, code: 2, oid: NOTICE_OF_DISCONNECTION, value: undefined });
    expect(notice.text).not.toBe('');
  });

  it('what was asked before the rubbish is answered', async () => {
    const client = await RawClient.connect(server);
    client.send(message(1, WHO_AM_I), message(2, searchRequest('')), hex('00'));
    expect(await client.answer(1)).toMatchObject({ code: 0 });
    expect((await client.answer(2)).entries).toHaveLength(1);
    await client.disconnection();
  });

  it('what is asked after it is not', async () => {
    const client = await RawClient.connect(server);
    client.send(hex('00'), message(1, WHO_AM_I));
    await client.disconnection();
    expect(client.unread.map(({ id }) => id)).toEqual([0]);
  });

  it('random bytes', async () => {
    const random = new Random(SEED);
    const contents = Array.from({ length: 100 }, (_, index) => random.octets(4 + index));
    await Promise.all(
      contents.map(async (content, index) => {
        const client = await RawClient.connect(server);
        // Half of them begin like a message, so that something is inside to go wrong.
        client.send(index % 2 === 0 ? tlv(0x30, Buffer.from([2, 1, 1, 0x63]), content) : content);
        // Some may be the beginning of a message that never ends.
        client.finish();
        await client.closed();
      }),
    );
  });

  it('good requests with a byte changed', async () => {
    const good = message(1, searchRequest('cn=config', { attributes: ['cn', '*'] }));
    const clients = Array.from(good, async (octet, at) => {
      const client = await RawClient.connect(server);
      for (const changed of [octet ^ 0x80, octet ^ 0x01, 0xff, 0]) {
        const bytes = Buffer.from(good);
        bytes[at] = changed;
        client.send(bytes);
      }
      client.finish();
      await client.closed();
    });
    await Promise.all(clients);
  });
});

describe('octets that are not UTF-8', () => {
  const rubbish = (before: string) => Buffer.concat([Buffer.from(before), hex('ff fe')]);

  it.each([
    ['a name to search', 34, (text: Buffer) => searchRequest(text)],
    ['a name to compare', 34, (text: Buffer) => compareRequest(text, 'cn', 'x')],
    ['a name to delete', 34, (text: Buffer) => deleteRequest(text)],
    ['a name to bind', 34, (text: Buffer) => bindRequest(text, 'x')],
    ['a new RDN', 34, (text: Buffer) => modifyDnRequest('cn=config', text, true)],
    ['an attribute', 17, (text: Buffer) => compareRequest('cn=config', text, 'x')],
    ['an extended operation', 2, (text: Buffer) => extendedRequest(text)],
  ])('%s: %i, and the message is UTF-8', async (_, code, request) => {
    const client = await RawClient.bound(server);
    const answer = await client.request(request(rubbish('cn=')));
    // The client reads no message that is not UTF-8.
    expect(answer.code).toBe(code);
    expect(answer.text).not.toBe('');
  });

  it('may be in a name when they are escaped', async () => {
    const client = await RawClient.bound(server);
    expect(await client.request(searchRequest('cn=\\ff\\fe,cn=config'))).toMatchObject({
      code: 32,
      matchedDn: 'cn=config',
    });
  });
});

describe('size', () => {
  const searchOf = (size: number) => {
    const ofFilter = (length: number) =>
      message(1, searchRequest('', { filter: presentFilter('x'.repeat(length)) }));
    const bytes = ofFilter(2 * size - 64 - ofFilter(size - 64).length);
    expect(bytes).toHaveLength(size);
    return bytes;
  };

  it('before a bind a message may be so large, and no larger', async () => {
    const client = await RawClient.connect(server);
    client.send(searchOf(SIZE_BEFORE_BIND_MAX));
    expect(await client.answer(1)).toMatchObject({ code: 0 });
    client.send(searchOf(SIZE_BEFORE_BIND_MAX + 1));
    expect(await client.disconnection()).toMatchObject({ code: 2 });
  });

  it('is refused at the length, before the message has come', async () => {
    const client = await RawClient.connect(server);
    client.send(searchOf(SIZE_BEFORE_BIND_MAX + 1).subarray(0, 6));
    expect(await client.disconnection()).toMatchObject({ code: 2 });
  });

  it('may be more after a bind, and falls back when nobody is bound any more', async () => {
    const client = await RawClient.bound(server);
    client.send(searchOf(1_000_000));
    expect(await client.answer(1)).toMatchObject({ code: 0 });
    expect(await client.request(bindRequest('', ''))).toMatchObject({ code: 0 });
    client.send(searchOf(1_000_000));
    expect(await client.disconnection()).toMatchObject({ code: 2 });
  });

  it('after a bind has a limit too', async () => {
    const client = await RawClient.bound(server);
    client.send(hex('30 84 00 50 00 00 02 01 01'));
    expect(await client.disconnection()).toMatchObject({ code: 2 });
  });

  it('of a message that comes drop by drop costs what it is large', async () => {
    const client = await RawClient.connect(server);
    const bytes = searchOf(4000);
    for (const octet of bytes) {
      client.send(Buffer.of(octet));
      await nextTurn();
    }
    expect(await client.answer(1)).toMatchObject({ code: 0 });
  });
});

describe('what is hard to digest', () => {
  it('a filter nested 100,000 deep is refused', async () => {
    const depth = 100_000;
    const headers: Buffer[] = [];
    const leaf = presentFilter('cn');
    for (let level = 0, size = leaf.length; level < depth; level++, size += 6) {
      const header = Buffer.from([0xa2, 0x84, 0, 0, 0, 0]);
      header.writeUInt32BE(size, 2);
      headers.push(header);
    }
    const client = await RawClient.bound(server);
    const filter = Buffer.concat([...headers.reverse(), leaf]);
    expect(await client.request(searchRequest('', { filter }))).toMatchObject({ code: 11 });
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });

  it.each([
    ['backslashes', '\\'],
    ['quotation marks', '"'],
    ['spaces', ' '],
    ['commas', ','],
    ['parts of one level', 'cn=a+'],
    ['levels', 'cn=a,'],
    ['escaped octets', '\\ff'],
    ['nested names', 'cn=\\#04'],
  ])('a name of a megabyte of %s is answered', async (_, part) => {
    const client = await RawClient.bound(server);
    const dn = `cn=x${part.repeat(1_000_000 / part.length)}`;
    const { code } = await client.request(deleteRequest(dn));
    expect([32, 34]).toContain(code);
    expect((await client.request(searchRequest(`${dn},cn=config`))).code).toBeGreaterThan(0);
  });

  it('50,000 changes of one attribute in one request are made', async () => {
    const client = await RawClient.bound(server);
    const name = 'cn=admin,cn=Root DNs,cn=config';
    const changes = Array.from(
      { length: 50_000 },
      (_, index) => [changeKinds.add, 'description', [`${index}`]] as const,
    );
    expect(await client.request(modifyRequest(name, changes))).toMatchObject({ code: 0 });
    const back = changes.map(([, attribute, values]) => [changeKinds.delete, attribute, values] as const);
    expect(await client.request(modifyRequest(name, back))).toMatchObject({ code: 0 });
  });

  it('a name of 50,000 parts in one level is none', async () => {
    const client = await RawClient.bound(server);
    const rdn = Array.from({ length: 50_000 }, (_, index) => `cn=${index}`).join('+');
    const add = addRequest(`${rdn},cn=Root DNs,cn=config`, [['objectClass', ['person']]]);
    expect(await client.request(add)).toMatchObject({ code: 34 });
  });

  it.each([
    [
      'attributes nobody knows',
      Array.from({ length: 50_000 }, (_, index) => [changeKinds.add, `unknown${index}`, ['x']] as const),
    ],
    [
      'numbers of a million digits',
      [
        [changeKinds.replace, 'description', ['1'.repeat(1e6)]],
        [changeKinds.increment, 'description', ['1'.repeat(1e6)]],
      ] as const,
    ],
  ])('a change with %s is refused, with an answer that can be read', async (_, changes) => {
    const client = await RawClient.bound(server);
    const { code, text } = await client.request(modifyRequest('cn=admin,cn=Root DNs,cn=config', changes));
    expect([17, 19]).toContain(code);
    expect(text.length).toBeLessThan(100_000);
  });

  it('100 connections that begin a message and never end it take nothing from others', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(server)));
    for (const client of clients) client.send(hex('30 82 ff 00 02 01 01'));
    const other = await RawClient.bound(server);
    expect((await other.request(searchRequest('cn=config'))).entries).toHaveLength(1);
    for (const client of clients) client.close();
  });
});
