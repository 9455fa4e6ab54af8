// kill -9 while several clients write, again and again. `npm run torture` does the same for as long as one likes.

import { describe, expect, it } from 'vitest';
import '../support/start-server.ts';
import { torture } from '../support/torture.ts';

const ROUNDS = 50;
const ROUNDS_WITH_SNAPSHOTS = 10;

describe('a server that is killed while clients write', () => {
  it(`has every acknowledged change afterwards and no half change, ${ROUNDS} times`, async () => {
    const { acknowledged, unanswered, problems } = await torture({ rounds: ROUNDS });
    expect(problems).toEqual([]);
    // Otherwise nothing was put to the test.
    expect(acknowledged).toBeGreaterThan(ROUNDS);
    expect(unanswered).toBeGreaterThan(ROUNDS);
  });

  it(`and so it is while snapshots are written, ${ROUNDS_WITH_SNAPSHOTS} times`, async () => {
    const { acknowledged, snapshots, problems } = await torture({
      rounds: ROUNDS_WITH_SNAPSHOTS,
      hasSnapshots: true,
    });
    expect(problems).toEqual([]);
    expect(acknowledged).toBeGreaterThan(ROUNDS_WITH_SNAPSHOTS);
    expect(snapshots).toBeGreaterThan(0);
  });
});
