// The seed of all that is random in the tests. It is the same in every run, so that a run that was green is green
// again. `CONFDIT_TEST_SEED=7 npm test` tries other values; the long runs (`npm run fuzz`, `torture`, `escalate`)
// look for what is new.

import fc from 'fast-check';

export const SEED = Number(process.env.CONFDIT_TEST_SEED ?? 20_261_130);

fc.configureGlobal({ seed: SEED });

/** Returns a whole number from 0 to `below - 1`: the seed spread over the range. */
export function seeded(below: number): number {
  return (SEED * 7_919) % below;
}
