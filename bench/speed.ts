/**
 * Operations a second: every operation under every load, on both servers by turns.
 */
import { type Row, sampleOfLoad } from './figures.ts';
import type { LoadResult } from './load.ts';
import type { BenchOptions, Part } from './options.ts';
import type { Operation } from './requests.ts';
import { addMailServers, type Load, runLoad } from './run-load.ts';
import { canned } from './servers/canned.ts';
import type { RunningServer, ServerKind } from './servers/server.ts';
import type { Stage } from './stage.ts';

/** How many connections, and how many requests each of them keeps under way. */
export interface LoadShape {
  readonly name: string;
  readonly connections: number;
  readonly outstanding: number;
}

export const serial: LoadShape = { name: 'serial', connections: 1, outstanding: 1 };
export const sixteen: LoadShape = { name: '16 connections', connections: 16, outstanding: 1 };
export const pipelined: LoadShape = { name: '16 x 16', connections: 16, outstanding: 16 };

/** What the table calls the operations. */
const titles: Readonly<
  Record<Exclude<Operation, 'add' | 'addTrustManager' | 'addReferring' | 'refusedDelete'>, string>
> = {
  base: 'base search',
  equality: 'equality search',
  subtree: 'subtree',
  compare: 'compare',
  bind: 'bind',
  modify: 'modify',
};

/** Requests under way while the entries are added that the measurement needs. */
const FILL_OUTSTANDING = 16;

interface Cell {
  readonly operation: Exclude<Operation, 'add' | 'addTrustManager' | 'addReferring' | 'refusedDelete'>;
  readonly shape: LoadShape;
  readonly left: LoadResult[];
  readonly right: LoadResult[];
  readonly limit: LoadResult[];
}

/** What the parts of the benchmark share. `report` takes a short word on what is being done. */
export interface Bench {
  readonly stage: Stage;
  readonly options: BenchOptions;
  readonly kinds: readonly [ServerKind, ServerKind];
  readonly report: (text: string) => void;
}

/** Runs the operations that were asked for; one row for each operation and load. */
export async function measureSpeed(bench: Bench): Promise<Row[]> {
  const cells = planCells(bench.options.parts);
  if (cells.length === 0) return [];
  const [leftKind, rightKind] = bench.kinds;
  const left = await startFilled(bench, leftKind, bench.options.entryCount);
  const right = await startFilled(bench, rightKind, bench.options.entryCount);
  const limit = await startFilled(bench, canned(bench.options.entryCount), 0);
  for (let round = 1; round <= bench.options.rounds; round += 1) {
    for (const cell of cells) {
      bench.report(
        `round ${round} of ${bench.options.rounds}: ${titles[cell.operation]}, ${cell.shape.name}`,
      );
      cell.left.push(await measure(bench, left, cell));
      cell.right.push(await measure(bench, right, cell));
      cell.limit.push(await measure(bench, limit, cell));
    }
  }
  await Promise.all([left, right, limit].map((server) => server.stop()));
  return cells.map(toRow);
}

function planCells(parts: ReadonlySet<Part>): Cell[] {
  const cells: Cell[] = [];
  for (const operation of Object.keys(titles) as (keyof typeof titles)[]) {
    if (!parts.has(operation)) continue;
    // A client may not send a bind while requests are outstanding (RFC 4511 section 4.2.1).
    const shapes = operation === 'bind' ? [serial, sixteen] : [serial, sixteen, pipelined];
    for (const shape of shapes) cells.push({ operation, shape, left: [], right: [], limit: [] });
  }
  return cells;
}

/** Starts a server on a new folder, adds `entryCount` mail servers and leaves it paused. */
export async function startFilled(
  bench: Bench,
  kind: ServerKind,
  entryCount: number,
): Promise<RunningServer> {
  bench.report(`${kind.name}: starting with ${entryCount} entries`);
  const server = await kind.start(bench.stage, bench.stage.makeFolder(kind.name.replaceAll(' ', '-')));
  if (entryCount > 0 && kind.isCanned !== true) {
    await addMailServers(bench.stage, server, entryCount, FILL_OUTSTANDING);
  }
  server.pause();
  return server;
}

function measure(bench: Bench, server: RunningServer, { operation, shape }: Cell): Promise<LoadResult> {
  return loadAlone(bench, server, shape, operation, bench.options.entryCount);
}

/** Wakes one server, loads it, and pauses it again. */
export async function loadAlone(
  { stage, options }: Bench,
  server: RunningServer,
  shape: LoadShape,
  operation: Operation,
  entryCount: number,
  isSecure = false,
): Promise<LoadResult> {
  const { connections, outstanding } = shape;
  const { seconds, warmUpSeconds } = options;
  const load: Load = { operation, entryCount, connections, outstanding, seconds, warmUpSeconds, isSecure };
  server.resume();
  const result = await runLoad(stage, server, load);
  server.pause();
  return result;
}

function toRow({ operation, shape, left, right, limit }: Cell): Row {
  return {
    operation: titles[operation],
    load: shape.name,
    unit: 'ops/s',
    left: sampleOfLoad(left),
    right: sampleOfLoad(right),
    ...(limit.length > 0 ? { limit: sampleOfLoad(limit) } : {}),
  };
}
