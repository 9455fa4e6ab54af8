// Whose turn it is, and who has to give up what it does not read.

import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Rank, Turns } from '../../src/operations/turns.ts';
import { type SlowReader, UnsentAnswers } from '../../src/server/connection/unsent-answers.ts';

describe('turns', () => {
  it('come to who has logged in before all who have not, and to one of those each time', async () => {
    let now = 0;
    const turns = new Turns(() => now);
    const order: string[] = [];
    // Each needs more than a whole turn.
    const wait = (rank: Rank, name: string) =>
      turns.wait(rank, () => {
        now += 5;
        order.push(name);
      });
    for (let count = 1; count <= 3; count++) wait('unknown', `unknown ${count}`);
    wait('known', 'known 1');
    wait('known', 'known 2');
    expect(turns.isFree('unknown', now)).toBe(false);
    expect(turns.isFree('known', now)).toBe(false);
    while (order.length < 5) await setImmediate();
    expect(order).toEqual(['known 1', 'unknown 1', 'known 2', 'unknown 2', 'unknown 3']);
  });

  it('are had at once where nobody waits', () => {
    const now = 17;
    const turns = new Turns(() => now);
    expect([turns.isFree('known', now), turns.isFree('unknown', now)]).toEqual([true, true]);
    expect(turns.sliceEndsAt(now)).toBeGreaterThan(now);
    expect(turns.isFree('known', now + 1000)).toBe(false);
  });
});

class Reader implements SlowReader {
  readonly rank: Rank;
  isDropped = false;

  constructor(rank: Rank) {
    this.rank = rank;
  }

  destroy(): void {
    this.isDropped = true;
  }
}

describe('answers that are not taken', () => {
  it('are dropped with whoever has most of them, first of those who have not logged in', () => {
    const unsent = new UnsentAnswers(4000);
    const [known, unknown, other] = [new Reader('known'), new Reader('unknown'), new Reader('unknown')];
    unsent.waits(known, 3000);
    unsent.waits(unknown, 300);
    unsent.waits(other, 400);
    expect([known, unknown, other].map(({ isDropped }) => isDropped)).toEqual([false, false, false]);
    // A quarter is for all of those together.
    unsent.waits(unknown, 700);
    expect([known, unknown, other].map(({ isDropped }) => isDropped)).toEqual([false, true, false]);
    unsent.waits(known, 3900);
    expect([known, unknown, other].map(({ isDropped }) => isDropped)).toEqual([false, true, true]);
    const more = new Reader('known');
    unsent.waits(more, 200);
    expect([known.isDropped, more.isDropped, unsent.octets]).toEqual([true, false, 200]);
    unsent.taken(more);
    expect(unsent.octets).toBe(0);
  });

  it('are shared by all who leave some', () => {
    const unsent = new UnsentAnswers(64 * 1024 * 1024);
    expect(unsent.shareOf(4 * 1024 * 1024)).toBe(4 * 1024 * 1024);
    for (let count = 0; count < 64; count++) unsent.waits(new Reader('known'), 1024);
    expect(unsent.shareOf(4 * 1024 * 1024)).toBe(1024 * 1024);
    expect(unsent.shareOf(64 * 1024)).toBe(64 * 1024);
  });
});
