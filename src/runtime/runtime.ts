// All components, asked one after the other: all of them prepare, or none does. What others need, such as a key manager,
// is prepared before them.

import { LdapError } from '../ldap/ldap-error.ts';
import type { Component, ObjectDifference, Prepared } from './component.ts';
import type { DescribedPart, Digest } from './description.ts';

/** How long everything together may take that one change needs. */
export const PREPARE_MS_MAX = 60_000;

export interface RuntimeOptions {
  /** How long all of `prepare` may take. Without it, as long as it takes: a start has nobody waiting behind it. */
  readonly prepareMsMax?: number;
  /** The files that are being read now, for the sentence that refuses a change. */
  readonly filesRead?: () => readonly string[];
}

export class Runtime {
  readonly #components: readonly Component[];
  readonly #options: RuntimeOptions;
  /** By their kinds, where the first component stands that runs such objects. */
  readonly #ranks = new Map<string | undefined, number>();

  /** @param components those that others need stand before them. */
  constructor(components: readonly Component[], options: RuntimeOptions = {}) {
    this.#components = components;
    this.#options = options;
    for (const [rank, { kind }] of components.entries()) {
      if (!this.#ranks.has(kind)) this.#ranks.set(kind, rank);
    }
  }

  /** In the order in which they can be prepared, whatever order they were made in. */
  inOrder(differences: readonly ObjectDifference[]): readonly ObjectDifference[] {
    if (differences.length < 2) return differences;
    const rank = ({ kinds }: ObjectDifference) => this.#ranks.get(kinds.after ?? kinds.before) ?? 0;
    return differences.toSorted((one, other) => rank(one) - rank(other));
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
   * anything. Throws LdapError.
   */
  async prepare(differences: readonly ObjectDifference[]): Promise<Prepared> {
    const endsAt = performance.now() + (this.#options.prepareMsMax ?? Number.POSITIVE_INFINITY);
    const prepared: Prepared[] = [];
    const abort = () => {
      for (const one of prepared.toReversed()) one.abort();
    };
    try {
      for (const difference of this.inOrder(differences)) {
        for (const component of this.#components) {
          const { before, after } = difference.kinds;
          if (component.kind !== before && component.kind !== after) continue;
          const pending = component.prepare(difference);
          const one = pending instanceof Promise ? await this.#inTime(pending, difference, endsAt) : pending;
          if (one !== undefined) prepared.push(one);
        }
      }
    } catch (error) {
      abort();
      throw error;
    }
    const commit = () => {
      for (const one of prepared) one.commit();
    };
    return { commit, abort };
  }

  /** Throws LdapError when the time is over; what comes too late is forgotten. */
  async #inTime<Made extends Prepared | undefined>(
    pending: Promise<Made>,
    difference: ObjectDifference,
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

  #tooLate({ before, after }: ObjectDifference): LdapError {
    const { prepareMsMax = 0, filesRead } = this.#options;
    const files = filesRead?.() ?? [];
    const cause = files.length === 0 ? '' : ` It waits for ${files.join(' and ')}.`;
    return new LdapError(
      'unwillingToPerform',
      `${(after ?? before)?.dn}: what the change needs was not ready within ${prepareMsMax / 1000} seconds, and nothing has changed.${cause}`,
    );
  }
}
