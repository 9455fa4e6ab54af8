// All components, asked one after the other: all of them prepare, or none does.

import type { Component, ObjectDifference, Prepared } from './component.ts';

export class Runtime {
  readonly #components: readonly Component[];

  constructor(components: readonly Component[]) {
    this.#components = components;
  }

  /** Starts what the differences say is there; what one of them cannot start stops everything again. */
  async start(differences: Iterable<ObjectDifference>): Promise<void> {
    const prepared: Prepared[] = [];
    try {
      for (const difference of differences) {
        if (this.#concerns(difference)) prepared.push(await this.prepare(difference));
      }
    } catch (error) {
      for (const one of prepared.toReversed()) one.abort();
      throw error;
    }
    for (const one of prepared) one.commit();
  }

  #concerns({ kinds }: ObjectDifference): boolean {
    return this.#components.some(({ kind }) => kinds.includes(kind));
  }

  async prepare(difference: ObjectDifference): Promise<Prepared> {
    const prepared: Prepared[] = [];
    const abort = () => {
      for (const one of prepared.toReversed()) one.abort();
    };
    try {
      for (const component of this.#components) {
        if (!difference.kinds.includes(component.kind)) continue;
        const pending = component.prepare(difference);
        const one = pending instanceof Promise ? await pending : pending;
        if (one !== undefined) prepared.push(one);
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
