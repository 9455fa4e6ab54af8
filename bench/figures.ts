/**
 * What a run of the benchmark found: samples of several rounds, and rows that set two servers side by side.
 */
import type { LoadResult } from './load.ts';

/** One quantity on one server, measured once a round; the median is what is quoted. */
export interface Sample {
  readonly values: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Processor time over elapsed time, of the server and of the load generator; medians. */
  readonly serverBusy?: number;
  readonly generatorBusy?: number;
  /** Processor time of the generator for one operation, in microseconds; median. */
  readonly generatorMicroseconds?: number;
}

/** One line of the table. `unit` tells how figures are printed and which is better. */
export interface Row {
  readonly operation: string;
  readonly load: string;
  readonly unit: 'ops/s' | 'ms' | 'octets' | 'ratio';
  readonly left: Sample;
  /** Undefined for what only the left server does. */
  readonly right: Sample | undefined;
  readonly limit?: Sample;
}

/** Middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A sample of plain figures. */
export function sampleOf(values: readonly number[]): Sample {
  return { values, median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** A sample of operations a second. */
export function sampleOfLoad(results: readonly LoadResult[]): Sample {
  return {
    ...sampleOf(results.map(({ operations, seconds }) => operations / seconds)),
    serverBusy: median(results.map(({ serverCpuSeconds, seconds }) => serverCpuSeconds / seconds)),
    generatorBusy: median(results.map(({ generatorCpuSeconds, seconds }) => generatorCpuSeconds / seconds)),
    generatorMicroseconds: median(
      results.map(({ generatorCpuSeconds, operations }) => (generatorCpuSeconds * 1e6) / operations),
    ),
  };
}

/** How many times better the left server is than the right one; undefined where there is nothing to compare. */
export function ratioOf(row: Row): number | undefined {
  if (row.unit === 'ratio' || row.right === undefined) return undefined;
  return row.unit === 'ms' ? row.right.median / row.left.median : row.left.median / row.right.median;
}
