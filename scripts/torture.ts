// Kills a server while clients write, again and again, and looks whether anything that was acknowledged is lost:
//
//     npm run torture -- --rounds 500
//     npm run torture -- --rounds 500 --snapshots
//
// With --snapshots one is being written all the time.

import { parseArgs } from 'node:util';
import { endServers } from '../test/support/server-process.ts';
import { torture } from '../test/support/torture.ts';

const PROBLEMS_SHOWN_MAX = 20;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '500' }, snapshots: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  process.stderr.write('torture: --rounds must be a number from 1.\n');
  process.exit(2);
}

const startedAt = performance.now();
try {
  const { acknowledged, unanswered, storedUnanswered, snapshots, problems } = await torture({
    rounds,
    hasSnapshots: values.snapshots,
    afterRound: (round, soFar) => {
      process.stderr.write(
        `\rround ${round}, ${soFar.acknowledged} changes, ${soFar.problems.length} problems `,
      );
    },
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `\n${rounds} kills in ${seconds} s: ${acknowledged} changes acknowledged, ${problems.length} problems; ` +
      `${unanswered} changes unanswered, ${storedUnanswered} of them stored; ${snapshots} snapshots asked for.\n`,
  );
  for (const problem of problems.slice(0, PROBLEMS_SHOWN_MAX)) process.stdout.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await endServers();
}
