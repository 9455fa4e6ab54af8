// All components, asked one after the other: all of them prepare, or none does.

import type { Component, ObjectDifference, Prepared } from './component.ts';

export class Runtime {
  readonly #components: readonly Component[];

  constructor(components: readonly Component[]) {
    this.#components = components;
  }

  /** All components make ready what the differences ask of them; when one cannot, none keeps anything. */
  async prepare(differences: Iterable<ObjectDifference>): Promise<Prepared> {
    const prepared: Prepared[] = [];
    const abort = () => {
      for (const one of prepared.toReversed()) one.abort();
    };
    try {
      for (const difference of differences) {
        for (const component of this.#components) {
          if (!difference.kinds.includes(component.kind)) continue;
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
