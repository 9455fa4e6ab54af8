// Sends strange messages to a server of its own and says what it did wrong:
//
//     npm run fuzz -- --messages 1000000 --seed 1

import { parseArgs } from 'node:util';
import { fuzz } from '../test/fuzz/fuzz.ts';
import { endServers } from '../test/support/server-process.ts';
import { formatLatencies } from '../test/support/well-behaved-client.ts';

const SETTLE_MS = 5_000;

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
});
const messages = Number(values.messages);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!Number.isSafeInteger(messages) || messages < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write('fuzz: --messages must be a number from 1, and --seed one from 0.\n');
  process.exit(2);
}

process.stderr.write(`seed ${seed}\n`);
const startedAt = performance.now();
let shownAt = startedAt;
try {
  const { findings, connections, latencies, megabytes, ...report } = await fuzz({
    messages,
    seed,
    settleMs: SETTLE_MS,
    afterBatch: (sent, found) => {
      if (performance.now() - shownAt < 1000) return;
      shownAt = performance.now();
      process.stderr.write(`\r${sent} messages, ${found} findings `);
    },
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const { before, middle, most, after } = megabytes;
  process.stdout.write(
    `\n${report.messages} messages (${report.answered} answers) on ${connections} connections in ${seconds} s, seed ${seed}: ${findings.length} findings.\n` +
      `${formatLatencies(latencies)}\n` +
      `Resident memory of the server: ${before} MB before, ${middle} MB in the middle, ${most} MB at most, ${after} MB after.\n`,
  );
  for (const finding of findings) process.stdout.write(`${finding}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
} finally {
  await endServers();
}
