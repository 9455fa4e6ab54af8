/**
 * Servers that share their content: confdit on three members of etcd beside two providers of slapd with syncrepl, in one run. Only
 * when the part is named.
 *
 * Everything syncs as it is delivered. No group is stopped while the other is measured: a server that is stopped looks like one that
 * is away. Idle groups send each other signs of life, and no more.
 */
import { median, type Row, type Sample, sampleOf, sampleOfLoad } from '../figures.ts';
import type { LoadResult } from '../load.ts';
import { addMailServers, runLoad } from '../run-load.ts';
import { startEtcd } from '../servers/etcd.ts';
import type { RunningServer } from '../servers/server.ts';
import { type Bench, type LoadShape, pipelined, serial, sixteen } from '../speed.ts';
import { startConfditGroup } from './confdit-group.ts';
import type { ServerGroup } from './group.ts';
import { ratePuts, timeFailOver, timePuts, timeVisible } from './moments.ts';
import { startSlapdGroup } from './slapd-group.ts';

/** What confdit is compared with: slapd with syncrepl, and etcd itself. */
export interface ClusterRows {
  readonly besideSlapd: readonly Row[];
  readonly besideEtcd: readonly Row[];
}

const FILL_OUTSTANDING = 16;
const FILL_CONNECTIONS = 16;
const AT_ONCE = 16;
const shapes = [serial, sixteen, pipelined];

/** What was found of one kind of servers, a figure a round. */
interface Found {
  readonly visibleMedian: number[];
  readonly visibleHigh: number[];
  readonly modifies: ReadonlyMap<LoadShape, LoadResult[]>;
  readonly failOver: number[];
}

/** One row for each comparison; none unless the part is named. */
export async function measureCluster(bench: Bench): Promise<ClusterRows> {
  const { stage, options } = bench;
  if (!options.parts.has('cluster')) return { besideSlapd: [], besideEtcd: [] };
  const etcd = await startEtcd(stage, stage.makeFolder('etcd'));
  const client = etcd.connect();
  const groups = [
    await startConfditGroup(stage, etcd, '/confdit/bench'),
    await startSlapdGroup(stage),
  ] as const;
  for (const { name, servers } of groups) {
    bench.report(`${name}: adding ${options.entryCount} entries`);
    await addMailServers(stage, firstOf(servers), options.entryCount, FILL_OUTSTANDING);
  }
  const found = [emptyFound(), emptyFound()] as const;
  const puts: { median: number[]; high: number[]; rate: number[] } = { median: [], high: [], rate: [] };
  for (let round = 1; round <= options.rounds; round += 1) {
    bench.report(`round ${round} of ${options.rounds}: cluster`);
    const times = await timePuts(client, options.seconds);
    puts.median.push(median(times));
    puts.high.push(highOf(times));
    for (const [side, group] of groups.entries()) await measureTimes(bench, group, found[side === 0 ? 0 : 1]);
    puts.rate.push(await ratePuts(client, options.seconds, AT_ONCE));
    for (const [side, group] of groups.entries()) await measureLoads(bench, group, found[side === 0 ? 0 : 1]);
  }
  await Promise.all(groups.map((group) => group.stop()));
  const caughtUp = await measureCatchUp(bench, () => startConfditGroup(stage, etcd, '/confdit/many'));
  client.close();
  await etcd.stop();
  const slapdCaughtUp = await measureCatchUp(bench, () => startSlapdGroup(stage));
  return {
    besideSlapd: [...rowsOf(...found), ...catchUpRows(bench, caughtUp, slapdCaughtUp)],
    besideEtcd: rowsBesideEtcd(found[0], puts),
  };
}

function emptyFound(): Found {
  return {
    visibleMedian: [],
    visibleHigh: [],
    modifies: new Map(shapes.map((shape) => [shape, []])),
    failOver: [],
  };
}

async function measureTimes({ options }: Bench, group: ServerGroup, found: Found): Promise<void> {
  const times = await timeVisible(group, options.seconds);
  found.visibleMedian.push(median(times));
  found.visibleHigh.push(highOf(times));
  found.failOver.push(await timeFailOver(group));
}

async function measureLoads({ stage, options }: Bench, group: ServerGroup, found: Found): Promise<void> {
  const { entryCount, seconds, warmUpSeconds } = options;
  for (const shape of shapes) {
    const { connections, outstanding } = shape;
    const load = {
      operation: 'modify',
      entryCount,
      connections,
      outstanding,
      seconds,
      warmUpSeconds,
    } as const;
    const server = { ...firstOf(group.servers), pids: group.pids };
    found.modifies.get(shape)?.push(await runLoad(stage, server, load));
  }
}

/** Milliseconds until a server that was away, and one that is new, have what was added to the others. */
interface CatchUp {
  /** Undefined if the others no longer have what it has missed: it is made again, as one that is new. */
  readonly away: number | undefined;
  readonly joined: number;
}

async function measureCatchUp(bench: Bench, start: () => Promise<ServerGroup>): Promise<CatchUp> {
  const { stage, options } = bench;
  const group = await start();
  const index = group.servers.length - 1;
  await group.end(index, false);
  bench.report(`${group.name}: adding ${options.manyCount} entries`);
  await runLoad(stage, firstOf(group.servers), {
    operation: 'add',
    entryCount: options.manyCount,
    connections: FILL_CONNECTIONS,
    outstanding: FILL_OUTSTANDING,
    seconds: 0,
    warmUpSeconds: 0,
  });
  bench.report(`${group.name}: catching up`);
  const away = await group.restart(index).then(
    ({ ms }) => ms,
    (error: unknown) => {
      if (error instanceof Error && error.message.includes('cluster join')) return undefined;
      throw error;
    },
  );
  const { ms: joined } = await group.join();
  await group.stop();
  return { away, joined };
}

function rowsOf(confdit: Found, slapd: Found): Row[] {
  const row = (operation: string, load: string, left: readonly number[], right: readonly number[]): Row => ({
    operation,
    load,
    unit: 'ms',
    left: sampleOf(left),
    right: sampleOf(right),
  });
  return [
    row('seen everywhere', 'median', confdit.visibleMedian, slapd.visibleMedian),
    row('seen everywhere', '99th percentile', confdit.visibleHigh, slapd.visibleHigh),
    ...shapes.map(
      (shape): Row => ({
        operation: 'shared modify',
        load: shape.name,
        unit: 'ops/s',
        left: modifiesOf(confdit, shape),
        right: modifiesOf(slapd, shape),
      }),
    ),
    row('watcher goes on after a kill', 'median', confdit.failOver, slapd.failOver),
    row(
      'watcher goes on after a kill',
      'longest',
      [Math.max(...confdit.failOver)],
      [Math.max(...slapd.failOver)],
    ),
  ];
}

function catchUpRows({ options }: Bench, confdit: CatchUp, slapd: CatchUp): Row[] {
  const count = options.manyCount.toLocaleString('en-US');
  const row = (operation: string, left: number, right: number | undefined): Row => ({
    operation,
    load: '',
    unit: 'ms',
    left: sampleOf([left]),
    right: right === undefined ? undefined : sampleOf([right]),
  });
  const joined = row(`a server joins ${count} entries`, confdit.joined, slapd.joined);
  if (confdit.away === undefined) return [joined];
  return [row(`a server was away for ${count} adds`, confdit.away, slapd.away), joined];
}

/** A change against a put, which is one commit of etcd, and changes a second against puts. */
function rowsBesideEtcd(
  confdit: Found,
  puts: {
    readonly median: readonly number[];
    readonly high: readonly number[];
    readonly rate: readonly number[];
  },
): Row[] {
  return [
    {
      operation: 'seen everywhere : a put',
      load: 'median',
      unit: 'ms',
      left: sampleOf(confdit.visibleMedian),
      right: sampleOf(puts.median),
    },
    {
      operation: 'seen everywhere : a put',
      load: '99th percentile',
      unit: 'ms',
      left: sampleOf(confdit.visibleHigh),
      right: sampleOf(puts.high),
    },
    {
      operation: 'shared modify : puts, 16 at once',
      load: sixteen.name,
      unit: 'ops/s',
      left: modifiesOf(confdit, sixteen),
      right: sampleOf(puts.rate),
    },
  ];
}

function modifiesOf({ modifies }: Found, shape: LoadShape): Sample {
  return sampleOfLoad(modifies.get(shape) ?? []);
}

/** The 99th percentile. */
function highOf(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN;
}

function firstOf(servers: readonly RunningServer[]): RunningServer {
  const [first] = servers;
  if (first === undefined) throw new RangeError('The group has no server.');
  return first;
}
