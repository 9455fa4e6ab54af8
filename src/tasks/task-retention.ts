// How long ended tasks are kept, from the configuration: a component of the runtime.

import type { Component, ObjectDifference, Prepared } from '../runtime/component.ts';
import type { RunningPart } from '../runtime/description.ts';
import { neverRenamed } from '../runtime/renamed-keys.ts';

const UNTIL_IT_IS_KNOWN_MS = Number.POSITIVE_INFINITY;

export class TaskRetention implements Component {
  readonly kind = 'global-configuration';
  readonly renamed = neverRenamed;
  #ms = UNTIL_IT_IS_KNOWN_MS;
  readonly #listeners = new Set<() => void>();

  get ms(): number {
    return this.#ms;
  }

  /** Calls back after every change. */
  onChange(changed: () => void): void {
    this.#listeners.add(changed);
  }

  *describe(): Generator<RunningPart> {
    yield { key: undefined, facts: { tasksKeptMs: this.#ms } };
  }

  prepare({ after }: ObjectDifference): Prepared {
    return {
      commit: () => {
        if (after?.kind === 'global-configuration') this.#ms = after.taskRetentionTime;
        for (const changed of this.#listeners) changed();
      },
      abort: () => {},
    };
  }
}
