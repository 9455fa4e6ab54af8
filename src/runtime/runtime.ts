// Runs all components: all of them prepare a change, or none does. Providers that others need, such as key
// managers, are prepared first. Then everything that uses a changed object is asked whether it can go on.

import { LdapError } from '../ldap/ldap-error.ts';
import { Allowance } from '../time/allowance.ts';
import type { Circumstances, Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { DescribedPart, Digest } from './description.ts';

/** Maximum time to prepare one change, in milliseconds. */
export const PREPARE_MS_MAX = 60_000;

export interface RuntimeOptions {
  /** Maximum time of `prepare`, in milliseconds. Unlimited by default: at a start nothing else waits. */
  readonly prepareMsMax?: number;
  /** Returns the files that are being read, for the message that refuses a slow change. */
  readonly filesRead?: () => readonly string[];
}

/** Options of a preparation that collects several problems and gives other work a turn. */
export interface Patience {
  /** @param key of the object that could not be prepared; undefined if the refusal is about all objects together */
  refused(error: LdapError, key?: string): void;
  /** Awaited after every few objects. */
  turn(): Promise<unknown>;
}

/** Preparation of one object by one component. */
interface ComponentStep {
  readonly component: Component;
  readonly difference: ObjectDifference;
}

const OBJECTS_PER_TURN = 64;

/** The components of one server. */
export class Runtime {
  readonly #components: readonly Component[];
  readonly #options: RuntimeOptions;
  /** Position of the first component by kind. */
  readonly #ranks = new Map<string | undefined, number>();
  readonly #byKind: ReadonlyMap<string, readonly Component[]>;
  readonly #reviewers: readonly Component[];

  /** @param components Components in the order of preparation: a component comes after those it needs. */
  constructor(components: readonly Component[], options: RuntimeOptions = {}) {
    this.#components = components;
    this.#options = options;
    this.#byKind = Map.groupBy(components, ({ kind }) => kind);
    this.#reviewers = components.filter(({ review }) => review !== undefined);
    for (const [rank, { kind }] of components.entries()) {
      if (!this.#ranks.has(kind)) this.#ranks.set(kind, rank);
    }
  }

  /** Returns true if objects of the kind run exactly while they are enabled. */
  knowsEnabled(kind: string): boolean {
    return this.#components.some((component) => component.kind === kind && component.runs !== undefined);
  }

  /** Returns true if everything of an enabled object runs, by the key of its DN. */
  async runs(kind: string, key: string): Promise<boolean> {
    for (const component of this.#components) {
      if (component.kind !== kind || component.runs === undefined) continue;
      const answer = component.runs(key);
      if (!(typeof answer === 'boolean' ? answer : await answer)) return false;
    }
    return true;
  }

  /** Returns what runs, component by component. */
  async describe(digest: Digest): Promise<readonly DescribedPart[]> {
    const parts: DescribedPart[] = [];
    for (const component of this.#components) {
      for (const part of await component.describe(digest)) parts.push({ kind: component.kind, ...part });
    }
    return parts;
  }

  /**
   * Prepares the differences in all components. If one fails or is too slow, all are aborted. Returns a promise
   * only if something is asynchronous; most changes are not. Throws, or rejects with, LdapError.
   */
  prepare(differences: readonly ObjectDifference[]): Prepared | Promise<Prepared> {
    const time = this.#time();
    const all = new AllPrepared();
    const review = () => this.#review(differences, { isEverythingRead: false }, time, undefined);
    try {
      this.#announce(differences, all);
      const preparing = this.#prepareEach(this.#steps(differences), all, time);
      const pending = preparing === undefined ? review() : preparing.then(review);
      if (pending === undefined) return all;
      return pending
        .finally(() => time.end())
        .then(
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
    const time = this.#time();
    const sentences: string[] = [];
    for (const { component, difference } of this.#steps(differences)) {
      if (component.judgesAlone !== true) continue;
      try {
        const made = await this.#inTime(Promise.resolve(component.prepare(difference)), difference, time);
        made?.abort();
      } catch (error) {
        if (!(error instanceof LdapError)) throw error;
        sentences.push(error.message);
      }
    }
    time.end();
    return sentences;
  }

  /** Prepares without the review and reports every refusal to `patience`. The caller must then abort. */
  async prepareAll(differences: readonly ObjectDifference[], patience: Patience): Promise<Prepared> {
    const time = this.#time();
    const all = new AllPrepared();
    this.#announce(differences, all);
    for (const [index, difference] of this.#inOrder(differences).entries()) {
      if (index % OBJECTS_PER_TURN === 0) await patience.turn();
      try {
        await this.#prepareEach(this.#steps([difference]), all, time);
      } catch (error) {
        if (!isTold(error, patience, difference.key)) all.refuse(error);
      }
    }
    time.end();
    return all;
  }

  /** Asks all components whether they can go on after the prepared changes. Reports every refusal. */
  async review(
    differences: readonly ObjectDifference[],
    circumstances: Circumstances,
    patience: Patience,
  ): Promise<void> {
    const time = this.#time();
    await this.#review(differences, circumstances, time, patience)?.finally(() => time.end());
  }

  #review(
    differences: readonly ObjectDifference[],
    circumstances: Circumstances,
    time: Allowance,
    patience: Patience | undefined,
    first = 0,
  ): Promise<void> | undefined {
    for (let index = first; index < this.#reviewers.length; index += 1) {
      const pending = this.#reviewers[index]?.review?.(differences, circumstances);
      if (pending === undefined) continue;
      return this.#inTime(
        pending.then(() => undefined),
        differences[0],
        time,
      )
        .catch((error: unknown) => {
          if (!isTold(error, patience)) throw error;
        })
        .then(() => this.#review(differences, circumstances, time, patience, index + 1));
    }
    return undefined;
  }

  #announce(differences: readonly ObjectDifference[], all: AllPrepared): void {
    this.#rename(differences, all);
    for (const difference of differences)
      for (const component of this.#asked(difference)) all.add(component.announce?.(difference));
  }

  #prepareEach(
    steps: readonly ComponentStep[],
    all: AllPrepared,
    time: Allowance,
    first = 0,
  ): Promise<void> | undefined {
    for (let index = first; index < steps.length; index += 1) {
      const step = steps[index];
      const made = step?.component.prepare(step.difference);
      if (!(made instanceof Promise)) all.add(made);
      else
        return this.#inTime(made, step?.difference, time).then((one) => {
          all.add(one);
          return this.#prepareEach(steps, all, time, index + 1);
        });
    }
    return undefined;
  }

  #steps(differences: readonly ObjectDifference[]): readonly ComponentStep[] {
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

  /** Sorts the differences in the order of preparation. */
  #inOrder(differences: readonly ObjectDifference[]): readonly ObjectDifference[] {
    if (differences.length < 2) return differences;
    const rank = ({ kinds }: ObjectDifference) => this.#ranks.get(kinds.after ?? kinds.before) ?? 0;
    return differences.toSorted((one, other) => rank(one) - rank(other));
  }

  #time(): Allowance {
    return new Allowance(this.#options.prepareMsMax ?? Number.POSITIVE_INFINITY);
  }

  /** Throws LdapError after the maximum time. Aborts a result that comes later. */
  async #inTime<Made extends Prepared | undefined>(
    pending: Promise<Made>,
    difference: ObjectDifference | undefined,
    time: Allowance,
  ): Promise<Made> {
    const made = await time.within(pending);
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

  get isAlone(): boolean {
    return this.#prepared.some((one) => one.isAlone === true);
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

  /** Aborts all steps and throws the error. */
  refuse(error: unknown): never {
    this.abort();
    throw error;
  }
}

/** Returns true if the refusal was reported and the work goes on. */
function isTold(error: unknown, patience: Patience | undefined, key?: string): boolean {
  if (patience === undefined || !(error instanceof LdapError)) return false;
  patience.refused(error, key);
  return true;
}
