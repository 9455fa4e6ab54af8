/**
 * What TLS costs: whole handshakes a second, and base searches on connections that have one behind them. All servers have a
 * key of the same type.
 */
import { type Row, sampleOfLoad } from './figures.ts';
import type { LoadResult } from './load.ts';
import { runHandshakes } from './run-load.ts';
import { canned } from './servers/canned.ts';
import type { RunningServer } from './servers/server.ts';
import { type Bench, type LoadShape, loadAlone, pipelined, serial, sixteen, startFilled } from './speed.ts';

interface Cell {
  readonly operation: 'TLS handshake' | 'LDAPS base search';
  readonly shape: LoadShape;
  /** Of the two servers and of the limit. */
  readonly results: readonly [LoadResult[], LoadResult[], LoadResult[]];
}

/** One row for each load; none unless the part `ldaps` was asked for. */
export async function measureSecure(bench: Bench): Promise<Row[]> {
  const { options, kinds } = bench;
  if (!options.parts.has('ldaps')) return [];
  const cells = [
    ...[serial, sixteen].map((shape) => cellOf('TLS handshake', shape)),
    ...[serial, sixteen, pipelined].map((shape) => cellOf('LDAPS base search', shape)),
  ];
  const servers: RunningServer[] = [];
  for (const kind of [...kinds, canned(options.entryCount)])
    servers.push(await startFilled(bench, kind, options.entryCount));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const cell of cells) {
      bench.report(`round ${round} of ${options.rounds}: ${cell.operation}, ${cell.shape.name}`);
      for (const [index, server] of servers.entries())
        cell.results[index]?.push(await measure(bench, server, cell));
    }
  }
  for (const server of servers) await server.stop();
  return cells.map(({ operation, shape, results: [left, right, limit] }) => ({
    operation,
    load: shape.name,
    unit: 'ops/s',
    left: sampleOfLoad(left),
    right: sampleOfLoad(right),
    limit: sampleOfLoad(limit),
  }));
}

function cellOf(operation: Cell['operation'], shape: LoadShape): Cell {
  return { operation, shape, results: [[], [], []] };
}

async function measure(bench: Bench, server: RunningServer, { operation, shape }: Cell): Promise<LoadResult> {
  const { stage, options } = bench;
  if (operation === 'LDAPS base search')
    return loadAlone(bench, server, shape, 'base', options.entryCount, true);
  const { seconds, warmUpSeconds } = options;
  server.resume();
  const result = await runHandshakes(stage, server, {
    connections: shape.connections,
    seconds,
    warmUpSeconds,
  });
  server.pause();
  return result;
}
