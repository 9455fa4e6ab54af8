// A small version of what `npm run hostile` does with thousands of clients.

import { expect, it } from 'vitest';
import '../support/start-server.ts';
import { hostile } from './hostile.ts';

/** For what the server learns while it works, such as compiled code. The 800 connections alone hold 4 MB while they are there. */
const HELD_MORE_MAX_MEGABYTES = 3;

it('a well-behaved client is answered beside clients of every bad kind, and their memory is given back', async () => {
  const reports = await hostile({
    idleConnections: 800,
    slowReaders: 10,
    droppedHandshakes: 200,
    halfOpenHandshakes: 200,
    schemaReaders: 150,
    settleMs: 1000,
  });
  expect(reports).toHaveLength(5);
  for (const { problem, latencies, heldMegabytes } of reports) {
    expect(problem).toBeUndefined();
    expect(latencies.count).toBeGreaterThan(0);
    expect(heldMegabytes.after - heldMegabytes.before).toBeLessThan(HELD_MORE_MAX_MEGABYTES);
  }
});
