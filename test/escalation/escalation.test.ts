// A short slice of what `npm run escalate` does for many seeds.

import { describe, expect, it } from 'vitest';
import '../support/start-server.ts';
import { escalate } from './escalation.ts';

/** The same in every run: what is new is looked for by the long runs. */
const SEEDS = [1, 2];
const ACTIONS = 25;

describe('accounts without privilege-change', () => {
  it.each([[SEEDS]])(
    'make no credential log in as somebody else by any changes (seeds %j)',
    async (seeds) => {
      const { findings, tried, done } = await escalate(seeds, ACTIONS);
      expect(findings).toEqual([]);
      // Otherwise nothing was put to the test.
      expect(done).toBeGreaterThan(tried / 20);
    },
  );
});
