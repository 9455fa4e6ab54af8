// One sequence: a live server is driven through random steps, and again and again compared with a fresh one.

import fc from 'fast-check';
import type { DescribedPart } from '../../src/runtime/description.ts';
import { presentFilter, scopes, searchRequest } from '../support/ber-bytes.ts';
import { act, type Outcomes } from './acting.ts';
import { differences, type Pending } from './difference.ts';
import type { Fixtures } from './fixtures.ts';
import type { FreshServers, FreshStart } from './fresh-server.ts';
import { administratorOf, Sandbox } from './sandbox.ts';
import { type Step, step } from './steps.ts';
import { Surroundings } from './surroundings.ts';
import { take } from './taking.ts';

export interface SequenceOptions {
  readonly seed: number;
  readonly steps: number;
  /** How many steps lie between two comparisons. */
  readonly every: number;
  readonly fixtures: Fixtures;
  readonly freshServers: FreshServers;
  /** Told of each step, for whoever looks on. */
  readonly tell?: (line: string) => void;
}

export interface SequenceReport {
  readonly taken: number;
  readonly refused: number;
  readonly comparisons: number;
  readonly outcomes: number;
}

/** What the commands have to know: the comparison is theirs. */
interface Model {
  count: number;
}

interface Real {
  readonly sandbox: Sandbox;
  readonly options: SequenceOptions;
  readonly report: { taken: number; refused: number; comparisons: number; outcomes: number };
  /** What ran after the last step. */
  parts: readonly DescribedPart[];
}

/** So many steps lie between two starts of a process. */
const ALONE_EVERY = 300;
const KEY = 'a key of no secret';

/** Rejects with what is wrong, and with the steps that led there. */
export async function runSequence(options: SequenceOptions): Promise<SequenceReport> {
  const commands = fc
    .array(
      step.map((one) => new StepCommand(one)),
      { minLength: options.steps, maxLength: options.steps },
    )
    .map((all) => [...all, new LastLook()]);
  const report = { taken: 0, refused: 0, comparisons: 0, outcomes: 0 };
  const property = fc.asyncProperty(commands, async (all) => {
    const around = await Surroundings.open(options.fixtures);
    const sandbox = await Sandbox.open(options.fixtures, around);
    try {
      const real: Real = { sandbox, options, report, parts: await sandbox.server.describe(KEY) };
      await fc.asyncModelRun(() => ({ model: { count: 0 }, real }), all);
    } finally {
      await sandbox.close();
      await around.close();
    }
  });
  await fc.assert(property, { seed: options.seed, numRuns: 1, endOnFailure: true });
  return report;
}

class StepCommand implements fc.AsyncCommand<Model, Real> {
  readonly #step: Step;

  constructor(one: Step) {
    this.#step = one;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const { sandbox, options, report } = real;
    const { isTaken, text } = await take(sandbox, this.#step);
    model.count += 1;
    if (isTaken) report.taken += 1;
    else report.refused += 1;
    options.tell?.(
      `${model.count} ${isTaken ? 'taken' : 'refused'} ${this}${text === '' ? '' : `\n      ${text}`}`,
    );
    const parts = await sandbox.server.describe(KEY);
    if (!isTaken)
      require([...differences(real.parts, parts, new Map())], 'What was refused has changed what runs');
    real.parts = parts;
    if (model.count % options.every === 0)
      await compare(real, 'host', model.count % (2 * options.every) === 0);
  }

  toString(): string {
    return JSON.stringify(this.#step);
  }
}

/** The last comparison: of some sequences with a server that is started as administrators start it. */
class LastLook implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true;
  }

  run(_: Model, real: Real): Promise<void> {
    const { seed, steps } = real.options;
    return compare(real, (seed * steps) % ALONE_EVERY === 0 ? 'alone' : 'host', true);
  }

  toString(): string {
    return '(the last look)';
  }
}

async function compare(real: Real, way: 'host' | 'alone', isActed: boolean): Promise<void> {
  const { sandbox, options, report } = real;
  const pending = await pendingOf(sandbox);
  const use = async (fresh: FreshStart) => {
    if ('refused' in fresh) throw new Error(`A fresh server does not start:\n${fresh.refused}`);
    report.comparisons += 1;
    const placed = (parts: readonly DescribedPart[], folder: string): readonly DescribedPart[] =>
      JSON.parse(JSON.stringify(parts).replaceAll(folder, '/i').replaceAll(encodeURIComponent(folder), '/i'));
    const [one, other] = [placed(real.parts, sandbox.folder), placed(fresh.parts, fresh.folder)];
    require(differences(one, other, pending), 'The live server differs from a fresh one');
    if (!isActed || pending.size > 0) return;
    await compareActing(real, fresh.folder, other);
  };
  const { freshServers } = options;
  await (way === 'host' ? freshServers.inHost(sandbox, KEY, use) : freshServers.alone(sandbox, KEY, use));
}

async function compareActing(real: Real, folder: string, parts: readonly DescribedPart[]): Promise<void> {
  const { sandbox, options, report } = real;
  const { fixtures } = options;
  const freshClient = await administratorOf({ folder, password: sandbox.server.password });
  try {
    const ofLive = () =>
      act({ client: sandbox.client, network: sandbox.network, folder: sandbox.folder, fixtures, parts });
    const [live, fresh] = [
      await ofLive(),
      await act({ client: freshClient, network: '127.77.0.', folder, fixtures, parts }),
    ];
    report.outcomes += Object.keys(live).length;
    require(unlike(live, fresh), 'The live server acts otherwise than a fresh one');
  } finally {
    freshClient.close();
  }
}

function unlike(live: Outcomes, fresh: Outcomes): readonly string[] {
  return [...new Set([...Object.keys(live), ...Object.keys(fresh)])].flatMap((what) =>
    live[what] === fresh[what] ? [] : [`${what}: ${live[what]}; of the fresh server: ${fresh[what]}`],
  );
}

/** Returns what waits at a server, for an admin action or for what is missing there. */
export async function pendingOf({ client }: Pick<Sandbox, 'client'>): Promise<Pending> {
  const asked = {
    scope: scopes.subtree,
    filter: presentFilter('ds-cfg-pending-change'),
    attributes: ['ds-cfg-pending-change'],
  };
  const { entries } = await client.request(searchRequest('cn=config', asked));
  return new Map(
    entries.map(({ dn, attributes }) => {
      const names = (attributes['ds-cfg-pending-change'] ?? []).map((text) =>
        text.slice(0, text.indexOf(':')),
      );
      return [dn.toLowerCase(), new Set(names)];
    }),
  );
}

function require(problems: readonly string[], what: string): void {
  if (problems.length > 0) throw new Error([`${what}:`, ...problems].join('\n  '));
}
