import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../src/operations/fair-queue.ts';

const refusal = (source: string) => `${source} has enough already.`;

/** Work that ends when told to, and says in which order it began. */
class Work {
  readonly begun: string[] = [];
  readonly #ends: (() => void)[] = [];

  readonly of = (name: string) => (): Promise<string> => {
    this.begun.push(name);
    return new Promise((resolve) => this.#ends.push(() => resolve(name)));
  };

  async endFirst(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('work that takes turns', () => {
  it('lets a newcomer in before the many of one source', async () => {
    const queue = new FairQueue(1, 10, refusal);
    const work = new Work();
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => queue.run('a', work.of(name)));
    all.push(queue.run('b', work.of('b1')), queue.run('b', work.of('b2')));
    for (let index = 0; index < all.length; index++) await work.endFirst();
    expect(await Promise.all(all)).toHaveLength(6);
    expect(work.begun).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'a4']);
  });

  it('runs no more at a time than it may', async () => {
    const queue = new FairQueue(2, 10, refusal);
    const work = new Work();
    const all = ['1', '2', '3'].map((name) => queue.run('a', work.of(name)));
    expect(work.begun).toEqual(['1', '2']);
    await work.endFirst();
    expect(work.begun).toEqual(['1', '2', '3']);
    await work.endFirst();
    await work.endFirst();
    expect(await Promise.all(all)).toEqual(['1', '2', '3']);
  });

  it('goes on when one fails', async () => {
    const queue = new FairQueue(1, 10, refusal);
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('refuses a source of which too much waits, and no other', async () => {
    const queue = new FairQueue(1, 1, refusal);
    const work = new Work();
    const all = [queue.run('a', work.of('a1')), queue.run('a', work.of('a2'))];
    await expect(queue.run('a', work.of('a3'))).rejects.toThrow('enough already');
    all.push(queue.run('b', work.of('b1')));
    for (let index = 0; index < 3; index++) await work.endFirst();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1']);
  });
});
