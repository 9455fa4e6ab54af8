// A short slice of what `npm run escalate` does for many seeds.

import { describe, expect, it } from 'vitest';
import '../support/start-server.ts';
import { escalate } from './escalation.ts';

/** The same in every run: what is new is looked for by the long runs. */
const SEEDS = [1];
const ACTIONS = 25;
const MAY_CHANGE = ['attacker', 'strong attacker', 'attacker by policy', 'writing attacker'];

describe('accounts without privilege-change', () => {
  it.each([[SEEDS]])(
    'make no credential log in as somebody else by any changes (seeds %j)',
    async (seeds) => {
      const { findings, tried, done } = await escalate(seeds, ACTIONS);
      expect(findings).toEqual([]);
      // Otherwise nothing was put to the test.
      expect(tried).toBeGreaterThan(0);
      for (const name of MAY_CHANGE) expect(done.get(name) ?? 0, name).toBeGreaterThan(0);
    },
  );
});
