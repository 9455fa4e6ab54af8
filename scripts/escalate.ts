// Tries with many sequences of changes, by accounts without privilege-change, to make credentials log in as somebody else:
//
//     npm run escalate -- --seeds 1-300 --actions 40

import { parseArgs } from 'node:util';
import { escalate } from '../test/escalation/escalation.ts';
import { endServers } from '../test/support/server-process.ts';

/** Sequences on one server, which remembers what earlier ones have done. */
const SEEDS_TOGETHER = 5;

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1-20' }, actions: { type: 'string', default: '40' } },
});
const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(values.seeds) ?? [];
const actions = Number(values.actions);
if (first === '' || !Number.isSafeInteger(actions) || actions < 1) {
  process.stderr.write('escalate: --seeds must be a number or a range, and --actions a number from 1.\n');
  process.exit(2);
}

let tried = 0;
let done = 0;
try {
  for (let seed = Number(first); seed <= Number(last); seed += SEEDS_TOGETHER) {
    const count = Math.min(SEEDS_TOGETHER, Number(last) - seed + 1);
    const report = await escalate(
      Array.from({ length: count }, (_, index) => seed + index),
      actions,
    );
    tried += report.tried;
    for (const count of report.done.values()) done += count;
    for (const finding of report.findings) process.stdout.write(`${finding}\n`);
    if (report.findings.length > 0) process.exitCode = 1;
    await endServers();
    process.stderr.write(`through seed ${seed + count - 1}: ${tried} changes tried, ${done} done\n`);
  }
} finally {
  await endServers();
}
