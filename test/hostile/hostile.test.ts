// A small version of what `npm run hostile` does with thousands of clients.

import { expect, it } from 'vitest';
import '../support/start-server.ts';
import { hostile } from './hostile.ts';

it('a well-behaved client is answered beside clients of every bad kind', async () => {
  const reports = await hostile({
    idleConnections: 800,
    slowReaders: 10,
    droppedHandshakes: 200,
    halfOpenHandshakes: 200,
    settleMs: 0,
  });
  expect(reports).toHaveLength(4);
  for (const { problem, latencies } of reports) {
    expect(problem).toBeUndefined();
    expect(latencies.count).toBeGreaterThan(0);
  }
}, 120_000);
