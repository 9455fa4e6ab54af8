// Things by their keys, as they are in force and as they will be once what is prepared is stored. Changes are prepared on
// top of others that wait for the disk, so that several may be staged for one key: the last one counts.

import type { NewKeys, Prepared } from './component.ts';
import { together } from './renamed-keys.ts';

interface Staged<Value> {
  readonly value: Value | undefined;
}

export class PreparedMap<Value> {
  readonly #inForce = new Map<string, Value>();
  readonly #staged = new Map<string, Staged<Value>[]>();

  find(key: string): Value | undefined {
    return this.#inForce.get(key);
  }

  /** What `find` will give once that is stored which is prepared. */
  findPrepared(key: string): Value | undefined {
    const last = this.#staged.get(key)?.at(-1);
    return last === undefined ? this.#inForce.get(key) : last.value;
  }

  entries(): Iterable<[string, Value]> {
    return this.#inForce.entries();
  }

  /** Those in force. */
  values(): Iterable<Value> {
    return this.#inForce.values();
  }

  /** Those that will be there, by their keys. */
  prepared(): ReadonlyMap<string, Value> {
    const all = new Map(this.#inForce);
    for (const [key, staged] of this.#staged) {
      const value = staged.at(-1)?.value;
      if (value === undefined) all.delete(key);
      else all.set(key, value);
    }
    return all;
  }

  /** @param value undefined: there will be none. */
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

  /** Gives values other keys, all of them at once: two may exchange theirs. */
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
