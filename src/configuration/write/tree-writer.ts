// Changes with all that a client may ask for besides: an assertion, a trial, what was there before and is there now,
// a whole subtree at once (RFC 4527, RFC 4528). What backends that write by way of the write path have in common.

import { type ChangeOutcome, type ChangeStep, NO_OPTIONS, type Requester } from '../../backend/backend.ts';
import type { EntryViews } from '../../backend/entry-views.ts';
import type { TreeReader } from '../../backend/tree-reader.ts';
import type { Effect } from '../../directory/apply-change.ts';
import { modificationsNeeded } from '../../directory/permissive-modify.ts';
import { findReferral, referralError } from '../../directory/referral.ts';
import type { Tree } from '../../directory/tree.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Schema } from '../../schema/schema.ts';
import type { WritePath, WriteStep } from './write-path.ts';

export interface TreeWriterOptions {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly views: EntryViews;
  readonly reader: TreeReader;
  readonly writePath: WritePath;
  /** A change with what must be changed with it; the change alone when absent. Throws LdapError. */
  readonly withFollowers?: (change: Change) => readonly Change[];
}

/** A change of which something is asked again when it is its turn. */
export interface GuardedStep extends ChangeStep {
  /** Takes the entry as the changes before this one leave it. Throws what refuses the change. */
  readonly guard?: ((staged: Entry | undefined) => void) | undefined;
}

/** Entries that one subtree delete takes with it, or one move, at most. */
const SUBTREE_ENTRIES_MAX = 10_000;

export class TreeWriter {
  readonly #options: TreeWriterOptions;

  constructor(options: TreeWriterOptions) {
    this.#options = options;
  }

  /** Resolves when the change is on disk and in force, or with `noOp` when it could have been. */
  async change(
    change: Change,
    requester: Requester,
    options = NO_OPTIONS,
    guard?: GuardedStep['guard'],
  ): Promise<ChangeOutcome> {
    const { writePath } = this.#options;
    if (options === NO_OPTIONS && change.type !== 'modifyDn') {
      const { number, notes } = await (guard === undefined
        ? writePath.submit(change, requester)
        : writePath.submitAll([this.#guarded(change, guard)], requester));
      return { number, notes, before: undefined, after: undefined };
    }
    const step = this.#stepOf({ change, options, guard }, requester);
    const { number, notes, effects } = await (options.noOp === true
      ? writePath.try([step], requester)
      : writePath.submitAll([step], requester));
    return { number, notes, ...this.#read({ change, options }, effects[0] ?? [], requester) };
  }

  /** All as one commit or none; one that is a trial makes all of them one. Rejects with ChangeRefused when one is at fault. */
  async changeAll(steps: readonly GuardedStep[], requester: Requester): Promise<readonly ChangeOutcome[]> {
    const { writePath } = this.#options;
    const isTrial = steps.some(({ options }) => options.noOp === true);
    const all = steps.map((step) => this.#stepOf(step, requester));
    const { number, notes, effects } = await (isTrial
      ? writePath.try(all, requester)
      : writePath.submitAll(all, requester));
    return steps.map((step, index) => ({
      number,
      notes: index === 0 ? notes : [],
      ...this.#read(step, effects[index] ?? [], requester),
    }));
  }

  #guarded(change: Change, guard: (staged: Entry | undefined) => void): WriteStep {
    const asked = [change];
    return {
      asked,
      changes: () => {
        guard(this.#staged(change));
        return asked;
      },
    };
  }

  #stepOf({ change, options, guard }: GuardedStep, requester: Requester): WriteStep {
    const { reader, withFollowers = (one) => [one] } = this.#options;
    const { assertion } = options;
    const require = (entry: Entry | undefined) => {
      if (assertion !== undefined && entry !== undefined)
        reader.requireAssertion(assertion, entry, requester);
    };
    return {
      // What follows a rename is written anew, and has texts of its own.
      ...(change.type !== 'modifyDn' && { asked: [change] }),
      changes: () => {
        if (options.manageDsaIt !== true) this.#refuseElsewhere(change);
        guard?.(this.#staged(change));
        if (change.type !== 'add') require(this.#staged(change));
        if (change.type === 'modifyDn') this.#requireFew(change);
        if (options.subtreeDelete === true && change.type === 'delete') return this.#subtreeDeletes(change);
        if (options.permissiveModify === true && change.type === 'modify') {
          return this.#permissiveModify(change, requester);
        }
        return withFollowers(change);
      },
      accept: ([effect]) => {
        if (change.type === 'add') require(effect?.after);
      },
    };
  }

  /** Nothing when nothing would change. An entry must be there for the modify to say so. */
  #permissiveModify(change: Change & { type: 'modify' }, requester: Requester): readonly Change[] {
    const { schema, views } = this.#options;
    const entry = this.#staged(change);
    if (entry === undefined) return [change];
    const isHidden = views.hiddenFrom(requester) ?? (() => false);
    const modifications = modificationsNeeded(change.modifications, entry, { schema, isHidden });
    return modifications.length === 0 ? [] : [{ ...change, modifications }];
  }

  /** RFC 3296 §5: what lies at or below a referral object is changed elsewhere. */
  #refuseElsewhere(change: Change): void {
    const { schema, tree } = this.#options;
    const names = [dnOfChange(change), change.type === 'modifyDn' ? change.newSuperior : undefined];
    for (const dn of names) {
      if (dn === undefined) continue;
      const referral = findReferral(schema.dnKey(dn), (key) => tree.findStaged(key));
      if (referral !== undefined) throw referralError(referral, dn);
    }
  }

  #staged(change: Change): Entry | undefined {
    const { schema, tree } = this.#options;
    return tree.findStaged(schema.dnKey(dnOfChange(change)));
  }

  /** A delete for every entry of the subtree, children first. The base must be there for the delete to say so. */
  #subtreeDeletes(change: Change & { type: 'delete' }): readonly Change[] {
    const { schema, tree } = this.#options;
    this.#requireFew(change);
    const deletes: Change[] = [];
    for (const { dn } of tree.stagedSubtree(schema.dnKey(change.dn))) deletes.push({ type: 'delete', dn });
    return deletes.length === 0 ? [change] : deletes.reverse();
  }

  /** What goes or moves in one piece is done in one piece, and everybody waits for that. */
  #requireFew({ dn }: Change & { type: 'delete' | 'modifyDn' }): void {
    const { schema, tree } = this.#options;
    let count = 0;
    for (const _ of tree.stagedSubtree(schema.dnKey(dn))) {
      count += 1;
      if (count <= SUBTREE_ENTRIES_MAX) continue;
      throw new LdapError(
        'adminLimitExceeded',
        `${dn}: more than ${SUBTREE_ENTRIES_MAX} entries would go or move at once. Do it in smaller parts of the tree.`,
      );
    }
  }

  #read(
    { change, options }: ChangeStep,
    effects: readonly Effect[],
    requester: Requester,
  ): Pick<ChangeOutcome, 'before' | 'after'> {
    const { schema, tree, views, reader } = this.#options;
    const view = (entry: Entry | undefined, selectors: readonly string[] | undefined) => {
      if (entry === undefined || selectors === undefined) return undefined;
      return views.view(entry, views.selection(selectors), requester, reader.countChildren);
    };
    const key = schema.dnKey(dnOfChange(change));
    const unchanged = effects.length === 0 ? tree.findStaged(key) : undefined;
    const before = effects.find(
      ({ from, ...effect }) => (from?.key ?? effect.key) === key && effect.before !== undefined,
    )?.before;
    const after = effects.find((effect) => effect.after !== undefined)?.after;
    return {
      before: view(before ?? unchanged, options.preRead),
      after: view(after ?? unchanged, options.postRead),
    };
  }
}
