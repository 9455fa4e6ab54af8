// Many sequences, one after the other, by their seeds: what is left of a range that was interrupted is the rest of it.

import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { runClusterSequence } from './cluster-sequence.ts';
import { makeFixtures } from './fixtures.ts';
import { FreshServers } from './fresh-server.ts';
import { runSequence } from './sequence.ts';

export interface SequencesOptions {
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly steps: number;
  /** True: each sequence has three servers that share a configuration. */
  readonly isCluster?: boolean;
  readonly afterSequence: (seed: number, problem: string | undefined, soFar: SequencesReport) => void;
}

export interface SequencesReport {
  readonly sequences: number;
  readonly taken: number;
  readonly refused: number;
  readonly comparisons: number;
  /** Connections, logins and messages that were tried with both servers. */
  readonly outcomes: number;
  readonly problems: readonly string[];
}

/** Steps between two comparisons. */
const EVERY = 8;

export async function runSequences({
  firstSeed,
  lastSeed,
  steps,
  isCluster = false,
  afterSequence,
}: SequencesOptions): Promise<SequencesReport> {
  const report = {
    sequences: 0,
    taken: 0,
    refused: 0,
    comparisons: 0,
    outcomes: 0,
    problems: [] as string[],
  };
  const fixtures = await makeFixtures();
  const freshServers = new FreshServers();
  const etcd = isCluster ? await EtcdCluster.start({ members: 1 }) : undefined;
  try {
    for (let seed = firstSeed; seed <= lastSeed; seed++) {
      let problem: string | undefined;
      try {
        const { taken, refused, comparisons, outcomes } = await (etcd === undefined
          ? runSequence({ seed, steps, every: EVERY, fixtures, freshServers })
          : runClusterSequence({ seed, steps, every: EVERY, fixtures, freshServers, etcd }));
        report.taken += taken;
        report.refused += refused;
        report.comparisons += comparisons;
        report.outcomes += outcomes;
      } catch (error) {
        problem = `seed ${seed}: ${reasonOf(error)}`;
        report.problems.push(problem);
      }
      report.sequences += 1;
      afterSequence(seed, problem, report);
    }
  } finally {
    freshServers.close();
    await etcd?.close();
    await fixtures.remove();
  }
  return report;
}

/** What is wrong stands in the cause; the message has the steps that led there. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  return cause instanceof Error ? `${cause.message}\n${message}` : message;
}
