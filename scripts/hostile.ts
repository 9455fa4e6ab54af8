// Thousands of clients that mean no good, and how a well-behaved one fares beside them:
//
//     npm run hostile -- --idle 10000 --handshakes 20000

import { parseArgs } from 'node:util';
import { hostile } from '../test/hostile/hostile.ts';
import { endServers } from '../test/support/server-process.ts';
import { formatLatencies } from '../test/support/well-behaved-client.ts';

const SETTLE_MS = 10_000;
const PERCENTILE_99_MS_MAX = 50;

const { values } = parseArgs({
  options: {
    idle: { type: 'string', default: '10000' },
    readers: { type: 'string', default: '50' },
    handshakes: { type: 'string', default: '20000' },
    'half-open': { type: 'string', default: '900' },
  },
});
const [idleConnections = 0, slowReaders = 0, droppedHandshakes = 0, halfOpenHandshakes = 0] = [
  values.idle,
  values.readers,
  values.handshakes,
  values['half-open'],
].map(Number);

try {
  const reports = await hostile({
    idleConnections,
    slowReaders,
    droppedHandshakes,
    halfOpenHandshakes,
    settleMs: SETTLE_MS,
  });
  for (const { title, latencies, problem, megabytes, heldMegabytes } of reports) {
    const { before, during, after } = megabytes;
    process.stdout.write(
      `${title}\n  ${problem ?? formatLatencies(latencies)}\n` +
        `  Resident memory of the server: ${before} MB before, ${during} MB at most, ${after} MB after.\n` +
        `  Of it in use, without garbage: ${heldMegabytes.before} MB before, ${heldMegabytes.after} MB after.\n`,
    );
    if (problem !== undefined || latencies.percentile99Ms > PERCENTILE_99_MS_MAX) process.exitCode = 1;
  }
} finally {
  await endServers();
}
