// Who refers to whom: for the key of a target, the keys of the entries that name it. Whoever keeps the tree keeps this
// in step, with `set` for each entry added, changed or removed; no question asked of it looks at the whole tree.

/** What is done at a stretch beside other work. */
const SLICE_REFERRERS = 256;

export class ReferenceIndex {
  readonly #targets = new Map<string, readonly string[]>();
  readonly #referrers = new Map<string, Set<string>>();
  /** What is still to be put in. */
  #rest: Iterator<readonly [string, readonly string[]]> | undefined;

  /**
   * From now on the referrer names these targets, none when it was deleted. Gives what it named before: calling with
   * that again takes the change back.
   */
  set(referrerKey: string, targetKeys: readonly string[]): readonly string[] {
    const before = this.targets(referrerKey);
    if (isSameList(before, targetKeys)) return before;
    for (const target of before) this.#remove(target, referrerKey);
    for (const target of targetKeys) this.#add(target, referrerKey);
    if (targetKeys.length === 0) this.#targets.delete(referrerKey);
    else this.#targets.set(referrerKey, targetKeys);
    return before;
  }

  targets(referrerKey: string): readonly string[] {
    return this.#targets.get(referrerKey) ?? [];
  }

  referrers(targetKey: string): Iterable<string> {
    while (this.#takeNext());
    return this.#referrers.get(targetKey) ?? [];
  }

  firstReferrers(targetKey: string, max: number): readonly string[] {
    const found: string[] = [];
    for (const key of this.referrers(targetKey)) {
      if (found.length === max) break;
      found.push(key);
    }
    return found;
  }

  countReferrers(targetKey: string): number {
    while (this.#takeNext());
    return this.#referrers.get(targetKey)?.size ?? 0;
  }

  /**
   * Forgets everything, and puts in what very many referrers name, when the first question is asked or `finish` finds the time. A referrer that
   * is `set` meanwhile must come as it is then.
   */
  defer(all: Iterable<readonly [referrerKey: string, targetKeys: readonly string[]]>): void {
    this.#targets.clear();
    this.#referrers.clear();
    this.#rest = all[Symbol.iterator]();
  }

  /** Puts in the rest of what was deferred, in short slices. */
  *finish(): Generator<void> {
    for (let count = 1; this.#takeNext(); count++) if (count % SLICE_REFERRERS === 0) yield;
  }

  /** Whether there was one more. */
  #takeNext(): boolean {
    const next = this.#rest?.next();
    if (next === undefined || next.done === true) {
      this.#rest = undefined;
      return false;
    }
    const [referrer, targets] = next.value;
    this.set(referrer, targets);
    return true;
  }

  #add(target: string, referrer: string): void {
    const known = this.#referrers.get(target);
    if (known === undefined) this.#referrers.set(target, new Set([referrer]));
    else known.add(referrer);
  }

  #remove(target: string, referrer: string): void {
    const known = this.#referrers.get(target);
    known?.delete(referrer);
    if (known?.size === 0) this.#referrers.delete(target);
  }
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
