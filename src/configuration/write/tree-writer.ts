// Changes with all that a client may ask for besides: an assertion, a trial, what was there before and is there now,
// a whole subtree at once (RFC 4527, RFC 4528). What backends that write by way of the write path have in common; what a
// tree asks of its changes besides is in its rules.

import {
  type ChangeOptions,
  type ChangeOutcome,
  type ChangeStep,
  NO_OPTIONS,
  type Requester,
} from '../../backend/backend.ts';
import type { BackendRights } from '../../backend/backend-rights.ts';
import type { EntrySource } from '../../backend/entry-source.ts';
import type { EntryViews } from '../../backend/entry-views.ts';
import { assertionFailed, type Writer } from '../../backend/tree-backend.ts';
import { WriteOrder } from '../../backend/write-order.ts';
import type { Effect } from '../../directory/apply-change.ts';
import { modificationsNeeded } from '../../directory/permissive-modify.ts';
import { findReferral, referralError } from '../../directory/referral.ts';
import type { Tree } from '../../directory/tree.ts';
import { type Change, dnOfChange, type ModifyDnChange } from '../../ldap/change.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { typeKeyOf } from '../../schema/attribute-selector.ts';
import type { Schema } from '../../schema/schema.ts';
import { requireNoPasswordState } from '../rights/password-state.ts';
import { type PolicyWriter, refusalFor, requireWriteByPolicy } from '../rights/policy-rights.ts';
import { requireRenameRights } from '../rights/rename-rights.ts';
import { requireFewPasswords } from '../rights/stored-passwords.ts';
import { wantedEffect } from '../rights/wanted-effect.ts';
import { entriesBefore } from './entries-before.ts';
import { allReady } from './refused-steps.ts';
import type { WritePath, WriteStep, Written } from './write-path.ts';
import type { WriteTarget } from './write-target.ts';

/** Rules of a tree for its changes. */
export interface ChangeRules {
  /**
   * Returns the change as it may be stored, with hashes in place of passwords. Throws, or rejects with, the LdapError that
   * refuses it.
   * @param entry that the change is about, as readers see it
   */
  ready(change: Change, requester: Requester, entry: Entry | undefined): Change | Promise<Change>;
  /** Returns true for a change that the requester may make whatever policies say of its entry, such as of its own tasks. */
  permits?(change: Change, requester: Requester, entry: Entry | undefined): boolean;
  /** Throws the LdapError that refuses the change for want of rights. Takes the entry as `ready` does, or another by now. */
  require(change: Change, requester: Requester, entry: Entry | undefined): void;
  /** Returns a change with what must be changed with it; the change alone when absent. Throws LdapError. */
  withFollowers?(change: Change): readonly Change[];
  /** True if entries may be referral objects (RFC 3296). */
  readonly mayRefer?: boolean;
  /** Told of a change that is made. Returns what else whoever asked for it should know, a sentence each. */
  made?(change: Change): readonly string[];
}

export interface TreeWriterOptions {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly views: EntryViews;
  readonly source: Pick<EntrySource, 'countChildren' | 'children'>;
  readonly rights: BackendRights;
  readonly writePath: WritePath;
  readonly rules: ChangeRules;
  readonly target: Pick<WriteTarget, 'permit'>;
}

/** A change as it may be stored, and what is asked again when it has its turn. */
interface ReadyStep extends ChangeStep {
  /** Takes the entry as the changes before this one leave it. Throws what refuses the change. */
  readonly guard: ((staged: Entry | undefined) => void) | undefined;
}

const STILL_TO_DO =
  'The change is made. An administrator has to look at the object before all of it is effective.';

/** Entries that one subtree delete takes with it, or one move, at most. */
const SUBTREE_ENTRIES_MAX = 10_000;

export class TreeWriter implements Writer {
  readonly #options: TreeWriterOptions;

  constructor(options: TreeWriterOptions) {
    this.#options = options;
  }

  /** Resolves when the change is on disk and in force, or with `noOp` when it could have been. */
  async change(
    asked: Change,
    requester: Requester,
    options: ChangeOptions = NO_OPTIONS,
    order: WriteOrder = new WriteOrder(),
  ): Promise<ChangeOutcome> {
    const { schema, tree, rules } = this.#options;
    const entry = tree.find(schema.dnKey(dnOfChange(asked)));
    return this.#reduced([asked], requester, () => {
      requireNoPasswordState(asked, schema);
      this.#permit(asked, requester, entry);
      const ready = rules.ready(asked, requester, entry);
      const guard = this.#guardOf(asked, requester, entry);
      return order.run(ready, async (change) => {
        const step: ReadyStep = { change, options, guard };
        const { number, notes, effects } = await this.#write([step], requester);
        const further = options.noOp === true ? undefined : rules.made?.(change);
        const all = further === undefined ? notes : [...notes, ...further];
        return {
          number,
          notes: this.#notesFor(all, requester),
          ...this.#read(step, effects[0] ?? [], requester),
        };
      });
    });
  }

  /** All as one commit or none; one that is a trial makes all of them one. Rejects with ChangeRefused when some are at fault. */
  async changeAll(
    asked: readonly ChangeStep[],
    requester: Requester,
    order: WriteOrder = new WriteOrder(),
  ): Promise<readonly ChangeOutcome[]> {
    const { schema, tree, rules } = this.#options;
    const changes = asked.map(({ change }) => change);
    requireFewPasswords(changes, schema);
    const entries = entriesBefore(changes, schema, (key) => tree.find(key));
    const ready = asked.map(async ({ change, options }, index): Promise<ReadyStep> => {
      requireNoPasswordState(change, schema);
      this.#permit(change, requester, entries[index]);
      const stored = await rules.ready(change, requester, entries[index]);
      return { change: stored, options, guard: this.#guardOf(change, requester, entries[index]) };
    });
    return this.#reduced(changes, requester, () =>
      order.run(allReady(ready), async (steps) => {
        const { number, notes, effects } = await this.#write(steps, requester);
        const isTrial = steps.some(({ options }) => options.noOp === true);
        return steps.map((step, index) => {
          const further = isTrial ? [] : (rules.made?.(step.change) ?? []);
          const own = this.#notesFor(index === 0 ? [...notes, ...further] : further, requester);
          return { number, notes: own, ...this.#read(step, effects[index] ?? [], requester) };
        });
      }),
    );
  }

  /** Checks and prepares everything, and changes nothing. Rejects with the LdapError that would refuse the change. */
  async try(asked: Change, requester: Requester): Promise<Written> {
    const { schema, tree, rules } = this.#options;
    const entry = tree.find(schema.dnKey(dnOfChange(asked)));
    return this.#reduced([asked], requester, async () => {
      requireNoPasswordState(asked, schema);
      this.#permit(asked, requester, entry);
      const change = await rules.ready(asked, requester, entry);
      const guard = this.#guardOf(asked, requester, entry);
      return this.#write([{ change, options: { noOp: true }, guard }], requester);
    });
  }

  /** Returns what refuses a change for want of rights, whatever else is wrong with it; undefined if nothing does. */
  refusalByRights(change: Change, requester: Requester): LdapError | undefined {
    const { schema, tree, rules, target } = this.#options;
    const entry = tree.find(schema.dnKey(dnOfChange(change)));
    try {
      this.#permit(change, requester, entry);
      rules.require(change, requester, entry);
      const effect = wantedEffect(change, entry, schema);
      if (effect !== undefined) target.permit(effect, requester, [change]);
    } catch (error) {
      if (error instanceof LdapError) return error;
      throw error;
    }
    return undefined;
  }

  /** Throws what refuses the change where the requester may change parts only. Takes the entry as it is now. */
  #permit(change: Change, requester: Requester, entry: Entry | undefined): void {
    const { rights, rules, tree } = this.#options;
    if (rights.writesAll(requester) || rules.permits?.(change, requester, entry) === true) return;
    requireWriteByPolicy(
      change,
      this.#writerOf(requester, (key) => tree.find(key)),
    );
  }

  /** Checks the rights for a change on top of the changes before it. */
  #permitStaged(change: Change, requester: Requester): void {
    const { rights, rules, tree } = this.#options;
    if (rights.writesAll(requester)) return;
    if (rules.permits?.(change, requester, this.#staged(change)) === true) return;
    requireWriteByPolicy(
      change,
      this.#writerOf(requester, (key) => tree.findStaged(key)),
    );
  }

  #writerOf(requester: Requester, find: PolicyWriter['find']): PolicyWriter {
    const { rights, schema } = this.#options;
    return {
      requester,
      access: rights.accessOf(requester),
      sight: rights.sightOf(requester),
      schema,
      find,
    };
  }

  /** Rejects with what refuses the changes, in words about what the requester may read. */
  async #reduced<Result>(
    changes: readonly Change[],
    requester: Requester,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { rights, tree } = this.#options;
    if (rights.writesAll(requester)) return work();
    try {
      return await work();
    } catch (error) {
      throw refusalFor(
        error,
        changes,
        this.#writerOf(requester, (key) => tree.find(key)),
      );
    }
  }

  /** Of what is still to be done it is said only that something is, where it may be about other entries. */
  #notesFor(notes: readonly string[], requester: Requester): readonly string[] {
    return notes.length === 0 || this.#options.rights.writesAll(requester) ? notes : [STILL_TO_DO];
  }

  #write(steps: readonly ReadyStep[], requester: Requester): Promise<Written> {
    const { writePath } = this.#options;
    const all = steps.map((step) => this.#stepOf(step, requester));
    return steps.some(({ options }) => options.noOp === true)
      ? writePath.try(all, requester)
      : writePath.submitAll(all, requester);
  }

  /**
   * Where another entry has the name by the time of the change than when it was asked for, as a rename in between makes it,
   * the rights are asked again: it may have secrets that the other one had not.
   */
  #guardOf(change: Change, requester: Requester, seen: Entry | undefined): ReadyStep['guard'] {
    const { rules } = this.#options;
    if (change.type !== 'modify') return undefined;
    return (staged) => {
      if (staged === undefined || staged === seen) return;
      if (staged.first('entryuuid') !== seen?.first('entryuuid')) rules.require(change, requester, staged);
    };
  }

  #stepOf({ change, options, guard }: ReadyStep, requester: Requester): WriteStep {
    const { rules } = this.#options;
    const { assertion } = options;
    // Rights may have been withdrawn since it was asked for.
    const permit = (one: Change) => this.#permitStaged(one, requester);
    const require = (entry: Entry | undefined) => {
      if (assertion !== undefined && entry !== undefined) this.#requireTrue(assertion, entry, requester);
    };
    return {
      // What follows a rename is written again, and has texts of its own.
      ...(change.type !== 'modifyDn' && { asked: [change] }),
      changes: () => {
        if (rules.mayRefer === true && options.manageDsaIt !== true) this.#refuseElsewhere(change);
        permit(change);
        if (guard !== undefined) guard(this.#staged(change));
        if (change.type !== 'add' && assertion !== undefined) require(this.#staged(change));
        if (change.type === 'modifyDn') this.#permitMove(change, requester);
        if (options.subtreeDelete === true && change.type === 'delete') {
          const deletes = this.#subtreeDeletes(change);
          this.#permitAll(change, deletes, requester);
          return deletes;
        }
        if (options.permissiveModify === true && change.type === 'modify') {
          return this.#permissiveModify(change, requester);
        }
        return rules.withFollowers?.(change) ?? [change];
      },
      accept: ([effect]) => {
        if (change.type === 'add') require(effect?.after);
      },
    };
  }

  #requireTrue(assertion: Filter, entry: Entry, requester: Requester): void {
    const { views, rights, source } = this.#options;
    const matches = views.matcher(assertion, rights.sightOf(requester), source);
    if (matches(entry) !== true) throw assertionFailed(entry);
  }

  /** Nothing when nothing would change. An entry must be there for the modify to say so. */
  #permissiveModify(change: Change & { type: 'modify' }, requester: Requester): readonly Change[] {
    const { schema, views, rights } = this.#options;
    const entry = this.#staged(change);
    if (entry === undefined) return [change];
    const sight = rights.sightOf(requester);
    const grant = sight.uniform === undefined ? sight.grantOf(entry) : undefined;
    const isHidden =
      sight.uniform === undefined
        ? (key: string) => grant === undefined || grant.hides(typeKeyOf(key)) || views.isMixed(key)
        : (views.hiddenFrom(sight) ?? (() => false));
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

  /** Throws what refuses one of the deletes. Of entries that do not exist for the requester it is said only that there are some. */
  #permitAll({ dn }: Change & { type: 'delete' }, deletes: readonly Change[], requester: Requester): void {
    for (const one of deletes) {
      try {
        this.#permitStaged(one, requester);
      } catch (error) {
        if (!(error instanceof LdapError) || error.code !== ResultCode.noSuchObject) throw error;
        throw new LdapError('notAllowedOnNonLeaf', `${dn}: has entries below it.`);
      }
    }
  }

  #permitMove(change: ModifyDnChange, requester: Requester): void {
    const { schema, tree } = this.#options;
    this.#requireFew(change);
    requireRenameRights(change, tree.stagedSubtree(schema.dnKey(change.dn)), requester, this.#options);
  }

  /** Refuses to delete or move very many entries at once: everybody would wait for it. */
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
    const { schema, tree, views, source, rights } = this.#options;
    const view = (entry: Entry | undefined, selectors: readonly string[] | undefined) => {
      if (entry === undefined || selectors === undefined) return undefined;
      const sight = rights.sightOf(requester);
      if (sight.grantOf(entry) === undefined) return undefined;
      return views.view(entry, views.selection(selectors), sight, source);
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
