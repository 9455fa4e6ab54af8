// Kills a server while clients write, again and again, and looks whether anything that was acknowledged is lost:
//
//     npm run torture -- --rounds 500
//     npm run torture -- --rounds 500 --snapshots
//
// With --snapshots one is being written all the time. With --live a server is driven through random changes, reloads,
// failures and restarts instead, and compared with a fresh one again and again, sequence by sequence:
//
//     npm run torture -- --live --seeds 1-300 --steps 30
//
// With --cluster three servers share a configuration on three members of etcd, all of which are killed and stopped again and again,
// one fault after the other:
//
//     npm run torture -- --cluster --rounds 1000 --seed 7

import { parseArgs } from 'node:util';
import { runSequences } from '../test/oracle/run-sequences.ts';
import { tortureCluster } from '../test/support/cluster/cluster-torture.ts';
import { endServers } from '../test/support/server-process.ts';
import { torture } from '../test/support/torture.ts';

const PROBLEMS_SHOWN_MAX = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '500' },
    snapshots: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    live: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1-300' },
    steps: { type: 'string', default: '30' },
  },
});
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  process.stderr.write('torture: --rounds must be a number from 1.\n');
  process.exit(2);
}

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
  const { acknowledged, refused, unknown, storedUnknown, problems } = await tortureCluster({
    faults: rounds,
    seed: Number(values.seed),
    afterFault: (count, fault) => void process.stderr.write(`fault ${count}: ${fault}\n`),
  });
  process.stdout.write(
    `${rounds} faults with seed ${values.seed} in ${seconds()} s: ${acknowledged} changes acknowledged, ${refused} refused, ` +
      `${unknown} unknown, ${storedUnknown} of them stored; ${problems.length} problems.\n`,
  );
  return problems;
}

async function compareWithFresh(): Promise<readonly string[]> {
  const [first, last, steps] = [...values.seeds.split('-'), values.steps].map(Number);
  if (![first, last, steps].every((number) => Number.isSafeInteger(number))) {
    process.stderr.write('torture: --seeds must be two numbers such as 1-300, and --steps one.\n');
    process.exit(2);
  }
  const { sequences, taken, refused, comparisons, outcomes, problems } = await runSequences({
    firstSeed: first ?? 1,
    lastSeed: last ?? 1,
    steps: steps ?? 1,
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
