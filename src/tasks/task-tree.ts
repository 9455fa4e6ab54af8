// The entries of cn=tasks, and the changes that clients may make: add, cancel and delete tasks. The server's own notes are
// not restricted; it is recognised by its name, which no account can have.

import { repeat } from '../configuration/write/staging.ts';
import type { WriteTarget } from '../configuration/write/write-target.ts';
import { type Effect, noSuchObject } from '../directory/apply-change.ts';
import { octetsOfEntry } from '../directory/kept-octets.ts';
import { idOfChange, type Stamp } from '../directory/stamp.ts';
import type { Tree } from '../directory/tree.ts';
import { type AddChange, type Change, dnOfChange, type ModifyChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { MemoryTree } from '../memory/memory-tree.ts';
import type { Schema } from '../schema/schema.ts';
import type { Commit } from '../store/store.ts';
import { TASK_BRANCHES, TASKS } from './task-branches.ts';
import { completeTask } from './task-check.ts';
import type { TaskKind } from './task-kind.ts';
import {
  CANCELING_STATES,
  formatLogLine,
  formatTaskTime,
  isUnfinished,
  stateOf,
  TaskState,
  withLogLines,
} from './task-state.ts';
import { UnstoredValues } from './unstored-values.ts';

/** Maximum number of tasks, including ended ones. */
const TASKS_MAX = 1000;
/** Approximate memory of all tasks, in octets. */
const TASKS_OCTETS_MAX = 64 * 1024 * 1024;

export interface TaskTreeOptions {
  readonly schema: Schema;
  readonly kinds: readonly TaskKind[];
}

export class TaskTree implements WriteTarget {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly unstored: UnstoredValues;
  readonly #kinds: readonly TaskKind[];
  readonly #entries: MemoryTree;
  readonly #branchKeys: ReadonlySet<string>;

  constructor({ schema, kinds }: TaskTreeOptions) {
    this.schema = schema;
    this.#kinds = kinds;
    this.unstored = new UnstoredValues(schema, kinds);
    this.#entries = new MemoryTree({
      schema,
      topKeys: new Set([schema.dnKey(TASKS)]),
      isSecret: () => false,
      entryLimit: () => Number.POSITIVE_INFINITY,
      permit: () => {},
    });
    this.tree = this.#entries.tree;
    this.#branchKeys = new Set(TASK_BRANCHES.map((dn) => schema.dnKey(dn)));
  }

  /** Returns the kind of an entry of a client; undefined if there is none, for example of a newer version. */
  kindOf(entry: Entry): TaskKind | undefined {
    const named = entry.attributes.filter(
      ({ description }) => this.schema.describe(description)?.key === 'objectclass',
    );
    const classes = new Set(
      named.flatMap(({ values }) => values.map((name) => this.schema.findObjectClass(name)?.name)),
    );
    return this.#kinds.find(({ objectClass }) => classes.has(objectClass));
  }

  /** Yields the tasks that readers see. */
  *tasks(): Generator<Entry> {
    for (const entry of this.tree.entries()) if (this.isTask(entry)) yield entry;
  }

  /** Returns false for the branches, below which tasks are. */
  isTask({ dn }: Entry): boolean {
    return !this.#branchKeys.has(this.schema.dnKey(dn));
  }

  apply(change: Change, made: Stamp): readonly Effect[] {
    if (made.by === TASKS.toString()) return this.#entries.apply(change, made);
    const dn = dnOfChange(change);
    if (this.#branchKeys.has(this.schema.dnKey(dn))) {
      throw new LdapError('unwillingToPerform', `${dn}: belongs to the server. Add tasks below it.`);
    }
    // Existence is checked before permission.
    if (change.type !== 'add') this.#requireThere(dn);
    switch (change.type) {
      case 'add':
        return this.#applyAdd(change, made);
      case 'delete':
        return this.#applyDelete(change, made);
      case 'modify':
        return this.#entries.apply(this.#canceling(change, made), made);
      case 'modifyDn':
        throw new LdapError('unwillingToPerform', `${dn}: tasks are not renamed.`);
    }
  }

  #requireThere(dn: Dn): void {
    const { schema, tree } = this;
    const find = (key: string) => tree.findStaged(key);
    if (find(schema.dnKey(dn)) === undefined) throw noSuchObject(dn, { schema, find });
  }

  /** Permits everything: tasks-backend.ts checks before. */
  permit(): void {}

  stage(effect: Effect): void {
    this.#entries.stage(effect);
  }

  check({ before, after }: Effect): readonly Issue[] {
    if (before !== undefined || after === undefined) return [];
    return this.kindOf(after)?.check(after) ?? [];
  }

  differenceOf(): undefined {
    return undefined;
  }

  notesOf(): readonly string[] {
    return [];
  }

  /** Loads the content of the store. Throws LdapError if it is invalid. */
  load(entries: readonly Entry[], commits: readonly Commit[], made: Stamp): void {
    for (const [index, entry] of entries.entries())
      this.#entries.load(entry, { ...made, id: idOfChange(made.id, index) });
    for (const [index, dn] of TASK_BRANCHES.entries()) {
      if (this.tree.findStaged(this.schema.dnKey(dn)) !== undefined) continue;
      const branch = Entry.of(dn, { objectClass: ['top', 'ds-cfg-branch'], cn: dn.name });
      this.#entries.load(branch, { ...made, id: idOfChange(made.id, entries.length + index) });
    }
    this.tree.commit();
    repeat(this, commits);
  }

  #applyAdd(change: AddChange, made: Stamp): readonly Effect[] {
    const effects = this.#entries.apply(this.#completed(change), made);
    for (const { after } of effects) this.unstored.carryOver(change.entry, after);
    return effects;
  }

  #completed({ entry }: AddChange): AddChange {
    const { dn } = entry;
    if (this.tree.size >= TASKS_MAX + TASK_BRANCHES.length) {
      throw new LdapError(
        'adminLimitExceeded',
        `${dn}: there are ${TASKS_MAX} tasks already. Delete some that have ended.`,
      );
    }
    let octets = octetsOfEntry(entry);
    for (const known of this.tree.entries()) octets += octetsOfEntry(known);
    if (octets > TASKS_OCTETS_MAX) {
      throw new LdapError(
        'adminLimitExceeded',
        `${dn}: the tasks that there are would take more than ${TASKS_OCTETS_MAX} octets. Delete some that have ended.`,
      );
    }
    const parentKey = dn.parent === undefined ? '' : this.schema.dnKey(dn.parent);
    if (!this.#branchKeys.has(parentKey)) throw misplaced(dn);
    const described = entry.attributes.map((attribute) => {
      const description = this.schema.describe(attribute.description);
      return new Attribute(
        description?.description ?? attribute.description,
        attribute.values,
        description?.key,
      );
    });
    const task = completeTask(entry.withAttributes(described), this.kindOf(entry), this.#kinds);
    return { type: 'add', entry: task };
  }

  #applyDelete(change: Change & { type: 'delete' }, made: Stamp): readonly Effect[] {
    const effects = this.#entries.apply(change, made);
    if (effects.some(({ before }) => before !== undefined && stateOf(before) === TaskState.running)) {
      throw new LdapError(
        'unwillingToPerform',
        `${change.dn}: the task runs. Cancel it first (ds-task-state: ${TaskState.stoppedByAdministrator}), or wait for its end.`,
      );
    }
    return effects;
  }

  /** Returns the one modification that clients may make: cancel a task. A running task sets its final state itself. */
  #canceling({ dn, modifications }: ModifyChange, { at, by }: Stamp): ModifyChange {
    const [only] = modifications;
    const [value = '', ...others] = only?.attribute.values ?? [];
    const isState = this.schema.describe(only?.attribute.description ?? '')?.key === 'ds-task-state';
    const isCancel =
      only?.operation === 'replace' && others.length === 0 && CANCELING_STATES.has(value.toUpperCase());
    if (modifications.length !== 1 || !isState || !isCancel) {
      throw new LdapError(
        'unwillingToPerform',
        `${dn}: of a task only ds-task-state can be replaced, by ${[...CANCELING_STATES].join(' or ')}, which ends it.`,
      );
    }
    const entry = this.tree.findStaged(this.schema.dnKey(dn));
    if (entry === undefined) return { type: 'modify', dn, modifications };
    if (!isUnfinished(entry)) {
      throw new LdapError('unwillingToPerform', `${dn}: the task has ended already: ${stateOf(entry)}.`);
    }
    const line = formatLogLine(
      at,
      entry.values('ds-task-log-message').length,
      'WARNING',
      `${by} wants the task to end.`,
    );
    const changed = [withLogLines(entry, [line])];
    if (stateOf(entry) === TaskState.waiting) {
      changed.push(
        new Attribute('ds-task-state', [TaskState.canceledBeforeStarting]),
        new Attribute('ds-task-completion-time', [formatTaskTime(at)]),
      );
    }
    return {
      type: 'modify',
      dn,
      modifications: changed.map((attribute) => ({ operation: 'replace', attribute })),
    };
  }
}

function misplaced(dn: Dn): LdapError {
  return new LdapError(
    'unwillingToPerform',
    `${dn}: tasks are directly below ${TASK_BRANCHES.join(' or ')}.`,
  );
}
