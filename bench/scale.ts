/**
 * What a large tree costs one that only looks at single entries: the same operations among few entries and among many, by
 * turns, on the left server.
 */
import { type Row, sampleOfLoad } from './figures.ts';
import type { LoadResult } from './load.ts';
import { type Bench, type LoadShape, loadAlone, pipelined, serial, sixteen, startFilled } from './speed.ts';

const OPERATIONS = ['base', 'equality', 'compare', 'bind', 'modify'] as const;

interface Cell {
  readonly operation: (typeof OPERATIONS)[number];
  readonly shape: LoadShape;
  readonly few: LoadResult[];
  readonly many: LoadResult[];
}

/** The figures among many entries to the left, those among few to the right: their ratio is what is left of the speed. */
export async function measureScale(bench: Bench): Promise<Row[]> {
  const { options, kinds } = bench;
  if (!options.parts.has('scale')) return [];
  const few = await startFilled(bench, kinds[0], options.entryCount);
  const many = await startFilled(bench, kinds[0], options.manyCount);
  const cells = OPERATIONS.flatMap((operation) => {
    // A client may not send a bind while requests are outstanding (RFC 4511 section 4.2.1).
    const shapes = operation === 'bind' ? [serial, sixteen] : [serial, sixteen, pipelined];
    return shapes.map((shape): Cell => ({ operation, shape, few: [], many: [] }));
  });
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const cell of cells) {
      bench.report(`round ${round} of ${options.rounds}: ${cell.operation}, ${cell.shape.name}, by size`);
      cell.few.push(await loadAlone(bench, few, cell.shape, cell.operation, options.entryCount));
      cell.many.push(await loadAlone(bench, many, cell.shape, cell.operation, options.manyCount));
    }
  }
  for (const server of [few, many]) await server.stop();
  return cells.map(({ operation, shape, few: right, many: left }) => ({
    operation,
    load: shape.name,
    unit: 'ops/s',
    left: sampleOfLoad(left),
    right: sampleOfLoad(right),
  }));
}
