/**
 * What many entries cost: adding 10,000 over one connection, starting with them, and changing one among them.
 */
import { type Row, sampleOf, sampleOfLoad } from './figures.ts';
import type { LoadResult } from './load.ts';
import { addMailServers } from './run-load.ts';
import type { RunningServer, ServerKind } from './servers/server.ts';
import { type Bench, type LoadShape, loadAlone, serial, sixteen, startFilled } from './speed.ts';

const FEW = 10;
const MANY = 10_000;
const MOST_IMPORTS = 3;

/** A figure for each of the two servers. */
type Pair<Value> = [left: Value, right: Value];

/** A running server and the folder it was started on. */
interface Filled {
  readonly folder: string;
  readonly server: RunningServer;
}

/** Runs the parts `import`, `start` and `size` as far as they were asked for. */
export async function measureGrowth(bench: Bench): Promise<Row[]> {
  const { parts } = bench.options;
  if (!parts.has('import') && !parts.has('start') && !parts.has('size')) return [];
  const rows: Row[] = [];
  let filled: Pair<Filled>;
  if (parts.has('import')) {
    const imported = await measureImport(bench);
    rows.push(imported.row);
    filled = imported.filled;
  } else {
    filled = await forBoth(bench, (kind) => fill(bench, kind, 16));
  }
  if (parts.has('start')) rows.push(await measureStart(bench, filled));
  if (parts.has('size')) rows.push(...(await measureSize(bench, filled)));
  for (const { server } of filled) await server.stop();
  return rows;
}

async function forBoth<Value>(
  bench: Bench,
  measure: (kind: ServerKind) => Promise<Value>,
): Promise<Pair<Value>> {
  const [left, right] = bench.kinds;
  return [await measure(left), await measure(right)];
}

async function fill(
  bench: Bench,
  kind: ServerKind,
  outstanding: number,
): Promise<Filled & { result: LoadResult }> {
  bench.report(`${kind.name}: adding ${MANY} entries`);
  const folder = bench.stage.makeFolder(kind.name);
  const server = await kind.start(bench.stage, folder);
  const result = await addMailServers(bench.stage, server, MANY, outstanding);
  server.pause();
  return { folder, server, result };
}

/** One request at a time, as `ldapadd` does. The servers of the last round are kept. */
async function measureImport(bench: Bench): Promise<{ row: Row; filled: Pair<Filled> }> {
  const results: Pair<LoadResult[]> = [[], []];
  const imports = Math.min(bench.options.rounds, MOST_IMPORTS);
  for (let round = 1; ; round += 1) {
    const [left, right] = await forBoth(bench, (kind) => fill(bench, kind, 1));
    results[0].push(left.result);
    results[1].push(right.result);
    if (round >= imports) return { row: importRow(results), filled: [left, right] };
    for (const { server, folder } of [left, right]) {
      await server.stop();
      bench.stage.removeFolder(folder);
    }
  }
}

function importRow([left, right]: Pair<LoadResult[]>): Row {
  return {
    operation: 'import of 10,000',
    load: 'serial',
    unit: 'ops/s',
    left: sampleOfLoad(left),
    right: sampleOfLoad(right),
  };
}

/** Stops and starts the servers on the entries they hold; `filled` has the running ones afterwards. */
async function measureStart(bench: Bench, filled: Pair<Filled>): Promise<Row> {
  const times: Pair<number[]> = [[], []];
  for (let round = 1; round <= bench.options.rounds; round += 1) {
    bench.report(`round ${round} of ${bench.options.rounds}: start with ${MANY} entries`);
    for (const side of [0, 1] as const) {
      const { server, folder } = filled[side];
      await server.stop();
      const restarted = await bench.kinds[side].start(bench.stage, folder);
      times[side].push(restarted.startMs);
      restarted.pause();
      filled[side] = { folder, server: restarted };
    }
  }
  return {
    operation: 'start with 10,000',
    load: '',
    unit: 'ms',
    left: sampleOf(times[0]),
    right: sampleOf(times[1]),
  };
}

/** Modifies among few and among many entries by turns; under both loads, since a slow sync hides what a serial change costs. */
async function measureSize(bench: Bench, filled: Pair<Filled>): Promise<Row[]> {
  const small = await forBoth(bench, (kind) => startFilled(bench, kind, FEW));
  const rows: Row[] = [];
  for (const shape of [serial, sixteen]) rows.push(...(await compareSizes(bench, shape, small, filled)));
  for (const server of small) await server.stop();
  return rows;
}

async function compareSizes(
  bench: Bench,
  shape: LoadShape,
  small: Pair<RunningServer>,
  large: Pair<Filled>,
): Promise<Row[]> {
  const few: Pair<LoadResult[]> = [[], []];
  const many: Pair<LoadResult[]> = [[], []];
  for (let round = 1; round <= bench.options.rounds; round += 1) {
    bench.report(
      `round ${round} of ${bench.options.rounds}: modify with ${FEW} and ${MANY} entries, ${shape.name}`,
    );
    for (const side of [0, 1] as const) {
      few[side].push(await loadAlone(bench, small[side], shape, 'modify', FEW));
      many[side].push(await loadAlone(bench, large[side].server, shape, 'modify', MANY));
    }
  }
  const cost = (side: 0 | 1) =>
    few[side].map((result, round) => speed(result) / speed(many[side][round] ?? result));
  const load = shape.name;
  const ops = (operation: string, [left, right]: Pair<LoadResult[]>): Row => ({
    operation,
    load,
    unit: 'ops/s',
    left: sampleOfLoad(left),
    right: sampleOfLoad(right),
  });
  return [
    ops('modify with 10', few),
    ops('modify with 10,000', many),
    {
      operation: 'modify cost 10,000 : 10',
      load,
      unit: 'ratio',
      left: sampleOf(cost(0)),
      right: sampleOf(cost(1)),
    },
  ];
}

function speed({ operations, seconds }: LoadResult): number {
  return operations / seconds;
}
