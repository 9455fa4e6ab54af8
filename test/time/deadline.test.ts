import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Deadline, livingTimer, type Timer } from '../../src/time/deadline.ts';

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** A timer of its own time. After a pause of the process it calls what is due, each once, as Node.js does. */
class Time {
  now = 0;
  readonly #due: Due[] = [];

  readonly timer: Timer = (ms, run) => {
    const one = { at: this.now + ms, run };
    this.#due.push(one);
    return () => {
      const index = this.#due.indexOf(one);
      if (index >= 0) this.#due.splice(index, 1);
    };
  };

  get waiting(): number {
    return this.#due.length;
  }

  passes(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#due.toSorted((one, other) => one.at - other.at)[0];
      if (next === undefined || next.at > end) break;
      this.now = next.at;
      this.#call(next);
    }
    this.now = end;
  }

  standsStill(ms: number): void {
    this.now += ms;
    for (const one of this.#due.filter(({ at }) => at <= this.now)) this.#call(one);
  }

  #call(one: Due): void {
    this.#due.splice(this.#due.indexOf(one), 1);
    one.run();
  }
}

function deadline(ms: number): { time: Time; limit: Deadline; missed: number[] } {
  const [time, missed]: [Time, number[]] = [new Time(), []];
  return { time, limit: new Deadline(ms, () => missed.push(time.now), time.timer), missed };
}

test('is missed once, after its time, and at most a twelfth later', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ after: fc.integer({ min: 1, max: 2500 }), isBegin: fc.boolean() })),
      (calls) => {
        const { time, limit, missed } = deadline(1200);
        let begun: number | undefined;
        for (const { after, isBegin } of calls) {
          const count = missed.length;
          time.passes(after);
          expect(missed.length - count).toBeLessThan(2);
          if (missed.length > count) {
            const took = (missed.at(-1) ?? 0) - (begun ?? Number.NaN);
            expect(took).toBeGreaterThanOrEqual(1199.999);
            expect(took).toBeLessThan(1300.001);
            begun = undefined;
          } else if (begun !== undefined) expect(time.now - begun).toBeLessThan(1300.001);
          if (isBegin) limit.begin();
          else limit.end();
          begun = isBegin ? time.now : undefined;
          expect(limit.isRunning).toBe(isBegin);
        }
      },
    ),
  );
});

test('a process that stood still for longer than the time loses one step', () => {
  const { time, limit, missed } = deadline(1200);
  limit.begin();
  for (let step = 0; step < 11; step += 1) time.standsStill(1_000_000);
  expect(missed).toEqual([]);
  limit.end();
  time.passes(10_000);
  expect(missed).toEqual([]);
});

test('leaves no timer after it was closed, missed, or ended for a while', () => {
  const { time, limit } = deadline(1200);
  limit.begin();
  limit.close();
  expect([time.waiting, limit.isRunning]).toEqual([0, false]);
  limit.begin();
  time.passes(1300);
  expect([time.waiting, limit.isRunning]).toEqual([0, false]);
  limit.begin();
  limit.end();
  time.passes(100);
  expect(time.waiting).toBe(0);
});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

test('an answer that came while the process stood still is taken before the deadline is missed', async () => {
  const server = createServer((socket) => socket.on('data', () => socket.write('answer'))).listen(
    0,
    '127.0.0.1',
  );
  closing.push(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const client = connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' });
  closing.push(() => client.destroy());
  await once(client, 'connect');
  const { promise, resolve } = Promise.withResolvers<string>();
  const limit = new Deadline(60, () => resolve('missed'), livingTimer);
  client.on('data', (octets) => {
    limit.close();
    resolve(octets.toString());
  });
  limit.begin();
  client.write('question');
  // Nothing of this process runs meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  expect(await promise).toBe('answer');
});
