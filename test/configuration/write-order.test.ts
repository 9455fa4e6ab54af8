import { describe, expect, it } from 'vitest';
import { WriteOrder } from '../../src/backend/write-order.ts';

/** Lets everything run that does not wait for something else. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('changes of one client', () => {
  it('are handed on at once where nothing is to be made ready', () => {
    const handedOn: string[] = [];
    const order = new WriteOrder();
    const handOn = async (change: string) => handedOn.push(change);
    void order.run('a', handOn);
    void order.run('b', handOn);
    expect(handedOn).toEqual(['a', 'b']);
  });

  it('wait for those before them that are not ready, and for nothing else', async () => {
    const handedOn: string[] = [];
    const order = new WriteOrder();
    const slow = Promise.withResolvers<string>();
    const stored = Promise.withResolvers<void>();
    const handOn = async (change: string) => {
      handedOn.push(change);
      await stored.promise;
      return change;
    };
    const answers = [
      order.run(slow.promise, handOn),
      order.run('b', handOn),
      order.run(Promise.resolve('c'), handOn),
    ];
    void new WriteOrder().run('of another client', handOn);
    await settle();
    expect(handedOn).toEqual(['of another client']);
    slow.resolve('a');
    await settle();
    // Before the first is stored: changes of one batch share one sync.
    expect(handedOn).toEqual(['of another client', 'a', 'b', 'c']);
    stored.resolve();
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  it('that are refused while they are made ready are refused in their turn, and hold nothing up', async () => {
    const order = new WriteOrder();
    const answered: string[] = [];
    const slow = Promise.withResolvers<string>();
    const first = order.run(slow.promise, async () => answered.push('first'));
    const refused = order
      .run(Promise.reject(new Error('a bad password')), async () => answered.push('never'))
      .catch((error: unknown) => answered.push(String(error)));
    const last = order.run('c', async () => answered.push('last'));
    await settle();
    expect(answered).toEqual([]);
    slow.resolve('a');
    await Promise.all([first, refused, last]);
    expect(answered.toSorted()).toEqual(['Error: a bad password', 'first', 'last']);
    expect(await order.run('d', async () => 'at once again')).toBe('at once again');
  });
});
