// A map with committed and prepared values. Changes are prepared on top of earlier ones that wait for the disk,
// so a key may have several staged values; the last one counts.

import type { NewKeys, Prepared } from './component.ts';
import { together } from './renamed-keys.ts';

interface Staged<Value> {
  readonly value: Value | undefined;
}

/** Map from keys to values that change in two steps, prepare and commit. */
export class PreparedMap<Value> {
  readonly #inForce = new Map<string, Value>();
  readonly #staged = new Map<string, Staged<Value>[]>();

  find(key: string): Value | undefined {
    return this.#inForce.get(key);
  }

  /** Returns the value of a key after all prepared changes are committed. */
  findPrepared(key: string): Value | undefined {
    const last = this.#staged.get(key)?.at(-1);
    return last === undefined ? this.#inForce.get(key) : last.value;
  }

  entries(): Iterable<[string, Value]> {
    return this.#inForce.entries();
  }

  /** Returns the committed values. */
  values(): Iterable<Value> {
    return this.#inForce.values();
  }

  /** Returns all values after the prepared changes, by key. */
  prepared(): ReadonlyMap<string, Value> {
    const all = new Map(this.#inForce);
    for (const [key, staged] of this.#staged) {
      const value = staged.at(-1)?.value;
      if (value === undefined) all.delete(key);
      else all.set(key, value);
    }
    return all;
  }

  /**
   * Stages a value.
   *
   * @param value Undefined removes the key.
   */
  stage(key: string, value: Value | undefined): Prepared {
    const one: Staged<Value> = { value };
    const known = this.#staged.get(key);
    if (known === undefined) this.#staged.set(key, [one]);
    else known.push(one);
    const unstage = () => this.#unstage(key, one);
    return {
      commit: () => {
        unstage();
        if (value === undefined) this.#inForce.delete(key);
        else this.#inForce.set(key, value);
      },
      abort: unstage,
    };
  }

  /** Gives values new keys, all at once: two values may swap keys. */
  rename(keys: NewKeys): Prepared {
    const taken = new Set(keys.values());
    const moved = Array.from(keys, ([from, to]) => [to, this.findPrepared(from)] as const);
    const left = [...keys.keys()].filter((from) => !taken.has(from));
    const parts = [
      ...moved.map(([to, value]) => this.stage(to, value)),
      ...left.map((from) => this.stage(from, undefined)),
    ];
    return together(parts);
  }

  #unstage(key: string, one: Staged<Value>): void {
    const others = (this.#staged.get(key) ?? []).filter((other) => other !== one);
    if (others.length === 0) this.#staged.delete(key);
    else this.#staged.set(key, others);
  }
}
