// cn=tasks: what shall be done. Adding an entry starts a task, its attributes tell how far it is, replacing
// ds-task-state ends it, and deleting it is for those that have ended. Kinds of tasks: task-kind.ts.

import type {
  Backend,
  ChangeListener,
  ChangeOptions,
  ChangeOutcome,
  ChangeStep,
  Comparison,
  Found,
  Requester,
  Search,
  SortedResult,
  SortedSearch,
  Watching,
} from '../backend/backend.ts';
import { ChangeRefused } from '../backend/change-refused.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { TreeReader } from '../backend/tree-reader.ts';
import { TreeWriter } from '../configuration/write/tree-writer.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { TASKS } from './task-branches.ts';
import type { TaskRunner } from './task-runner.ts';
import type { TaskStore } from './task-store.ts';
import type { TaskTree } from './task-tree.ts';

export interface TasksBackendOptions {
  readonly tasks: TaskTree;
  readonly views: EntryViews;
  readonly writePath: WritePath;
  readonly runner: TaskRunner;
  readonly store: Pick<TaskStore, 'rememberedCount'>;
}

const NOT_STORED_YET =
  'The disk takes no changes now: the task ends, but a server that starts before that is stored does not know it.';

export class TasksBackend implements Backend {
  readonly baseDn = TASKS;
  readonly baseKey: string;
  readonly readPrivilege = 'config-read';
  readonly writePrivileges = ['config-read', 'config-write'];
  readonly #tasks: TaskTree;
  readonly #reader: TreeReader;
  readonly #writer: TreeWriter;
  readonly #writePath: WritePath;
  readonly #runner: TaskRunner;
  readonly #store: TasksBackendOptions['store'];

  constructor({ tasks, views, writePath, runner, store }: TasksBackendOptions) {
    const { schema, tree } = tasks;
    this.baseKey = schema.dnKey(this.baseDn);
    this.#tasks = tasks;
    this.#reader = new TreeReader(schema, tree, views);
    this.#writer = new TreeWriter({ schema, tree, views, reader: this.#reader, writePath });
    this.#writePath = writePath;
    this.#runner = runner;
    this.#store = store;
  }

  search(search: Search): Iterable<Found> {
    return this.#reader.search(search);
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    return this.#reader.searchSorted(search);
  }

  compare(comparison: Comparison): boolean {
    return this.#reader.compare(comparison);
  }

  async change(change: Change, requester: Requester, options?: ChangeOptions): Promise<ChangeOutcome> {
    const outcome = await this.#writer.change(await this.#ready(change, requester), requester, options);
    if (options?.noOp === true) return outcome;
    this.#cancelled(change);
    if (change.type !== 'modify' || this.#store.rememberedCount === 0) return outcome;
    return { ...outcome, notes: [...outcome.notes, NOT_STORED_YET] };
  }

  async changeAll(steps: readonly ChangeStep[], requester: Requester): Promise<readonly ChangeOutcome[]> {
    const ready: ChangeStep[] = [];
    for (const [index, step] of steps.entries()) {
      try {
        ready.push({ ...step, change: await this.#ready(step.change, requester) });
      } catch (error) {
        throw error instanceof LdapError ? new ChangeRefused(error, index) : error;
      }
    }
    const outcomes = await this.#writer.changeAll(ready, requester);
    if (steps.some(({ options }) => options.noOp === true)) return outcomes;
    for (const { change } of steps) this.#cancelled(change);
    return outcomes;
  }

  watch(search: Search, listener: ChangeListener): Watching {
    return this.#reader.watch(this.#writePath.feed, search, listener);
  }

  /** The change as it may be stored. Rejects with LdapError where the requester may not ask for it. */
  async #ready(change: Change, requester: Requester): Promise<Change> {
    if (change.type !== 'add') return change;
    const kind = this.#tasks.kindOf(change.entry);
    const missing = kind?.privileges.filter((one) => !requester.privileges.has(one)) ?? [];
    if (missing.length > 0) {
      throw new LdapError(
        'insufficientAccessRights',
        `${change.entry.dn}: such a task needs the privilege ${missing.join(' and ')}.`,
      );
    }
    return this.#tasks.withheld.take(change, kind, requester);
  }

  /** The only modification there is asks for the end of a task. */
  #cancelled(change: Change): void {
    if (change.type === 'modify') this.#runner.cancel(this.#tasks.schema.dnKey(dnOfChange(change)));
  }
}
