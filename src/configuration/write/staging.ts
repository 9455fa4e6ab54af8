// The one way that changes come into a tree: applied one on top of the other to what the writer sees, with what that comes
// to and what is wrong with it. The write path, the start of a server, imports and whatever repeats the journal stage so;
// readers see nothing of it before the tree commits.

import type { Requester } from '../../backend/backend.ts';
import { entryByEntry, netEffects } from '../../backend/change-feed.ts';
import type { NewNames } from '../../config/renamed-references.ts';
import type { Effect } from '../../directory/apply-change.ts';
import { idOfChange, type Stamp } from '../../directory/stamp.ts';
import { BrokenInvariant } from '../../files/program-error.ts';
import type { Change } from '../../ldap/change.ts';
import type { Dn } from '../../ldap/dn.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { Commit, Store } from '../../store/store.ts';
import type { WriteTarget } from './write-target.ts';

/** Part of a write target that takes changes. */
type StagingTarget = Pick<WriteTarget, 'apply' | 'stage' | 'tree'>;

/** The changes of one commit. */
export class Staging {
  readonly changes: Change[] = [];
  readonly #target: StagingTarget;
  readonly #facts: Stamp;

  /** @param facts of the commit: its time, who makes it, its id */
  constructor(target: StagingTarget, facts: Stamp) {
    this.#target = target;
    this.#facts = facts;
  }

  /** The time of the commit. */
  get at(): Date {
    return this.#facts.at;
  }

  /** Stamp of the next change. */
  get stamp(): Stamp {
    const { at, by, id } = this.#facts;
    return { at, by, id: idOfChange(id, this.changes.length) };
  }

  /** Returns the effects of a change on what those before it have left. Throws the LdapError that refuses it. */
  take(change: Change): readonly Effect[] {
    const effects = this.#target.apply(change, this.stamp);
    for (const effect of effects) this.#target.stage(effect);
    this.changes.push(change);
    return effects;
  }

  /** Notes a change whose effect is in the tree already. */
  note(change: Change): void {
    this.changes.push(change);
  }

  /** Returns the record of the changes. */
  commit(number: number): Commit {
    const { at, by, id } = this.#facts;
    return { number, at, by, id, changes: this.changes };
  }
}

/**
 * Stages changes that are made together. Returns what they come to. Throws the LdapError that refuses one of them.
 * @param withFollowers returns a change with what must be changed with it
 */
export function stageAll(
  staging: Staging,
  changes: Iterable<Change>,
  withFollowers: (change: Change) => readonly Change[] = (change) => [change],
): NetChange {
  const effects: Effect[] = [];
  for (const change of changes) for (const one of withFollowers(change)) effects.push(...staging.take(one));
  return netOf([effects]);
}

/**
 * Returns what is wrong with the tree now that changes are staged, and notes what of them must wait for an admin action.
 * Throws insufficientAccessRights (50) when the requester may not do it.
 */
export function checkStaged(
  target: WriteTarget,
  { places, entries, names }: NetChange,
  { changes, at }: Staging,
  requester: Requester,
): readonly Issue[] {
  for (const effect of places) target.permit(effect, requester, changes);
  // Checks also see values that still wait for an admin action.
  for (const effect of entries) target.settle?.(effect, at, names);
  return places.flatMap((effect) => target.check(effect));
}

/** Sum of several changes. */
export interface NetChange {
  /**
   * Place by place: what moves is gone from one and has come to another. Rights and validation ask about what is there in
   * the end, not about what was there in between, nor about where it comes from.
   */
  readonly places: readonly Effect[];
  /** Entry by entry: what moves is one effect. What runs goes on with the entry. */
  readonly entries: readonly Effect[];
  /** The new names of entries that have another one, be it in another spelling only. */
  readonly names: NewNames;
}

/** Returns what effects come to, step by step, all steps together. */
export function netOf(effects: readonly (readonly Effect[])[]): NetChange {
  const [first = [], ...others] = effects;
  const [effect] = first;
  const isOne = others.length === 0 && first.length === 1 && effect?.from === undefined;
  const places = isOne ? first : netEffects(effects.flat());
  const entries = isOne ? first : entryByEntry(places);
  return { places, entries, names: newNamesOf(entries) };
}

function newNamesOf(entries: readonly Effect[]): NewNames {
  const names = new Map<string, Dn>();
  for (const { key, from, before, after } of entries) {
    if (before === undefined || after === undefined || before.dn === after.dn) continue;
    if (before.dn.toString() !== after.dn.toString()) names.set(from?.key ?? key, after.dn);
  }
  return names;
}

/** Repeats commits of the journal. Returns the keys of what they touch. Throws when one cannot be repeated. */
export function repeat(target: StagingTarget, commits: readonly Commit[]): ReadonlySet<string> {
  const touched = new Set<string>();
  for (const commit of commits) {
    const staging = new Staging(target, commit);
    for (const { key, from } of commit.changes.flatMap((change) => staging.take(change))) {
      touched.add(key);
      if (from !== undefined) touched.add(from.key);
    }
    target.tree.commit();
  }
  return touched;
}

/** Hands commits to the store, in order. Rejects when they are not on disk; then none of them is made. */
export async function append(
  store: Pick<Store, 'append' | 'lastNumber'>,
  commits: readonly Commit[],
): Promise<void> {
  const first = store.lastNumber + 1;
  const wrong = commits.find(({ number }, index) => number !== first + index);
  if (wrong !== undefined) throw new BrokenInvariant(`Commit ${wrong.number} does not follow ${first - 1}.`);
  await store.append(commits);
}
