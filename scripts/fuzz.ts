// Sends strange messages to a server of its own and says what it did wrong, or gives strange answers to commands and
// applications:
//
//     npm run fuzz -- --messages 1000000 --seed 1
//     npm run fuzz -- --answers 1000000 --seed 1

import { parseArgs } from 'node:util';
import { fuzzAnswers } from '../test/fuzz/answers/fuzz-answers.ts';
import { fuzz } from '../test/fuzz/fuzz.ts';
import { formatLatencies } from '../test/support/clients/well-behaved-client.ts';
import { endServers } from '../test/support/server-process.ts';

const SETTLE_MS = 5_000;
const ANSWERED_CLIENTS = 48;
const SHOWN_EVERY_MS = 1000;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    answers: { type: 'string' },
    seed: { type: 'string' },
  },
});
const count = Number(values.answers ?? values.messages);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write('fuzz: --messages and --answers must be numbers from 1, and --seed one from 0.\n');
  process.exit(2);
}

process.stderr.write(`seed ${seed}\n`);
const startedAt = performance.now();
let shownAt = startedAt;
const findings = values.answers === undefined ? await fuzzTheServer() : await fuzzTheClient();
for (const finding of findings) process.stdout.write(`${finding}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;

async function fuzzTheServer(): Promise<readonly string[]> {
  try {
    const report = await fuzz({
      messages: count,
      seed,
      settleMs: SETTLE_MS,
      afterBatch: (sent, found) => show(`${sent} messages, ${found} findings`),
    });
    const { before, middle, most, after } = report.megabytes;
    process.stdout.write(
      `\n${report.messages} messages (${report.answered} answers) on ${report.connections} connections in ${seconds()} s, seed ${seed}: ${report.findings.length} findings.\n` +
        `${formatLatencies(report.latencies)}\n` +
        `Resident memory of the server: ${before} MB before, ${middle} MB in the middle, ${most} MB at most, ${after} MB after.\n`,
    );
    return report.findings;
  } finally {
    await endServers();
  }
}

async function fuzzTheClient(): Promise<readonly string[]> {
  const report = await fuzzAnswers({
    answers: count,
    seed,
    clients: ANSWERED_CLIENTS,
    progress: (spoiled, found) => show(`${spoiled} answers, ${found} findings`),
  });
  const { before, most, after } = report.megabytes;
  process.stdout.write(
    `\n${report.spoiled} strange answers to ${report.clients} clients in ${seconds()} s, seed ${seed}: ${report.findings.length} findings; ${report.succeeded} calls succeeded, ${report.failed} failed.\n` +
      `Resident memory: ${before} MB before, ${most} MB at most, ${after} MB after.\n`,
  );
  return report.findings;
}

function show(text: string): void {
  if (performance.now() - shownAt < SHOWN_EVERY_MS) return;
  shownAt = performance.now();
  process.stderr.write(`\r${text} `);
}

function seconds(): number {
  return Math.round((performance.now() - startedAt) / 1000);
}
