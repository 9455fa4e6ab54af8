import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  abandonRequest,
  addRequest,
  bindRequest,
  changeKinds,
  compareRequest,
  control,
  deleteRequest,
  extendedRequest,
  message,
  modifyDnRequest,
  modifyRequest,
  searchRequest,
  substringsFilter,
} from '../support/ber-bytes.ts';
import { answerTags } from '../support/ber-element.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { passes } from '../support/until.ts';
import {
  addEntry,
  addMailServer,
  configWith,
  MAIL_SERVERS,
  mailServerDn,
  makeAll,
  ROOT_DNS,
} from './entries.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const PENDING_MAX = '1 MiB';
const LARGE = 1_000_000;
const LARGE_ENTRIES = 30;
const ALL_LARGE = searchRequest(ROOT_DNS, {
  scope: 1,
  filter: substringsFilter('description', [0x80, 'xxx']),
});

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer({ files: await configWith(`ds-cfg-max-pending-answer-size: ${PENDING_MAX}`) });
  client = await RawClient.bound(server);
  await makeAll(client, [
    addMailServer('One'),
    ...Array.from({ length: LARGE_ENTRIES }, (_, index) =>
      addEntry(`cn=large ${index},${ROOT_DNS}`, {
        objectClass: ['top', 'person', 'ds-cfg-root-dn-user'],
        sn: 'x',
        description: 'x'.repeat(LARGE),
      }),
    ),
  ]);
});

describe('several requests at a time', () => {
  it('1,000 in one write are answered, each of its own kind', async () => {
    const operations = [
      [searchRequest(MAIL_SERVERS), answerTags.searchDone, 0],
      [compareRequest(mailServerDn('One'), 'cn', 'one'), answerTags.compare, 6],
      [
        modifyRequest(mailServerDn('One'), [[changeKinds.replace, 'ds-cfg-smtp-property', ['a=b']]]),
        answerTags.modify,
        0,
      ],
      [deleteRequest(mailServerDn('Nobody')), answerTags.delete, 32],
      [addRequest('cn=config', [['objectClass', ['top']]]), answerTags.add, 68],
      [modifyDnRequest(MAIL_SERVERS, 'cn=Two', true), answerTags.modifyDn, 53],
      [WHO_AM_I, answerTags.extended, 0],
      [extendedRequest('1.2.3'), answerTags.extended, 2],
    ] as const;
    const requests = Array.from(
      { length: 1000 },
      (_, index) => operations[index % operations.length] ?? operations[0],
    );
    const ids = requests.map(() => client.nextId());
    client.send(...requests.map(([operation], index) => message(ids[index] ?? 0, operation)));
    for (const [index, [, tag, code]] of requests.entries()) {
      const answer = await client.answer(ids[index] ?? 0);
      expect({ tag: answer.tag, code: answer.code }, answer.text).toEqual({ tag, code });
    }
  });

  it('5,000 changes in one write are made in their order', async () => {
    const name = mailServerDn('One');
    const ids = Array.from({ length: 5000 }, () => client.nextId());
    client.send(
      ...ids.map((id, index) =>
        message(
          id,
          modifyRequest(name, [[changeKinds.replace, 'ds-cfg-smtp-property', [`number=${index}`]]]),
        ),
      ),
    );
    for (const id of ids) expect((await client.answer(id)).code).toBe(0);
    const { entries } = await client.request(searchRequest(name, { attributes: ['ds-cfg-smtp-property'] }));
    expect(entries[0]?.attributes).toEqual({ 'ds-cfg-smtp-property': ['number=4999'] });
  });

  it('a change is seen by what is asked after its answer', async () => {
    for (let count = 0; count < 50; count++) {
      const name = mailServerDn('Short-lived');
      const found = searchRequest(name);
      expect(await client.request(addMailServer('Short-lived'))).toMatchObject({ code: 0 });
      expect(await client.request(found)).toMatchObject({ code: 0 });
      expect(await client.request(deleteRequest(name))).toMatchObject({ code: 0 });
      expect(await client.request(found)).toMatchObject({ code: 32 });
    }
  });

  it('an entry that was added and deleted in one write has not been', async () => {
    const name = mailServerDn('Never');
    const [add, remove] = [client.nextId(), client.nextId()];
    client.send(message(add, addMailServer('Never')), message(remove, deleteRequest(name)));
    expect((await client.answer(add)).code).toBe(0);
    expect((await client.answer(remove)).code).toBe(0);
    const { entries } = await client.request(
      searchRequest(MAIL_SERVERS, { attributes: ['numSubordinates'] }),
    );
    expect(entries[0]?.attributes).toEqual({ numSubordinates: ['1'] });
  });

  it('a bind waits for those before it and holds up those behind it', async () => {
    const own = await RawClient.bound(server);
    const bind = bindRequest('', '');
    own.send(
      message(
        11,
        modifyRequest(mailServerDn('One'), [[changeKinds.replace, 'ds-cfg-smtp-property', ['a=b']]]),
      ),
      message(12, ALL_LARGE),
      message(13, bind),
      message(14, WHO_AM_I),
      message(15, searchRequest('cn=config')),
    );
    const order = [];
    while (order.at(-1) !== 15) {
      const { id, tag } = await own.next();
      if (tag !== answerTags.entry) order.push(id);
    }
    expect(order.slice(0, 2).sort()).toEqual([11, 12]);
    expect(order.slice(2)).toEqual([13, 14, 15]);
    own.close();
  });

  it('a bind that is refused before it is looked at waits too', async () => {
    const own = await RawClient.bound(server);
    own.send(message(1, ALL_LARGE), message(2, bindRequest(ADMINISTRATOR, 'x', 0)), message(3, WHO_AM_I));
    const order = [];
    while (order.at(-1)?.id !== 3) order.push(await own.next());
    expect(order.filter(({ entry }) => entry !== undefined)).toHaveLength(LARGE_ENTRIES);
    expect(order.slice(-3).map(({ id, code }) => [id, code])).toEqual([
      [1, 0],
      [2, 2],
      [3, 0],
    ]);
    own.close();
  });
});

describe('message ids', () => {
  it('may be used again once the answer has come', async () => {
    const own = await RawClient.connect(server);
    for (let count = 0; count < 3; count++) {
      own.send(message(5, WHO_AM_I));
      expect((await own.answer(5)).code).toBe(0);
    }
    own.send(message(0x7fffffff, WHO_AM_I));
    expect((await own.answer(0x7fffffff)).code).toBe(0);
    own.close();
  });

  it('of a request under way end the connection when they are used again', async () => {
    const own = await RawClient.bound(server);
    own.pause();
    own.send(message(5, ALL_LARGE), message(5, WHO_AM_I));
    await serverHasWorked();
    own.resume();
    expect(await own.disconnection()).toMatchObject({ code: 2 });
  });
});

describe('an abandon', () => {
  it('of nothing, and of what is done, changes nothing', async () => {
    const own = await RawClient.connect(server);
    own.send(
      message(1, abandonRequest(77)),
      message(2, WHO_AM_I),
      message(3, abandonRequest(2)),
      message(4, abandonRequest(0)),
    );
    expect((await own.answer(2)).code).toBe(0);
    own.send(message(5, abandonRequest(5), [control('1.2.3', true)]), message(6, WHO_AM_I));
    expect((await own.answer(6)).code).toBe(0);
    expect(own.unread).toEqual([]);
    own.close();
  });

  it('of a running search ends it without an answer', async () => {
    const own = await RawClient.bound(server);
    // The client does not read, so the search waits for it and is still under way.
    own.pause();
    own.send(message(1, ALL_LARGE), message(2, abandonRequest(1)));
    await serverHasWorked();
    own.resume();
    expect((await own.request(WHO_AM_I)).code).toBe(0);
    expect(own.unread.filter(({ id, tag }) => id === 1 && tag !== answerTags.entry)).toEqual([]);
    expect(own.unread.length).toBeLessThan(LARGE_ENTRIES);
    expect(await server.waitForLog(({ msg }) => msg === 'abandon')).toMatchObject({ base: ROOT_DNS });
    own.close();
  });

  it('of a change comes too late: it is answered', async () => {
    const own = await RawClient.bound(server);
    const change = modifyRequest(mailServerDn('One'), [
      [changeKinds.replace, 'ds-cfg-smtp-property', ['a=b']],
    ]);
    own.send(message(1, change), message(2, abandonRequest(1)));
    expect((await own.answer(1)).code).toBe(0);
    own.close();
  });
});

describe('controls and extended operations nobody knows', () => {
  const requests: readonly (readonly [string, Buffer, number])[] = [
    ['search', searchRequest(''), 0],
    ['compare', compareRequest(mailServerDn('One'), 'cn', 'one'), 6],
    ['add', addMailServer('One'), 68],
    [
      'modify',
      modifyRequest(mailServerDn('One'), [[changeKinds.replace, 'ds-cfg-smtp-property', ['c=d']]]),
      0,
    ],
    ['delete', deleteRequest(mailServerDn('Nobody')), 32],
    ['modify DN', modifyDnRequest(MAIL_SERVERS, 'cn=Two', true), 53],
    ['Who am I', WHO_AM_I, 0],
    ['bind', bindRequest(ADMINISTRATOR, 'test-password-1'), 0],
  ];

  it.each(requests)('%s: a critical control is refused, others are ignored', async (_, operation, code) => {
    const own = await RawClient.bound(server);
    const refused = await own.request(operation, [control('1.2.3'), control('1.2.4', true, 'x')]);
    expect(refused).toMatchObject({ code: 12, text: expect.stringContaining('1.2.4') });
    const again = await RawClient.bound(server);
    expect(await again.request(operation, [control('1.2.3'), control('1.2.4', false, 'x')])).toMatchObject({
      code,
    });
    own.close();
    again.close();
  });

  it.each(['1.3.6.1.4.1.1466.20037', '1.2.3.4', '', 'constructor', '__proto__'])(
    'the extended operation "%s" is answered with protocolError',
    async (oid) => {
      expect(await client.request(extendedRequest(oid, 'value'))).toMatchObject({
        tag: answerTags.extended,
        code: 2,
      });
    },
  );
});

describe('a client that does not read', () => {
  const MEBIBYTE = 1024 * 1024;
  /** Far below what is asked for, far above what the server needs for its work. */
  const GROWTH_MAX = 120 * MEBIBYTE;

  it.each([
    ['one search with a large result', () => [ALL_LARGE], 4],
    [
      'many small searches with large answers',
      () => Array<Buffer>(400).fill(searchRequest(`cn=large 1,${ROOT_DNS}`)),
      1,
    ],
  ])('%s: the server waits for it', async (_, requests, times) => {
    const before = await memoryOf(server.pid);
    const clients = [];
    for (let count = 0; count < times; count++) {
      const slow = await RawClient.bound(server);
      slow.pause();
      slow.send(...requests().map((operation, index) => message(index + 10, operation)));
      clients.push(slow);
    }
    await serverHasWorked();
    expect((await memoryOf(server.pid)) - before).toBeLessThan(GROWTH_MAX);
    for (const slow of clients) {
      slow.resume();
      const last = requests().length + 9;
      expect((await slow.answer(last)).code).toBe(0);
      slow.close();
    }
  });

  it('anonymously, and asks for the schema over and over: the server stops listening to it', async () => {
    const before = await memoryOf(server.pid);
    const slow = await RawClient.connect(server);
    slow.pause();
    const ask = searchRequest('cn=schema', { attributes: ['*', '+'] });
    const bytes = Buffer.concat(Array.from({ length: 10_000 }, (_, index) => message(index + 1, ask)));
    slow.send(bytes);
    await serverHasWorked();
    expect((await memoryOf(server.pid)) - before).toBeLessThan(GROWTH_MAX);
    slow.close();
  });

  it('and wakes up when the time limit has passed is told so', async () => {
    const slow = await RawClient.bound(server);
    slow.pause();
    slow.send(message(1, searchRequest(ROOT_DNS, { scope: 1, timeLimitSeconds: 1 })));
    await passes(1100);
    slow.resume();
    const answer = await slow.answer(1);
    expect(answer).toMatchObject({ code: 3 });
    expect(answer.entries.length).toBeLessThan(LARGE_ENTRIES);
    slow.close();
  });
});

describe('the end of the server', () => {
  it('is announced to its clients', async () => {
    const own = await startServer();
    const idle = await RawClient.connect(own);
    const bound = await RawClient.bound(own);
    const ended = own.stop();
    for (const one of [idle, bound]) expect(await one.disconnection()).toMatchObject({ code: 52 });
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('comes though a client goes on sending, and another does not read', async () => {
    const own = await startServer();
    const busy = await RawClient.connect(own, { stays: true });
    const sleeping = await RawClient.bound(own);
    sleeping.pause();
    sleeping.send(...Array.from({ length: 3000 }, (_, id) => message(id + 1, searchRequest('cn=schema'))));
    const timer = setInterval(() => busy.send(message(1, WHO_AM_I)), 5);
    try {
      expect(await own.stop()).toEqual({ code: 0, signal: null });
    } finally {
      clearInterval(timer);
    }
  });
});

/** Others are served while one client is stuck; after that whatever was asked before has been begun. */
async function serverHasWorked(): Promise<void> {
  for (let count = 0; count < 100; count++) {
    expect((await client.request(searchRequest(MAIL_SERVERS))).entries).toHaveLength(1);
  }
}

/** The octets of memory a process has. */
async function memoryOf(pid: number): Promise<number> {
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}
