// What happened to a tree, commit by commit: for those who watch it now, and, for a while, for those who were away.
// Knows no searches: who may see what of a change is the reader's business.

import type { Effect } from '../directory/apply-change.ts';
import type { Change } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import type { LdapError } from '../ldap/ldap-error.ts';

export interface Place {
  readonly key: string;
  readonly entry: Entry;
}

/** Change of one entry by a commit. */
export interface EntryChange {
  readonly type: Change['type'];
  /** The entryUUID. */
  readonly id: string;
  readonly before: Place | undefined;
  readonly after: Place | undefined;
}

export interface CommitChanges {
  readonly number: number;
  readonly changes: readonly EntryChange[];
  /** True if another server has taken it. */
  readonly isForeign?: boolean;
}

export interface CommitListener {
  committed(commit: CommitChanges): void;
  /** It has thrown, or nothing more can happen: it is told nothing more. */
  failed(error: unknown): void;
}

interface Remembered {
  readonly number: number;
  readonly effects: readonly Effect[];
  readonly octets: number;
}

/** Commits that are remembered, and about how many octets their old values may take. */
const REMEMBERED_MAX = 2048;
const REMEMBERED_OCTETS_MAX = 16 * 1024 * 1024;

/** Part of a feed that a watched search needs. */
export type WatchedFeed = Pick<ChangeFeed, 'number' | 'history' | 'listen' | 'since' | 'reach'>;

export class ChangeFeed {
  /** Which history the numbers belong to. */
  readonly history: string;
  readonly #listeners = new Set<CommitListener>();
  #remembered: Remembered[] = [];
  #octets = 0;
  #number: number;
  /** The number of the last commit that is not remembered. */
  #forgotten: number;
  #closed: LdapError | undefined;
  readonly #reach: (number: number) => Promise<void>;

  /** @param reach does what `reach` says, where commits are made elsewhere too */
  constructor(history: string, number: number, reach = async (_number: number) => {}) {
    this.#reach = reach;
    this.history = history;
    this.#number = number;
    this.#forgotten = number;
  }

  /** The last commit that readers see. */
  get number(): number {
    return this.#number;
  }

  /**
   * Called once for every commit, in order, when readers see it.
   * @param isForeign true if another server has taken it
   */
  publish(number: number, effects: readonly Effect[], isForeign = false): void {
    this.#number = number;
    this.#remember(number, effects);
    if (this.#listeners.size === 0) return;
    const commit = { number, changes: entryChanges(effects), isForeign };
    for (const listener of this.#listeners) {
      try {
        listener.committed(commit);
      } catch (error) {
        // The commit is made, whatever becomes of those who hear of it.
        this.#listeners.delete(listener);
        listener.failed(error);
      }
    }
  }

  /** Nothing more happens here: whoever listens is told why, and so is whoever comes later. */
  close(reason: LdapError): void {
    this.#closed = reason;
    for (const listener of this.#listeners) listener.failed(reason);
    this.#listeners.clear();
  }

  /** True if anybody listens. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /**
   * Resolves when readers see this commit, or the history certainly does not have it. Rejects with LdapError (unavailable) if that
   * is not known in time.
   */
  reach(number: number): Promise<void> {
    return number <= this.#number ? Promise.resolve() : this.#reach(number);
  }

  /** Returns how to stop. */
  listen(listener: CommitListener): () => void {
    if (this.#closed === undefined) this.#listeners.add(listener);
    else listener.failed(this.#closed);
    return () => this.#listeners.delete(listener);
  }

  /** The commits after this one, up to the last; undefined when not all of them are remembered. */
  since(number: number): Iterable<CommitChanges> | undefined {
    if (number < this.#forgotten || number > this.#number) return undefined;
    return this.#remembered
      .filter((one) => one.number > number)
      .map((one) => ({ number: one.number, changes: entryChanges(one.effects) }));
  }

  #remember(number: number, effects: readonly Effect[]): void {
    const octets = effects.reduce((sum, effect) => sum + octetsKept(effect), 0);
    this.#remembered.push({ number, effects, octets });
    this.#octets += octets;
    while (this.#remembered.length > REMEMBERED_MAX || this.#octets > REMEMBERED_OCTETS_MAX) {
      const oldest = this.#remembered.shift();
      if (oldest === undefined) return;
      this.#octets -= oldest.octets;
      this.#forgotten = oldest.number;
    }
  }
}

/** About what remembering an effect keeps in memory: the values that only the entry before has. */
function octetsKept({ before, after }: Effect): number {
  let octets = 256;
  if (before === undefined) return octets;
  const kept = after?.attributes ?? [];
  let place = 0;
  for (const attribute of before.attributes) {
    // Most attributes of a modified entry are the same at the same place.
    if (kept[place++] === attribute || kept.includes(attribute)) continue;
    for (const value of attribute.values) octets += 64 + value.length;
  }
  return octets;
}

/** Several effects on one place are one change; what left one place and came to another was renamed. */
function entryChanges(effects: readonly Effect[]): readonly EntryChange[] {
  const [only] = effects;
  if (only !== undefined && effects.length === 1) return [changeOf(placeBefore(only), placeAfter(only))];
  const changes: EntryChange[] = [];
  const gone = new Map<string, Place>();
  for (const effect of netEffects(effects)) {
    const before = placeBefore(effect);
    const after = placeAfter(effect);
    const isSame = before !== undefined && after !== undefined && idOf(before) === idOf(after);
    if (isSame) changes.push(changeOf(before, after));
    else {
      if (before !== undefined) gone.set(idOf(before), before);
      if (after !== undefined) changes.push(changeOf(undefined, after));
    }
  }
  const moved = changes.map((change) => {
    const from = change.before === undefined ? gone.get(change.id) : undefined;
    if (from === undefined) return change;
    gone.delete(change.id);
    return changeOf(from, change.after);
  });
  // Children before parents, as deletes go.
  const deleted = [...gone.values()].map((place) => changeOf(place, undefined)).toReversed();
  return [...deleted, ...moved];
}

/** For each place what was there before the first effect and is there after the last. */
export function netEffects(effects: readonly Effect[]): Effect[] {
  const net = new Map<string, Effect>();
  for (const effect of effects.flatMap(placeByPlace)) {
    const earlier = net.get(effect.key);
    net.set(effect.key, earlier === undefined ? effect : { ...effect, before: earlier.before });
  }
  return [...net.values()].filter(({ before, after }) => before !== undefined || after !== undefined);
}

/**
 * Joins the two effects of each moved entry. A move to a place where another entry was that has not moved away stays two: it
 * has taken the place of that one.
 */
export function entryByEntry(places: readonly Effect[]): readonly Effect[] {
  const moves = movesOf(places);
  if (moves.size === 0) return places;
  const left = new Set(Array.from(moves.values(), ({ key }) => key));
  const rest = places.flatMap((effect): readonly Effect[] => {
    const before = left.has(effect.key) ? undefined : effect.before;
    const after = moves.has(effect.key) ? undefined : effect.after;
    return before === undefined && after === undefined ? [] : [{ ...effect, before, after }];
  });
  const moved = Array.from(moves, ([key, from]): readonly Effect[] => {
    const to = places.find((effect) => effect.key === key);
    if (to === undefined) return [];
    return [{ ...to, before: from.before, from: { key: from.key, parentKey: from.parentKey } }];
  });
  return [...moved.flat(), ...rest];
}

/** By the keys of the new places, the effects on the old ones. */
function movesOf(places: readonly Effect[]): Map<string, Effect> {
  const gone = new Map<string, Effect>();
  for (const effect of places) {
    const id = effect.before?.first('entryuuid');
    if (id !== undefined && id !== effect.after?.first('entryuuid')) gone.set(id, effect);
  }
  const moves = new Map<string, Effect>();
  for (const { key, before, after } of gone.size === 0 ? [] : places) {
    const id = after?.first('entryuuid');
    const from = id === undefined || id === before?.first('entryuuid') ? undefined : gone.get(id);
    if (from !== undefined) moves.set(key, from);
  }
  // Whoever stays in the way of one keeps that from being a move, which may keep another one from it.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    const left = new Set(Array.from(moves.values(), ({ key }) => key));
    for (const effect of places) {
      if (!moves.has(effect.key) || effect.before === undefined || left.has(effect.key)) continue;
      moves.delete(effect.key);
      isSettled = false;
    }
  }
  return moves;
}

/** A move is two things when places are looked at one by one: something is gone here and has come there. */
function placeByPlace(effect: Effect): readonly Effect[] {
  const { from, before, key, parentKey, dn, after } = effect;
  if (from === undefined || before === undefined) return [effect];
  const gone = { ...from, dn: before.dn, before, after: undefined };
  return [gone, { key, parentKey, dn, before: undefined, after }];
}

function changeOf(before: Place | undefined, after: Place | undefined): EntryChange {
  const place = after ?? before;
  const id = place === undefined ? '' : idOf(place);
  return { type: typeOf(before, after), id, before, after };
}

function typeOf(before: Place | undefined, after: Place | undefined): Change['type'] {
  if (before === undefined) return 'add';
  if (after === undefined) return 'delete';
  const isRenamed = before.key !== after.key || before.entry.dn.toString() !== after.entry.dn.toString();
  return isRenamed ? 'modifyDn' : 'modify';
}

function placeBefore({ key, from, before }: Effect): Place | undefined {
  return before === undefined ? undefined : { key: from?.key ?? key, entry: before };
}

function placeAfter({ key, after }: Effect): Place | undefined {
  return after === undefined ? undefined : { key, entry: after };
}

function idOf({ entry }: Place): string {
  return entry.first('entryuuid') ?? '';
}
