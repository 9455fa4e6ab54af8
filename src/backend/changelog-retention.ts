// How much of the past the store keeps, as the global configuration says.

import type { Component, ObjectDifference, Prepared } from '../runtime/component.ts';
import type { Retention } from '../store/retention.ts';

export class ChangelogRetention implements Component {
  readonly kind = 'global-configuration';
  readonly #keep: (retention: Retention) => void;

  /** @param keep told what to keep from now on. */
  constructor(keep: (retention: Retention) => void) {
    this.#keep = keep;
  }

  prepare({ after }: ObjectDifference): Prepared | undefined {
    if (after?.kind !== this.kind) return undefined;
    const { changelogPurgeDelay: ageMs, changelogMinimumChanges: changesMin } = after;
    return { commit: () => this.#keep({ ageMs, changesMin }), abort: () => {} };
  }
}
