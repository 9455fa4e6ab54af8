// All components, asked one after the other: all of them prepare, or none does. What others need, such as a key manager,
// is prepared before them; then whatever uses something that changes is asked whether it could go on.

import { LdapError } from '../ldap/ldap-error.ts';
import type { Circumstances, Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { DescribedPart, Digest } from './description.ts';

/** How long everything together may take that one change needs. */
export const PREPARE_MS_MAX = 60_000;

export interface RuntimeOptions {
  /** How long all of `prepare` may take. Without it, as long as it takes: a start has nobody waiting behind it. */
  readonly prepareMsMax?: number;
  /** The files that are being read now, for the sentence that refuses a change. */
  readonly filesRead?: () => readonly string[];
}

/** Where each of several problems is wanted, and others have their turn between them. */
export interface Patience {
  refused(error: LdapError): void;
  /** Awaited after every so many objects. */
  turn(): Promise<unknown>;
}

/** One component that one object is prepared by. */
interface Step {
  readonly component: Component;
  readonly difference: ObjectDifference;
}

const OBJECTS_PER_TURN = 64;

export class Runtime {
  readonly #components: readonly Component[];
  readonly #options: RuntimeOptions;
  /** By their kinds, where the first component stands that runs such objects. */
  readonly #ranks = new Map<string | undefined, number>();
  readonly #byKind: ReadonlyMap<string, readonly Component[]>;
  readonly #reviewers: readonly Component[];

  /** @param components those that others need stand before them. */
  constructor(components: readonly Component[], options: RuntimeOptions = {}) {
    this.#components = components;
    this.#options = options;
    this.#byKind = Map.groupBy(components, ({ kind }) => kind);
    this.#reviewers = components.filter(({ review }) => review !== undefined);
    for (const [rank, { kind }] of components.entries()) {
      if (!this.#ranks.has(kind)) this.#ranks.set(kind, rank);
    }
  }

  /** Whether objects of the kind run when they are enabled, and not otherwise. */
  knowsEnabled(kind: string): boolean {
    return this.#components.some((component) => component.kind === kind && component.runs !== undefined);
  }

  /** Whether all runs that an enabled object of the kind is there for; takes the key of its name. */
  async runs(kind: string, key: string): Promise<boolean> {
    for (const component of this.#components) {
      if (component.kind !== kind || component.runs === undefined) continue;
      const answer = component.runs(key);
      if (!(typeof answer === 'boolean' ? answer : await answer)) return false;
    }
    return true;
  }

  /** What runs, component by component. */
  async describe(digest: Digest): Promise<readonly DescribedPart[]> {
    const parts: DescribedPart[] = [];
    for (const component of this.#components) {
      for (const part of await component.describe(digest)) parts.push({ kind: component.kind, ...part });
    }
    return parts;
  }

  /**
   * All components make ready what the differences ask of them; when one cannot, or is not ready in time, none keeps
   * anything. A promise only where something has to be waited for: most changes are ready at once. Throws, or rejects
   * with, LdapError.
   */
  prepare(differences: readonly ObjectDifference[]): Prepared | Promise<Prepared> {
    const endsAt = this.#end();
    const all = new AllPrepared();
    const review = () => this.#review(differences, { isEverythingRead: false }, endsAt, undefined);
    try {
      this.#announce(differences, all);
      const preparing = this.#prepareEach(this.#steps(differences), all, endsAt);
      const pending = preparing === undefined ? review() : preparing.then(review);
      if (pending === undefined) return all;
      return pending.then(
        () => all,
        (error: unknown) => all.refuse(error),
      );
    } catch (error) {
      return all.refuse(error);
    }
  }

  /**
   * Returns the sentences of components that refuse an object for what is in the object alone, such as a file that is not
   * there. Nothing is kept of it.
   */
  async judge(differences: readonly ObjectDifference[]): Promise<readonly string[]> {
    const endsAt = this.#end();
    const sentences: string[] = [];
    for (const { component, difference } of this.#steps(differences)) {
      if (component.judgesAlone !== true) continue;
      try {
        const made = await this.#inTime(Promise.resolve(component.prepare(difference)), difference, endsAt);
        made?.abort();
      } catch (error) {
        if (!(error instanceof LdapError)) throw error;
        sentences.push(error.message);
      }
    }
    return sentences;
  }

  /** The same without the review, and whatever is refused is told: it is for whoever calls to abort then. */
  async prepareAll(differences: readonly ObjectDifference[], patience: Patience): Promise<Prepared> {
    const endsAt = this.#end();
    const all = new AllPrepared();
    this.#announce(differences, all);
    for (const [index, difference] of this.#inOrder(differences).entries()) {
      if (index % OBJECTS_PER_TURN === 0) await patience.turn();
      try {
        await this.#prepareEach(this.#steps([difference]), all, endsAt);
      } catch (error) {
        if (!isTold(error, patience)) all.refuse(error);
      }
    }
    return all;
  }

  /** Asks everything that runs whether it could go on with what is prepared; whatever is refused is told. */
  async review(
    differences: readonly ObjectDifference[],
    circumstances: Circumstances,
    patience: Patience,
  ): Promise<void> {
    await this.#review(differences, circumstances, this.#end(), patience);
  }

  #review(
    differences: readonly ObjectDifference[],
    circumstances: Circumstances,
    endsAt: number,
    patience: Patience | undefined,
    first = 0,
  ): Promise<void> | undefined {
    for (let index = first; index < this.#reviewers.length; index += 1) {
      const pending = this.#reviewers[index]?.review?.(differences, circumstances);
      if (pending === undefined) continue;
      return this.#inTime(
        pending.then(() => undefined),
        differences[0],
        endsAt,
      )
        .catch((error: unknown) => {
          if (!isTold(error, patience)) throw error;
        })
        .then(() => this.#review(differences, circumstances, endsAt, patience, index + 1));
    }
    return undefined;
  }

  #announce(differences: readonly ObjectDifference[], all: AllPrepared): void {
    this.#rename(differences, all);
    for (const difference of differences)
      for (const component of this.#asked(difference)) all.add(component.announce?.(difference));
  }

  #prepareEach(
    steps: readonly Step[],
    all: AllPrepared,
    endsAt: number,
    first = 0,
  ): Promise<void> | undefined {
    for (let index = first; index < steps.length; index += 1) {
      const step = steps[index];
      const made = step?.component.prepare(step.difference);
      if (!(made instanceof Promise)) all.add(made);
      else
        return this.#inTime(made, step?.difference, endsAt).then((one) => {
          all.add(one);
          return this.#prepareEach(steps, all, endsAt, index + 1);
        });
    }
    return undefined;
  }

  #steps(differences: readonly ObjectDifference[]): readonly Step[] {
    return this.#inOrder(differences).flatMap((difference) =>
      this.#asked(difference).map((component) => ({ component, difference })),
    );
  }

  #asked({ kinds: { before, after } }: ObjectDifference): readonly Component[] {
    const ofAfter = after === undefined ? [] : (this.#byKind.get(after) ?? []);
    if (before === after || before === undefined) return ofAfter;
    return [...(this.#byKind.get(before) ?? []), ...ofAfter];
  }

  #rename(differences: readonly ObjectDifference[], all: AllPrepared): void {
    if (differences.every(({ from }) => from === undefined)) return;
    const renamed = differences.filter(({ from }) => from !== undefined);
    for (const component of this.#components) {
      const keys: NewKeys = new Map(
        renamed.flatMap(({ from, key, kinds }) =>
          from !== undefined && kinds.before === component.kind ? [[from, key] as const] : [],
        ),
      );
      if (keys.size > 0) all.add(component.renamed(keys));
    }
  }

  /** In the order in which they can be prepared, whatever order they were made in. */
  #inOrder(differences: readonly ObjectDifference[]): readonly ObjectDifference[] {
    if (differences.length < 2) return differences;
    const rank = ({ kinds }: ObjectDifference) => this.#ranks.get(kinds.after ?? kinds.before) ?? 0;
    return differences.toSorted((one, other) => rank(one) - rank(other));
  }

  #end(): number {
    return performance.now() + (this.#options.prepareMsMax ?? Number.POSITIVE_INFINITY);
  }

  /** Throws LdapError when the time is over; what comes too late is forgotten. */
  async #inTime<Made extends Prepared | undefined>(
    pending: Promise<Made>,
    difference: ObjectDifference | undefined,
    endsAt: number,
  ): Promise<Made> {
    if (endsAt === Number.POSITIVE_INFINITY) return pending;
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), endsAt - performance.now());
    const made = await Promise.race([pending, late.promise]).finally(() => clearTimeout(timer));
    if (made !== 'late') return made;
    pending.then(
      (one) => one?.abort(),
      () => {},
    );
    throw this.#tooLate(difference);
  }

  #tooLate(difference: ObjectDifference | undefined): LdapError {
    const { before, after } = difference ?? {};
    const { prepareMsMax = 0, filesRead } = this.#options;
    const files = filesRead?.() ?? [];
    const cause = files.length === 0 ? '' : ` It waits for ${files.join(' and ')}.`;
    return new LdapError(
      'unwillingToPerform',
      `${(after ?? before)?.dn}: what the change needs was not ready within ${prepareMsMax / 1000} seconds, and nothing has changed.${cause}`,
    );
  }
}

class AllPrepared implements Prepared {
  readonly #prepared: Prepared[] = [];

  add(one: Prepared | undefined): void {
    if (one !== undefined) this.#prepared.push(one);
  }

  commit(): void {
    for (const one of this.#prepared) one.commit();
  }

  settled(): Promise<unknown> | undefined {
    const pending: Promise<unknown>[] = [];
    for (const one of this.#prepared) {
      const own = one.settled?.();
      if (own !== undefined) pending.push(own);
    }
    return pending.length === 0 ? undefined : Promise.all(pending);
  }

  abort(): void {
    for (const one of this.#prepared.toReversed()) one.abort();
  }

  /** Aborts all, and throws the error. */
  refuse(error: unknown): never {
    this.abort();
    throw error;
  }
}

/** Whether a refusal is told, and the work goes on. */
function isTold(error: unknown, patience: Patience | undefined): boolean {
  if (patience === undefined || !(error instanceof LdapError)) return false;
  patience.refused(error);
  return true;
}
