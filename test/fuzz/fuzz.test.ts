// A short slice of what `npm run fuzz` does for as long as one likes: messages that always come, and others.

import { describe, expect, it } from 'vitest';
import { SEED } from '../support/seed.ts';
import '../support/start-server.ts';
import { fuzz } from './fuzz.ts';

const MESSAGES = 3000;
const FIXED_SEED = 1;

describe('a server that is sent strange messages', () => {
  it.each([
    ['that always come', FIXED_SEED],
    ['of the seed of this run', SEED],
  ])(
    'messages %s (seed %i): all have their answer or end their connection, and nobody else notices',
    async (_, seed) => {
      const { findings, messages, answered, latencies } = await fuzz({
        messages: MESSAGES,
        seed,
        settleMs: 0,
      });
      expect(findings).toEqual([]);
      // Otherwise nothing was put to the test.
      expect(messages).toBeGreaterThanOrEqual(MESSAGES);
      expect(answered).toBeGreaterThan(MESSAGES / 10);
      expect(latencies.count).toBeGreaterThan(0);
    },
  );
});
