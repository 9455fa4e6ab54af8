// How long a client that watches by RFC 4533 is without a server when its own is killed: three servers of a cluster on one etcd, 16
// writers. Prints, for each round, the milliseconds from the lost connection to the first word of the next server; and whether each
// change was told of once.
//
//   npm run measure-fail-over -- --rounds 20

import { parseArgs } from 'node:util';
import { numbersInChangelog, SyncFollower, Writers } from '../test/support/cluster/fail-over.ts';
import { ServerGroup } from '../test/support/cluster/server-group.ts';
import { endServers } from '../test/support/server-process.ts';
import { until } from '../test/support/until.ts';

/** Changes that are told of before a server is killed, and after. */
const CHANGES = 100;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
const group = await ServerGroup.start();
const gaps: number[] = [];
for (let round = 0; round < rounds; round++) {
  const watched = round % group.servers.length;
  const order = group.servers.map((_, index) => group.server((watched + index) % group.servers.length));
  const follower = new SyncFollower();
  const following = follower.run(order);
  const writers = new Writers(order);
  await until(() => follower.numbers.length > CHANGES);
  const told = follower.numbers.length;
  await group.server(watched).kill();
  await until(() => follower.numbers.length > told + CHANGES);
  await writers.stop();
  const [from = 0] = follower.numbers;
  const [, next = group.server(0)] = order;
  const all = await numbersInChangelog(next, from - 1);
  await until(() => follower.numbers.length >= all.length);
  const isRight = follower.numbers.join() === all.join();
  follower.close();
  await following;
  gaps.push(...follower.gaps);
  const gap = follower.gaps.map((ms) => ms.toFixed(0)).join(', ');
  process.stdout.write(
    `round ${round + 1}: ${gap} ms, ${all.length} changes, ${isRight ? 'each once' : 'WRONG'}\n`,
  );
  if (!isRight) process.exitCode = 1;
  await group.restart(watched);
}
const sorted = gaps.toSorted((one, other) => one - other);
const at = (share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(0);
process.stdout.write(
  `median ${at(0.5)} ms, 99th percentile ${at(0.99)} ms, highest ${sorted.at(-1)?.toFixed(0)} ms\n`,
);
await endServers();
await group.close();
