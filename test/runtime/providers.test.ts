import { describe, expect, it } from 'vitest';
import type { ObjectDifference } from '../../src/runtime/component.ts';
import { Providers } from '../../src/runtime/providers.ts';

const KIND = 'pem-key-manager-provider';

function open() {
  let made = 0;
  const providers = new Providers<{ readonly kind: string; readonly number: number }>({
    kinds: [KIND],
    create: () => ({ kind: KIND, number: ++made }),
    check: async () => {},
    describe: async ({ number }) => number,
    isStarting: () => false,
  });
  const difference: ObjectDifference = {
    key: 'a',
    kinds: { before: KIND, after: KIND },
    before: undefined,
    after: undefined,
    written: undefined,
    mentions: () => true,
  };
  const prepare = async () => {
    const prepared = await providers.components[0]?.prepare(difference);
    if (prepared === undefined) throw new Error('Nothing was prepared.');
    return prepared;
  };
  const known = () => [providers.find('a')?.number, providers.findPrepared('a')?.number];
  return { prepare, known };
}

describe('what others look up by its name', () => {
  it('is used when it is stored, and known before to those who prepare', async () => {
    const { prepare, known } = open();
    expect(known()).toEqual([undefined, undefined]);
    const first = await prepare();
    expect(known()).toEqual([undefined, 1]);
    first.commit();
    expect(known()).toEqual([1, 1]);
    const second = await prepare();
    expect(known()).toEqual([1, 2]);
    second.abort();
    expect(known()).toEqual([1, 1]);
  });
});
