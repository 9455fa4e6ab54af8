/**
 * `npm run bench`: confdit against OpenLDAP's slapd, side by side in one run, as one table.
 *
 * The servers run on one core, the load on another; they take turns within every round, and only the one that is measured runs.
 * This file holds the order of things; what is measured stands in speed.ts, secure.ts, growth.ts and scale.ts.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { measureCluster } from './cluster/cluster.ts';
import { ratioOf } from './figures.ts';
import { measureFiles } from './files.ts';
import { measureGrowth } from './growth.ts';
import { describeMachine, formatMachine } from './machine.ts';
import { type BenchOptions, parseOptions, type ServerName, UsageError, usage } from './options.ts';
import { measureReferences } from './references.ts';
import { measureScale } from './scale.ts';
import { measureSecure } from './secure.ts';
import { canned } from './servers/canned.ts';
import { confdit } from './servers/confdit.ts';
import type { ServerKind } from './servers/server.ts';
import { findSlapd, slapd } from './servers/slapd.ts';
import { type Bench, measureSpeed } from './speed.ts';
import { Stage } from './stage.ts';
import { formatClusterNotes, formatNotes, formatTable } from './table.ts';

function kindOf(name: ServerName, { entryCount }: BenchOptions): ServerKind {
  return { confdit, slapd, canned: canned(entryCount) }[name];
}

/** What is missing on this machine, or undefined. */
function findObstacle({ servers, parts }: BenchOptions): string | undefined {
  if (process.platform !== 'linux')
    return 'The benchmark needs Linux: it pins processes to cores and reads /proc.';
  if (availableParallelism() < 2)
    return 'The benchmark needs two cores: one for the servers, one for the load.';
  if (spawnSync('taskset', ['--version']).error !== undefined) {
    return 'taskset is not installed; it comes with util-linux: apt-get install util-linux';
  }
  if (servers.includes('slapd') && findSlapd() === undefined) {
    return 'slapd is not installed, so there is nothing to compare with: apt-get install slapd';
  }
  if (parts.has('cluster') && spawnSync('etcd', ['--version']).error !== undefined) {
    return 'etcd is not installed, so confdit cannot share its configuration: apt-get install etcd-server';
  }
  if (servers.includes('canned') && [...parts].some((part) => part !== 'base')) {
    return 'The canned loop answers nothing but base searches: add --only base';
  }
  return undefined;
}

function reportProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function run(stage: Stage, options: BenchOptions): Promise<void> {
  const [left, right] = options.servers;
  const bench: Bench = {
    stage,
    options,
    kinds: [kindOf(left, options), kindOf(right, options)],
    report: reportProgress,
  };
  const machine = describeMachine(stage.makeFolder('syncs'), new Date());
  const rows = [
    ...(await measureSpeed(bench)),
    ...(await measureSecure(bench)),
    ...(await measureReferences(bench)),
    ...(await measureGrowth(bench)),
    ...(await measureFiles(bench)),
  ];
  reportProgress('');
  const names = [left, left === right ? `${right} (2)` : right] as const;
  const scale = await measureScale(bench);
  const { besideSlapd, besideEtcd } = await measureCluster(bench);
  reportProgress('');
  console.log(formatMachine(machine));
  if (rows.length > 0) console.log(`\n${formatTable(rows, names)}\n\n${formatNotes(rows, names)}`);
  if (scale.length > 0) console.log(`\n${formatTable(scale, scaleNames(left, options))}`);
  if (besideSlapd.length > 0) {
    console.log(`\n${formatTable(besideSlapd, ['confdit', 'slapd'])}`);
    console.log(`\n${formatTable(besideEtcd, ['confdit', 'etcd'])}\n\n${formatClusterNotes()}`);
  }
  if (options.jsonFile !== undefined) {
    const { rounds, seconds, entryCount } = options;
    const settings = { servers: names, rounds, seconds, entryCount };
    const figures = [...rows, ...scale, ...besideSlapd, ...besideEtcd].map((row) => ({
      ...row,
      ratio: ratioOf(row),
    }));
    writeFileSync(
      options.jsonFile,
      `${JSON.stringify({ machine, settings, rows: figures }, undefined, 2)}\n`,
    );
  }
}

function scaleNames(name: ServerName, { manyCount, entryCount }: BenchOptions): readonly [string, string] {
  return [`${name} ${manyCount}`, `${name} ${entryCount}`];
}

/** Runs the benchmark and gives the exit code. Children and folders are gone when it returns. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const obstacle = findObstacle(options);
  if (obstacle !== undefined) {
    console.error(obstacle);
    return 2;
  }
  const stage = new Stage(options.folder);
  const interrupted = Promise.withResolvers<number>();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => interrupted.resolve(code));
  }
  const finished = run(stage, options).then(() => 0);
  finished.catch(() => undefined);
  try {
    return await Promise.race([finished, interrupted.promise]);
  } finally {
    await stage.clear();
  }
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
