// Thousands of clients that mean no good, and how a well-behaved one fares beside them:
//
//     npm run hostile -- --idle 10000 --handshakes 20000
//
// And clients that have logged in and ask for as much as they can, of a server with little memory and a long past:
//
//     npm run hostile -- --greedy --changes 200000 --heap 256

import { parseArgs } from 'node:util';
import { askForEverything } from '../test/hostile/greedy-requests.ts';
import { hostile } from '../test/hostile/hostile.ts';
import { serverWithPast } from '../test/hostile/long-journal.ts';
import {
  formatLatencies,
  residentMegabytes,
  WellBehavedClient,
} from '../test/support/clients/well-behaved-client.ts';
import { endServers } from '../test/support/server-process.ts';

const SETTLE_MS = 10_000;
const PERCENTILE_99_MS_MAX = 50;

const { values } = parseArgs({
  options: {
    idle: { type: 'string', default: '10000' },
    readers: { type: 'string', default: '50' },
    handshakes: { type: 'string', default: '20000' },
    'half-open': { type: 'string', default: '900' },
    schema: { type: 'string', default: '500' },
    greedy: { type: 'boolean', default: false },
    changes: { type: 'string', default: '200000' },
    heap: { type: 'string', default: '256' },
    'at-once': { type: 'string', default: '16' },
  },
});
const [
  idleConnections = 0,
  slowReaders = 0,
  droppedHandshakes = 0,
  halfOpenHandshakes = 0,
  schemaReaders = 0,
] = [values.idle, values.readers, values.handshakes, values['half-open'], values.schema].map(Number);

try {
  if (values.greedy) await beGreedy();
  else await beHostile();
} finally {
  await endServers();
}

async function beGreedy(): Promise<void> {
  const environment = { NODE_OPTIONS: `--max-old-space-size=${values.heap}`, CONFDIT_ACCESS_LOG: 'off' };
  const { server, past } = await serverWithPast(Number(values.changes), environment);
  const wellBehaved = await WellBehavedClient.start(server);
  for await (const [kind, outcomes] of askForEverything(server, past, Number(values['at-once']))) {
    const counts = Map.groupBy(outcomes, String);
    const text = [...counts].map(([outcome, { length }]) => `${length} x ${outcome}`).join(', ');
    process.stdout.write(`${kind}: ${text}; ${await residentMegabytes(server.pid)} MB resident\n`);
  }
  process.stdout.write(
    `The server ${server.isRunning ? 'runs' : 'has ended'}. Its resident memory: ${await residentMegabytes(server.pid)} MB.\n`,
  );
  process.stdout.write(`${wellBehaved.problem ?? formatLatencies(await wellBehaved.stop())}\n`);
  if (!server.isRunning || wellBehaved.problem !== undefined) process.exitCode = 1;
}

async function beHostile(): Promise<void> {
  const reports = await hostile({
    idleConnections,
    slowReaders,
    droppedHandshakes,
    halfOpenHandshakes,
    schemaReaders,
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
}
