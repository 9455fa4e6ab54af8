// All components, asked one after the other: all of them prepare, or none does. What others need, such as a key manager,
// is prepared before them.

import type { Component, ObjectDifference, Prepared } from './component.ts';
import type { DescribedPart, Digest } from './description.ts';

export class Runtime {
  readonly #components: readonly Component[];
  /** By their kinds, where the first component stands that runs such objects. */
  readonly #ranks = new Map<string | undefined, number>();

  /** @param components those that others need stand before them. */
  constructor(components: readonly Component[]) {
    this.#components = components;
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

  /** All components make ready what the differences ask of them; when one cannot, none keeps anything. */
  async prepare(differences: readonly ObjectDifference[]): Promise<Prepared> {
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
          const one = pending instanceof Promise ? await pending : pending;
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
}
