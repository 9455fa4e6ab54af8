// Index of references: the keys of the referrers by the key of the target. The owner of the tree updates it with
// `set` for each entry that is added, changed or removed. No lookup reads the whole tree.

import type { Schema } from '../schema/schema.ts';
import { accountTargetsOf, isAccountKind } from './checks/administrator-check.ts';
import { handlerTargetsOf, isHandlerKind } from './checks/handler-check.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { globalAccessControlPolicy } from './objects/global-access-control-policy.ts';
import { policyTargetsOf } from './policy-names.ts';
import type { ObjectReading } from './property-reader.ts';
import { secretTargetsOf } from './secret-names.ts';

/** Number of referrers that are indexed in one slice. */
const SLICE_REFERRERS = 256;

/** Index of references between entries. */
export class ReferenceIndex {
  readonly #targets = new Map<string, readonly string[]>();
  readonly #referrers = new Map<string, Set<string>>();
  /** Referrers that are not indexed yet. */
  #rest: Iterator<readonly [string, readonly string[]]> | undefined;

  /**
   * Sets the targets of a referrer; an empty list removes it. Returns the old targets, with which the call can be
   * undone.
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
   * Clears the index, and fills it at the first lookup or with `finish`. A referrer that is `set` meanwhile must be
   * yielded in its new state.
   */
  defer(all: Iterable<readonly [referrerKey: string, targetKeys: readonly string[]]>): void {
    this.#targets.clear();
    this.#referrers.clear();
    this.#rest = all[Symbol.iterator]();
  }

  /** Indexes the remaining referrers, in short slices. */
  *finish(): Generator<void> {
    for (let count = 1; this.#takeNext(); count++) if (count % SLICE_REFERRERS === 0) yield;
  }

  /** Indexes one more referrer; returns false at the end. */
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

/** Returns the keys that properties other than references add: login names, handlers, names in policies, secret sources. */
export function namedTargetsOf(reading: ObjectReading, schema: Schema): readonly string[] {
  return [
    ...accountTargetsOf(reading, schema),
    ...policyTargetsOf(reading, schema),
    ...handlerTargetsOf(reading),
    ...secretTargetsOf(reading, schema),
  ];
}

/** Returns true if objects of the kind may have such keys; secret sources are told by the values. */
export function namesInOtherWays(definition: ObjectDefinition): boolean {
  return isAccountKind(definition) || isHandlerKind(definition) || definition === globalAccessControlPolicy;
}
