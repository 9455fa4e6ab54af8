// Kills a server while clients write, again and again, and looks whether anything that was acknowledged is lost:
//
//     npm run torture -- --rounds 500
//     npm run torture -- --rounds 500 --snapshots
//
// With --snapshots one is being written all the time. With --live a server is driven through random changes, reloads,
// failures and restarts instead, and compared with a fresh one again and again, sequence by sequence:
//
//     npm run torture -- --live --seeds 1-300 --steps 30
//     npm run torture -- --live --cluster --seeds 1-100 --steps 16
//
// The second one has three servers that share a configuration, each with sources of its own.
//
// With --cluster three servers share a configuration on three members of etcd. Processes are killed and stopped, networks cut, disks
// slow or full, clocks wrong, again and again, while clients change, read and watch. Each seed has a cluster of its own. What a seed
// with problems has seen is kept in a file:
//
//     npm run torture -- --cluster --seeds 1-40 --rounds 25

import { parseArgs } from 'node:util';
import { runSequences } from '../test/oracle/run-sequences.ts';
import { tortureClusters } from '../test/support/cluster/torture-clusters.ts';
import { packProgram } from '../test/support/run/program-pack.ts';
import { endServers } from '../test/support/server-process.ts';
import { torture } from '../test/support/torture.ts';

const PROBLEMS_SHOWN_MAX = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    snapshots: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    live: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    steps: { type: 'string', default: '30' },
  },
});
const rounds = Number(values.rounds ?? (values.cluster ? '25' : '500'));
const [firstSeed = 1, lastSeed = 1] = (values.seeds ?? (values.cluster ? '1-40' : '1-300'))
  .split('-')
  .map(Number);
if (![firstSeed, lastSeed].every((seed) => Number.isSafeInteger(seed))) {
  process.stderr.write('torture: --seeds must be two numbers such as 1-300.\n');
  process.exit(2);
}
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  process.stderr.write('torture: --rounds must be a number from 1.\n');
  process.exit(2);
}

// What was started ends with this process, and what was mounted is gone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const startedAt = performance.now();
try {
  const work = values.live ? compareWithFresh : values.cluster ? breakCluster : killAgainAndAgain;
  const problems = await work();
  for (const problem of problems.slice(0, PROBLEMS_SHOWN_MAX)) process.stdout.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await endServers();
}

async function killAgainAndAgain(): Promise<readonly string[]> {
  const { acknowledged, unanswered, storedUnanswered, snapshots, problems } = await torture({
    rounds,
    hasSnapshots: values.snapshots,
    afterRound: (round, soFar) => {
      process.stderr.write(
        `\rround ${round}, ${soFar.acknowledged} changes, ${soFar.problems.length} problems `,
      );
    },
  });
  process.stdout.write(
    `\n${rounds} kills in ${seconds()} s: ${acknowledged} changes acknowledged, ${problems.length} problems; ` +
      `${unanswered} changes unanswered, ${storedUnanswered} of them stored; ${snapshots} snapshots asked for.\n`,
  );
  return problems;
}

async function breakCluster(): Promise<readonly string[]> {
  // Servers are started often.
  process.env.CONFDIT_PROGRAM_PACK = await packProgram();
  const { kinds, ...sum } = await tortureClusters({
    firstSeed,
    lastSeed,
    faults: rounds,
    tell: (line) => void process.stderr.write(`${line}\n`),
  });
  for (const [kind, count] of kinds) process.stdout.write(`${String(count).padStart(5)} ${kind}\n`);
  process.stdout.write(
    `${sum.faults} faults with the seeds ${firstSeed}-${lastSeed} in ${seconds()} s: ${sum.acknowledged} changes acknowledged, ` +
      `${sum.refused} refused, ${sum.unknown} unknown, ${sum.storedUnknown} of them stored; ${sum.reads} reads, ` +
      `${sum.watchings} watches with ${sum.watched} messages; ${sum.problems.length} problems.\n`,
  );
  return sum.problems;
}

async function compareWithFresh(): Promise<readonly string[]> {
  process.env.CONFDIT_PROGRAM_PACK = await packProgram();
  const steps = Number(values.steps);
  if (!Number.isSafeInteger(steps)) {
    process.stderr.write('torture: --steps must be a number.\n');
    process.exit(2);
  }
  const { sequences, taken, refused, comparisons, outcomes, problems } = await runSequences({
    firstSeed,
    lastSeed,
    steps,
    isCluster: values.cluster,
    afterSequence: (seed, problem, soFar) => {
      if (problem !== undefined) process.stdout.write(`${problem}\n`);
      process.stderr.write(
        `seed ${seed}, ${soFar.comparisons} comparisons, ${soFar.problems.length} problems\n`,
      );
    },
  });
  process.stdout.write(
    `${sequences} sequences of ${steps} steps in ${seconds()} s: ${taken} steps taken, ${refused} refused, ` +
      `${comparisons} comparisons with a fresh server, ${outcomes} connections, logins and messages tried with both, ` +
      `${problems.length} problems.\n`,
  );
  return problems;
}

function seconds(): number {
  return Math.round((performance.now() - startedAt) / 1000);
}
