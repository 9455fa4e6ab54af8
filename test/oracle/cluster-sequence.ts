// One sequence with three servers that share a configuration: random steps at any of them, with other sources at each, while etcd
// comes and goes. Again and again each is compared with a fresh server that starts on its folder, its sources and the same log.

import { join } from 'node:path';
import fc from 'fast-check';
import type { DescribedPart } from '../../src/runtime/description.ts';
import { presentFilter, scopes, searchRequest } from '../support/ber-bytes.ts';
import { runHere } from '../support/confdit-program.ts';
import type { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import type { RawClient } from '../support/raw-client.ts';
import { passes, until } from '../support/until.ts';
import { differences } from './difference.ts';
import type { Fixtures } from './fixtures.ts';
import type { FreshServers } from './fresh-server.ts';
import { administratorOf, Sandbox } from './sandbox.ts';
import { pendingOf, type SequenceReport } from './sequence.ts';
import { type Step, step } from './steps.ts';
import { Surroundings } from './surroundings.ts';
import { take } from './taking.ts';

export interface ClusterSequenceOptions {
  readonly seed: number;
  readonly steps: number;
  /** Number of steps between two comparisons. */
  readonly every: number;
  readonly fixtures: Fixtures;
  readonly freshServers: FreshServers;
  /** One for many sequences: each has keys of its own. */
  readonly etcd: EtcdCluster;
  /** Called for each step, with a line. */
  readonly tell?: (line: string) => void;
}

interface ClusterStep {
  readonly server: number;
  readonly step: Step;
  /** What becomes of etcd meanwhile. */
  readonly etcd: 'there' | 'frozen' | 'away';
}

const NETWORKS = ['127.31.0.', '127.32.0.', '127.33.0.'];
const KEY = 'a key of no secret';
const ETCD_AWAY_MS = 500;
/** What cannot be in force on a server, in the words of ds-cfg-pending-change. */
const HELD = /nothing of this entry is effective on this server|this server could not make/;

/** What a failing disk does to a local copy is another test: the change stands, since etcd has it. */
const steps = fc.record<ClusterStep>({
  server: fc.nat(NETWORKS.length - 1),
  step: step.filter((one) => one.do !== 'fail to store'),
  etcd: fc.oneof(
    { weight: 14, arbitrary: fc.constant('there' as const) },
    { weight: 1, arbitrary: fc.constantFrom('frozen' as const, 'away' as const) },
  ),
});

/** Rejects with what is wrong, and with the steps that led there. */
export async function runClusterSequence(options: ClusterSequenceOptions): Promise<SequenceReport> {
  const { seed } = options;
  const all = fc.array(steps, { minLength: options.steps, maxLength: options.steps });
  const report = { taken: 0, refused: 0, comparisons: 0, outcomes: 0 };
  const property = fc.asyncProperty(all, async (sequence) => {
    const cluster = await OracleCluster.open(options);
    try {
      for (const [index, one] of sequence.entries()) {
        const isTaken = await cluster.take(one);
        report[isTaken ? 'taken' : 'refused'] += 1;
        options.tell?.(`${index + 1} ${isTaken ? 'taken' : 'refused'} ${JSON.stringify(one)}`);
        if ((index + 1) % options.every === 0 || index + 1 === sequence.length)
          report.comparisons += await cluster.compare();
      }
    } finally {
      await cluster.close();
    }
  });
  await fc.assert(property, { seed, numRuns: 1, endOnFailure: true });
  return report;
}

class OracleCluster {
  readonly #options: ClusterSequenceOptions;
  readonly #around: Surroundings;
  readonly #servers: Sandbox[] = [];
  readonly #prefix: string;

  private constructor(options: ClusterSequenceOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    this.#prefix = `/oracle/${options.seed}/${Date.now()}`;
  }

  static async open(options: ClusterSequenceOptions): Promise<OracleCluster> {
    const cluster = new OracleCluster(options, await Surroundings.open(options.fixtures, NETWORKS));
    try {
      await cluster.#begin();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Takes a step. Resolves to false if it is refused, when all servers have made what was changed. */
  async take({ server, step: one, etcd }: ClusterStep): Promise<boolean> {
    const sandbox = this.#at(server);
    const before = await sandbox.server.describe(KEY);
    const isTaken = await this.#without(etcd, () => take(sandbox, one).then((taken) => taken.isTaken));
    await this.#caughtUp();
    // While etcd is away, what was not acknowledged may be stored all the same.
    if (!isTaken && etcd === 'there')
      require([
        ...differences(before, await sandbox.server.describe(KEY), new Map()),
      ], server, 'runs otherwise after a refusal');
    return isTaken;
  }

  /** Compares each server with a fresh one. Resolves to the number of comparisons. */
  async compare(): Promise<number> {
    for (const [index, sandbox] of this.#servers.entries()) {
      await this.#options.freshServers.inHost(sandbox, KEY, async (fresh) => {
        if ('refused' in fresh) throw new Error(`A fresh server ${index} does not start:\n${fresh.refused}`);
        const { folder } = fresh;
        const client = await administratorOf({ folder, password: sandbox.server.password });
        try {
          // What cannot be in force keeps what it was; a fresh server has nothing to keep.
          const held = new Set([...(await heldAt(sandbox.client)), ...(await heldAt(client))]);
          const [live, other] = [
            placed(await sandbox.server.describe(KEY), sandbox.folder),
            placed(fresh.parts, folder),
          ].map((parts) => parts.filter(({ key }) => key === undefined || !held.has(key)));
          const found = differences(live ?? [], other ?? [], await pendingOf(sandbox));
          require(found, index, 'differs from a fresh one');
        } finally {
          client.close();
        }
      });
    }
    return this.#servers.length;
  }

  async close(): Promise<void> {
    for (const sandbox of this.#servers) await sandbox.close();
    await this.#around.close();
  }

  async #begin(): Promise<void> {
    const { fixtures, etcd } = this.#options;
    const environment = {
      CONFDIT_ETCD: etcd.urls.join(),
      CONFDIT_ETCD_PREFIX: this.#prefix,
    };
    const run = async (...words: readonly string[]) => {
      const { code, stderr } = await runHere(['cluster', ...words], { environment });
      if (code !== 0) throw new Error(`confdit cluster ${words.join(' ')}: ${stderr}`);
    };
    const [own = '', ...others] = NETWORKS;
    const first = await Sandbox.open(fixtures, this.#around, { network: own, environment });
    this.#servers.push(first);
    await first.share((folder) => run('init', '--instance', folder));
    const key = join(first.folder, 'config', 'keys', 'master.key');
    for (const network of others) {
      const make = (folder: string) => run('join', '--instance', folder, '--master-key', key);
      this.#servers.push(await Sandbox.open(fixtures, this.#around, { network, environment, join: make }));
    }
    await this.#caughtUp();
  }

  #at(index: number): Sandbox {
    const sandbox = this.#servers[index];
    if (sandbox === undefined) throw new RangeError(`There is no server ${index}.`);
    return sandbox;
  }

  /** Does something, at first without etcd. */
  async #without<T>(etcd: ClusterStep['etcd'], work: () => Promise<T>): Promise<T> {
    const member = this.#options.etcd.member(0);
    if (etcd === 'there') return work();
    if (etcd === 'frozen') member.freeze();
    else await member.end();
    const working = work();
    await passes(ETCD_AWAY_MS);
    if (etcd === 'frozen') member.thaw();
    else member.start();
    try {
      return await working;
    } finally {
      await this.#options.etcd.healthy();
    }
  }

  /** Resolves when all servers show the last change of the log. */
  async #caughtUp(): Promise<void> {
    const head = await this.#options.etcd.ctl('get', '--print-value-only', `${this.#prefix}/head`);
    const [, last] = /"number":(\d+)/.exec(head) ?? [];
    for (const { client } of this.#servers) await until(async () => (await numberAt(client)) === last);
  }
}

/** Returns the keys of the objects that cannot be in force at a server. */
async function heldAt(client: RawClient): Promise<ReadonlySet<string>> {
  const asked = {
    scope: scopes.subtree,
    filter: presentFilter('ds-cfg-pending-change'),
    attributes: ['ds-cfg-pending-change'],
  };
  const { entries } = await client.request(searchRequest('cn=config', asked));
  const held = entries.filter(({ attributes }) =>
    attributes['ds-cfg-pending-change']?.some((text) => HELD.test(text)),
  );
  return new Set(held.map(({ dn }) => dn.toLowerCase()));
}

async function numberAt(client: RawClient): Promise<string | undefined> {
  const asked = { scope: scopes.base, attributes: ['lastChangeNumber'] };
  const { entries } = await client.request(searchRequest('', asked));
  return entries[0]?.attributes.lastChangeNumber?.[0];
}

function placed(parts: readonly DescribedPart[], folder: string): readonly DescribedPart[] {
  return JSON.parse(
    JSON.stringify(parts).replaceAll(folder, '/i').replaceAll(encodeURIComponent(folder), '/i'),
  );
}

function require(problems: readonly string[], server: number, what: string): void {
  if (problems.length > 0) throw new Error([`Server ${server} ${what}:`, ...problems].join('\n  '));
}
