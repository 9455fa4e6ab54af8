// What was there after each change of a log.

import type { History, LoggedChange, State } from './history.ts';

interface Version {
  readonly number: number;
  readonly host: string | undefined;
}

export class Versions {
  readonly #versions = new Map<string, Version[]>();

  constructor({ number, state }: History['beginning'], log: readonly LoggedChange[]) {
    for (const [name, host] of state) this.#versions.set(name, [{ number, host }]);
    for (const change of log) {
      const all = this.#versions.get(change.name) ?? [];
      all.push({ number: change.number, host: change.type === 'delete' ? undefined : change.host });
      this.#versions.set(change.name, all);
    }
  }

  /** Returns the host of a mail server after a change; undefined if it was not there. */
  hostAt(name: string, number: number): string | undefined {
    return this.#versions.get(name)?.findLast((version) => version.number <= number)?.host;
  }

  /** Returns each host that a mail server had from one change to another, both included; undefined for not there. */
  between(name: string, first: number, last: number): readonly (string | undefined)[] {
    const later = this.#versions.get(name)?.filter(({ number }) => number > first && number <= last) ?? [];
    return [this.hostAt(name, first), ...later.map(({ host }) => host)];
  }

  stateAt(number: number): State {
    const state = new Map<string, string>();
    for (const name of this.#versions.keys()) {
      const host = this.hostAt(name, number);
      if (host !== undefined) state.set(name, host);
    }
    return state;
  }
}
