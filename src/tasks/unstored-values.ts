// Values of new tasks that must not be stored. They are taken out of the request first: no journal, watcher or reader ever
// sees them. The function made from a value is kept while the task waits or runs.

import type { Requester } from '../backend/backend.ts';
import type { Change } from '../ldap/change.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { SECRET_STARS } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import type { TaskKind, TaskRun } from './task-kind.ts';

export class UnstoredValues {
  readonly #schema: Schema;
  readonly #kinds: readonly TaskKind[];
  readonly #runs = new WeakMap<Entry, TaskRun>();

  constructor(schema: Schema, kinds: readonly TaskKind[]) {
    this.#schema = schema;
    this.#kinds = kinds.filter(({ unstored }) => unstored !== undefined);
  }

  /**
   * Returns the change with masked values. Rejects with LdapError if a value is wrong.
   * @param kind of the new task.
   */
  async take(change: Change, kind: TaskKind | undefined, requester: Requester): Promise<Change> {
    if (change.type !== 'add') return change;
    const { entry } = change;
    const owner = this.#kinds.find((one) => entry.attributes.some((attribute) => this.#isOf(attribute, one)));
    if (owner?.unstored === undefined) return change;
    const { attribute: key, prepare } = owner.unstored;
    // In any other entry that allows the attribute, it would be stored.
    if (owner !== kind) {
      throw new LdapError('objectClassViolation', `${entry.dn}: ${key} is for a ${owner.objectClass} only.`);
    }
    const given = entry.attributes.filter((attribute) => this.#isOf(attribute, owner));
    const [value, ...others] = given.flatMap(({ values }) => values);
    if (value === undefined || others.length > 0) {
      throw new LdapError('constraintViolation', `${entry.dn}: ${key} takes one value. Leave one.`);
    }
    const kept = entry.attributes.filter((attribute) => !given.includes(attribute));
    const shown = entry.withAttributes([...kept, new Attribute(key, [SECRET_STARS])]);
    this.#runs.set(shown, await prepare(shown, value, requester));
    return { type: 'add', entry: shown };
  }

  /** Moves what is kept for an entry to its successor. */
  carryOver(from: Entry, to: Entry | undefined): void {
    const run = this.#runs.get(from);
    if (run !== undefined && to !== undefined) this.#runs.set(to, run);
  }

  /** Returns the function that runs the task; undefined if there was no such value, or it was dropped. */
  runOf(entry: Entry): TaskRun | undefined {
    return this.#runs.get(entry);
  }

  #isOf({ description }: Attribute, { unstored }: TaskKind): boolean {
    return this.#schema.describe(description)?.type.key === unstored?.attribute;
  }
}
