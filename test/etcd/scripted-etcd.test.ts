// The client against a member that breaks the rules as 3.4.23 does, and against hostile ones.

import { afterEach, describe, expect, it } from 'vitest';
import { EtcdError } from '../../src/etcd/etcd-error.ts';
import { WireMessage } from '../../src/etcd/wire-fields.ts';
import { clientOf, closeClients, octets } from '../support/etcd/clients.ts';
import {
  createdAnswer,
  eventsAnswer,
  headerMessage,
  type Script,
  ScriptedEtcd,
  type ScriptedValue,
  valueMessage,
} from '../support/etcd/scripted-etcd.ts';
import { until } from '../support/until.ts';

const members: ScriptedEtcd[] = [];

afterEach(async () => {
  closeClients();
  for (const member of members.splice(0)) await member.close();
});

async function member(script: Script): Promise<string> {
  const etcd = await ScriptedEtcd.start(script);
  members.push(etcd);
  return etcd.url;
}

function valueAt(revision: number, value = String(revision)): ScriptedValue {
  return { key: 'k', value, revision };
}

/** The first revision that a request for a watch asks for. */
function startOf(request: Buffer): number {
  // create_request 1 { key 1, range_end 2, start_revision 3 }: the fields have one octet of length each.
  const inner = request.subarray(2);
  const keyEnd = 2 + (inner[1] ?? 0);
  return inner[keyEnd] === 0x18 ? (inner[keyEnd + 1] ?? 0) : 0;
}

/** Watches `k` from revision 5 on, until there are so many events. */
async function watched(url: string, count: number): Promise<string[]> {
  const ending = new AbortController();
  const seen: string[] = [];
  for await (const { events } of clientOf([url]).watch({ key: 'k', fromRevision: 5n }, ending.signal)) {
    for (const { value } of events) seen.push(`${value.modRevision}:${Buffer.from(value.value).toString()}`);
    if (seen.length >= count) break;
  }
  ending.abort();
  return seen;
}

describe('a watch', () => {
  it('delivers events once that come twice, and no old ones', async () => {
    const url = await member((call) => {
      call.send(
        createdAnswer(9),
        eventsAnswer(9, [valueAt(3), valueAt(5)]),
        eventsAnswer(9, [valueAt(5), valueAt(6)]),
        eventsAnswer(9, [valueAt(4), valueAt(6), valueAt(7)]),
      );
    });
    expect(await watched(url, 3)).toEqual(['5:5', '6:6', '7:7']);
  });

  it('goes on after the last event, though the header was ahead of it', async () => {
    const starts: number[] = [];
    const url = await member((call) => {
      starts.push(startOf(call.request));
      if (starts.length === 1) {
        call.send(createdAnswer(90), eventsAnswer(90, [valueAt(5), valueAt(6)]));
        call.end(14, 'etcdserver: server stopped');
      } else call.send(createdAnswer(90), eventsAnswer(90, [valueAt(7), valueAt(8)]));
    });
    expect(await watched(url, 4)).toEqual(['5:5', '6:6', '7:7', '8:8']);
    expect(starts).toEqual([5, 7]);
  });

  it('does not go on after an answer to a progress request that is ahead of its events', async () => {
    const starts: number[] = [];
    const url = await member((call) => {
      starts.push(startOf(call.request));
      if (starts.length === 1) {
        call.send(createdAnswer(90), new WireMessage().message(1, headerMessage(90)).finish());
        call.end(14, 'etcdserver: server stopped');
      } else call.send(createdAnswer(90), eventsAnswer(90, [valueAt(7)]));
    });
    expect(await watched(url, 1)).toEqual(['7:7']);
    expect(starts).toEqual([5, 5]);
  });

  it('joins fragments, and delivers the events of a revision together', async () => {
    const first = eventsAnswer(9, [valueAt(5), valueAt(6, 'a')], true);
    const second = eventsAnswer(9, [valueAt(6, 'b'), valueAt(6, 'c')], true);
    const url = await member((call) => {
      call.send(createdAnswer(9), first, second, eventsAnswer(9, [valueAt(6, 'd'), valueAt(7)]));
    });
    const ending = new AbortController();
    const batches: string[] = [];
    for await (const { events } of clientOf([url]).watch({ key: 'k', fromRevision: 5n }, ending.signal)) {
      batches.push(events.map(({ value }) => Buffer.from(value.value).toString()).join(''));
      if (batches.join('').includes('7')) break;
    }
    ending.abort();
    expect(batches.filter((text) => text !== '')).toEqual(['5', 'abcd7']);
  });

  it('forgets a fragment whose rest never came', async () => {
    let calls = 0;
    const url = await member((call) => {
      calls += 1;
      if (calls === 1) {
        call.send(createdAnswer(9), eventsAnswer(9, [valueAt(5), valueAt(6, 'a')], true));
        call.end(14, 'etcdserver: server stopped');
      } else call.send(createdAnswer(9), eventsAnswer(9, [valueAt(6, 'a'), valueAt(6, 'b')]));
    });
    expect(await watched(url, 3)).toEqual(['5:5', '6:a', '6:b']);
  });

  it('ends with the reason if every member fails', async () => {
    const url = await member((call) => call.end(14, 'etcdserver: no leader'));
    await expect(watched(url, 1)).rejects.toMatchObject({
      problem: 'unavailable',
      message: expect.stringContaining('it has no leader'),
    });
  });

  it('takes no more from a member than a slow consumer does', async () => {
    const value = 'x'.repeat(100_000);
    let sent = 0;
    const url = await member((call) => {
      call.send(createdAnswer(9));
      const pump = () => {
        let goesOn = true;
        while (goesOn && sent < 150) {
          sent += 1;
          goesOn = call.send(eventsAnswer(9, [{ key: 'k', value, revision: 4 + sent }]));
        }
        if (sent < 150) call.stream.once('drain', pump);
      };
      pump();
    });
    const ending = new AbortController();
    const watch = clientOf([url]).watch({ key: 'k', fromRevision: 5n }, ending.signal);
    await watch.next();
    let before = -1;
    await until(async () => {
      const isQuiet = before === sent;
      before = sent;
      await new Promise((resolve) => setImmediate(resolve));
      return isQuiet;
    });
    // 15 MB are there to be sent. HTTP/2 lets one MiB through, and the sockets keep some.
    expect(sent).toBeLessThan(100);
    let taken = 0;
    for await (const { events } of watch) {
      taken += events.length;
      if (taken === 150) break;
    }
    ending.abort();
  });
});

describe('an answer', () => {
  it('is read in smaller pages if it would be too large', async () => {
    const limits: number[] = [];
    const url = await member((call) => {
      const limit = call.request.at(-1) ?? 0;
      limits.push(limit);
      // The head alone says that 64 MiB follow.
      if (limits.length === 1) return call.sendRaw(Uint8Array.of(0, 4, 0, 0, 0, 1, 2, 3));
      const answer = new WireMessage().message(1, headerMessage(9)).message(2, valueMessage(valueAt(5)));
      call.send(answer.finish());
      call.end();
    });
    const pages: number[] = [];
    for await (const { values } of clientOf([url]).pages({ key: 'a' })) pages.push(values.length);
    expect(pages).toEqual([1]);
    expect(limits[0]).not.toBe(limits[1]);
  });

  it.each([
    ['that is compressed', Uint8Array.of(1, 0, 0, 0, 1, 0)],
    ['that is no message', Uint8Array.of(0, 0, 0, 0, 2, 0x0a, 0x7f)],
    ['of another type', Uint8Array.of(0, 0, 0, 0, 2, 0x08, 0x01)],
  ])('%s is refused, and names the member', async (_, octetsOfAnswer) => {
    const url = await member((call) => {
      call.sendRaw(octetsOfAnswer);
      call.end();
    });
    const client = clientOf([url], { patienceMs: 1 });
    await expect(client.range({ key: 'a' })).rejects.toMatchObject({ problem: 'wrong-answer' });
    // The write may have been done.
    await expect(client.put({ key: 'a', value: octets('b') })).rejects.toMatchObject({
      problem: 'unknown',
      message: expect.stringMatching(
        /^The (?:etcd member http\S+ cannot be understood|answer is not a message of etcd): /,
      ),
    });
  });

  it('without a status, or with a stream that is cut, leaves the outcome of a write unknown', async () => {
    const cut = await member((call) => call.stream.close(2));
    await expect(clientOf([cut]).put({ key: 'a', value: octets('b') })).rejects.toMatchObject({
      problem: 'unknown',
    });
    const silent = await member(() => {});
    const client = clientOf([silent], { callMs: 100, patienceMs: 1 });
    await expect(client.put({ key: 'a', value: octets('b') })).rejects.toMatchObject({ problem: 'unknown' });
  });

  it('of a member that refuses the stream lets the write go to another', async () => {
    const refusing = await member((call) => call.stream.close(7));
    const doing = await member((call) => {
      call.send(new WireMessage().message(1, headerMessage(9)).finish());
      call.end();
    });
    expect(await clientOf([refusing, doing]).put({ key: 'a', value: octets('b') })).toMatchObject({
      revision: 9n,
    });
  });

  it('has only the beginning of a long reason, in one line', async () => {
    const url = await member((call) => call.end(3, `first\nsecond${'x'.repeat(10_000)}`));
    const error = await clientOf([url])
      .range({ key: 'a' })
      .catch((caught: EtcdError) => caught);
    if (!(error instanceof EtcdError)) throw new Error('It is refused, and answers.');
    expect(error.problem).toBe('invalid');
    expect(error.message).toMatch(/^The etcd member \S+ refuses a request: first second/);
    expect(error.message.length).toBeLessThan(400);
  });
});
