// A short slice of what `npm run escalate` does for many seeds.

import { describe, expect, it } from 'vitest';
import '../support/start-server.ts';
import { escalate } from './escalation.ts';

const FIXED_SEED = 1;
const ACTIONS = 25;

describe('accounts without privilege-change', () => {
  it.each([[[FIXED_SEED, Math.floor(Math.random() * 1_000_000)]]])(
    'make no credential log in as somebody else by any changes (seeds %j)',
    async (seeds) => {
      const { findings, tried, done } = await escalate(seeds, ACTIONS);
      expect(findings).toEqual([]);
      // Otherwise nothing was put to the test.
      expect(done).toBeGreaterThan(tried / 20);
    },
  );
});
