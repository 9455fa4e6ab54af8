// The line in which messages wait for their turn.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpoolEntry } from '../../src/mail/spool.ts';
import { WaitingMessages } from '../../src/mail/waiting-messages.ts';

const entry = {} as SpoolEntry;
/** No message pauses here. */
const NEVER = () => () => {};

describe('messages that wait', () => {
  it('are taken in the order they came, however they come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (steps) => {
        const line = new WaitingMessages(NEVER, () => {});
        const model: number[] = [];
        let count = 0;
        for (const isAdd of steps) {
          if (isAdd) {
            count += 1;
            model.push(count);
            line.add({ entry, attempts: count });
          } else expect(line.take()?.attempts).toBe(model.shift());
        }
        while (model.length > 0) expect(line.take()?.attempts).toBe(model.shift());
        expect(line.take()).toBeUndefined();
      }),
    );
  });

  // The square of that would take longer than the test may.
  it('are taken in linear time', () => {
    const line = new WaitingMessages(NEVER, () => {});
    for (let count = 0; count < 300_000; count++) line.add({ entry, attempts: count });
    let misplaced = 0;
    for (let count = 0; count < 300_000; count++) misplaced += line.take()?.attempts === count ? 0 : 1;
    expect(misplaced).toBe(0);
  });
});
