// Applies the global configuration's limits on how much history the store keeps.

import type { Component, ObjectDifference, Prepared } from '../runtime/component.ts';
import { factsOf, type RunningPart } from '../runtime/description.ts';
import { neverRenamed } from '../runtime/renamed-keys.ts';
import type { Retention } from '../store/retention.ts';

export class ChangelogRetention implements Component {
  readonly kind = 'global-configuration';
  readonly renamed = neverRenamed;
  readonly #store: { retention: Retention };

  /** @param store its retention is set after each change. */
  constructor(store: { retention: Retention }) {
    this.#store = store;
  }

  *describe(): Generator<RunningPart> {
    yield { key: undefined, facts: { changesKept: factsOf(this.#store.retention, String) } };
  }

  prepare({ after }: ObjectDifference): Prepared | undefined {
    if (after?.kind !== this.kind) return undefined;
    const { changelogPurgeDelay: ageMs, changelogMinimumChanges: changesMin } = after;
    const commit = () => {
      this.#store.retention = { ageMs, changesMin };
    };
    return { commit, abort: () => {} };
  }
}
