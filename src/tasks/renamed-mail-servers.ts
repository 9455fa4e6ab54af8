// Waiting tasks follow a mail server when it is renamed. Tasks have a store of their own, so the new name is stored right
// after the rename and not with it; until then it is known here.

import type { Requester } from '../backend/backend.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { Attribute } from '../ldap/entry.ts';
import type { Component, ObjectDifference, Prepared } from '../runtime/component.ts';
import { neverRenamed } from '../runtime/renamed-keys.ts';
import { SERVER_ATTRIBUTE } from './mail-server-change.ts';
import { TASKS } from './task-branches.ts';
import { stateOf, TaskState } from './task-state.ts';
import type { TaskTree } from './task-tree.ts';

export interface RenamedMailServersOptions {
  readonly tasks: TaskTree;
  readonly writePath: Pick<WritePath, 'submitAll'>;
  readonly log: { warn(fields: object, message: string): void };
  /** Returns true if this server changes the tasks; undefined: always. */
  readonly isLeader?: () => boolean;
}

const SERVER: Requester = Object.freeze({
  dn: TASKS.toString(),
  name: TASKS.toString(),
  privileges: new Set<string>(),
});

export class RenamedMailServers implements Component {
  readonly kind = 'mail-server';
  readonly renamed = neverRenamed;
  readonly #options: RenamedMailServersOptions;

  constructor(options: RenamedMailServersOptions) {
    this.#options = options;
  }

  *describe(): Generator<never> {}

  prepare({ from, after }: ObjectDifference): Prepared | undefined {
    if (from === undefined || after === undefined) return undefined;
    return { commit: () => this.#follow(from, after.dn), abort: () => {} };
  }

  #follow(from: string, dn: Dn): void {
    const { tasks, writePath, log, isLeader } = this.#options;
    if (isLeader?.() === false) return;
    const names = (name: string) => tasks.schema.dnKeyOfText(name) === from;
    const isConcerned = (entry: ReturnType<TaskTree['tree']['findStaged']>) =>
      entry !== undefined &&
      stateOf(entry) === TaskState.waiting &&
      entry.values(SERVER_ATTRIBUTE).some(names);
    for (const task of [...tasks.tasks()].filter(isConcerned)) {
      const attribute = new Attribute(SERVER_ATTRIBUTE, [dn.toString()]);
      const modifications = [{ operation: 'replace', attribute }] as const;
      const change: Change = { type: 'modify', dn: task.dn, modifications };
      // It may have been cancelled or deleted meanwhile.
      const changes = () =>
        isConcerned(tasks.tree.findStaged(tasks.schema.dnKey(dnOfChange(change)))) ? [change] : [];
      writePath.submitAll([{ changes }], SERVER).catch((error: unknown) => {
        log.warn(
          { err: error, task: task.dn.toString(), mailServer: dn.toString() },
          'a task that waits names a mail server by its old name, and the new one could not be stored',
        );
      });
    }
  }
}
