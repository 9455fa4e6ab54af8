// A short slice of what `npm run fuzz -- --answers` does for as long as one likes.

import { describe, expect, it } from 'vitest';
import { SEED } from '../../support/seed.ts';
import { fuzzAnswers } from './fuzz-answers.ts';

const ANSWERS = 1500;
const FIXED_SEED = 1;

describe('commands and applications that are given strange answers', () => {
  it.each([
    ['that always come', FIXED_SEED],
    ['of the seed of this run', SEED],
  ])('answers %s (seed %i): every call ends with a value or an error of ours', async (_, seed) => {
    const { findings, spoiled, succeeded, failed } = await fuzzAnswers({
      answers: ANSWERS,
      seed,
      clients: 16,
    });
    expect(findings).toEqual([]);
    // Otherwise nothing was put to the test.
    expect(spoiled).toBeGreaterThanOrEqual(ANSWERS);
    expect(succeeded).toBeGreaterThan(ANSWERS / 20);
    expect(failed).toBeGreaterThan(ANSWERS / 20);
  });
});
