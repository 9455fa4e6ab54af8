// Breaks one cluster after the other, by their seeds: what is left of a range that was interrupted is the rest of it.

import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterTortureReport, tortureCluster } from './cluster-torture.ts';
import type { History } from './history.ts';

export interface TortureClustersOptions {
  readonly firstSeed: number;
  readonly lastSeed: number;
  /** For each seed. */
  readonly faults: number;
  /** Told of each fault and each seed, in a line. */
  readonly tell: (line: string) => void;
}

const COUNTED = [
  'acknowledged',
  'refused',
  'unknown',
  'storedUnknown',
  'reads',
  'watchings',
  'watched',
] as const;

type Sum = Record<(typeof COUNTED)[number], number> & {
  faults: number;
  /** How many of each kind. */
  readonly kinds: Map<string, number>;
  readonly problems: string[];
};

export async function tortureClusters(options: TortureClustersOptions): Promise<Sum> {
  const { firstSeed, lastSeed, faults, tell } = options;
  const sum: Sum = {
    faults: 0,
    acknowledged: 0,
    refused: 0,
    unknown: 0,
    storedUnknown: 0,
    reads: 0,
    watchings: 0,
    watched: 0,
    kinds: new Map(),
    problems: [],
  };
  const leftOut = new Set<string>();
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    try {
      const report = await tortureCluster({
        faults,
        seed,
        afterFault: (count, fault) => tell(`seed ${seed}, fault ${count}: ${fault}`),
        leftOut: (reason) => {
          if (!leftOut.has(reason)) tell(`Some faults are left out: ${reason}`);
          leftOut.add(reason);
        },
      });
      add(sum, report);
      await tellOf(seed, report, tell);
      sum.problems.push(...report.problems.map((problem) => `seed ${seed}: ${problem}`));
    } catch (error) {
      const problem = `seed ${seed}: ${error instanceof Error ? error.message : error}`;
      sum.problems.push(problem);
      tell(problem);
    }
  }
  return sum;
}

function add(sum: Sum, report: ClusterTortureReport): void {
  for (const name of COUNTED) sum[name] += report[name];
  for (const [kind, count] of report.faults) {
    sum.kinds.set(kind, (sum.kinds.get(kind) ?? 0) + count);
    sum.faults += count;
  }
}

async function tellOf(
  seed: number,
  { acknowledged, refused, unknown, reads, watched, problems, history }: ClusterTortureReport,
  tell: (line: string) => void,
): Promise<void> {
  tell(
    `seed ${seed}: ${acknowledged} changes acknowledged, ${refused} refused, ${unknown} unknown, ${reads} reads, ` +
      `${watched} messages to watchers, ${problems.length} problems`,
  );
  if (problems.length === 0) return;
  const file = join(tmpdir(), `confdit-history-${process.pid}-${seed}.json`);
  await writeFile(file, JSON.stringify(plain(history)));
  for (const problem of problems) tell(`  ${problem}`);
  tell(`  What the clients saw is in ${file}.`);
}

/** As JSON can have it: states are maps. */
function plain({ beginning, ends, ...rest }: History): unknown {
  const state = Object.fromEntries(beginning.state);
  return { beginning: { ...beginning, state }, ends: ends.map((end) => Object.fromEntries(end)), ...rest };
}
