// Tasks that the servers of a cluster share, beside those of one server: both are cn=tasks. A task that is scheduled for later is
// shared, unless it is about one server or bound to it; one of the servers runs it.

import type { Found, Requester, Search } from '../backend/backend.ts';
import type { ChangeFeed, CommitListener, WatchedFeed } from '../backend/change-feed.ts';
import type { EntryName, EntrySource } from '../backend/entry-source.ts';
import type { Writer } from '../backend/tree-backend.ts';
import type { Change } from '../ldap/change.ts';
import { dnOfChange } from '../ldap/change.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import { taskTimeOf } from './task-state.ts';
import type { TaskTree } from './task-tree.ts';

const ONLY_HERE = 'ds-task-this-server-only';
const START = 'ds-task-scheduled-start-time';

/** A place where tasks are kept. */
export interface TaskPlace {
  readonly tasks: TaskTree;
  readonly source: EntrySource;
  readonly feed: ChangeFeed;
  readonly writer: Writer;
}

/** Tasks of this server, and those of all; undefined: the latter are not known yet. */
export interface TaskPlaces {
  readonly own: TaskPlace;
  readonly shared: () => TaskPlace | undefined;
  readonly now: () => Date;
}

/** Finds tasks in both places. */
export class JoinedTasks implements EntrySource {
  readonly #places: TaskPlaces;

  constructor(places: TaskPlaces) {
    this.#places = places;
  }

  find(search: Search, matches: Matcher, see: (entry: Entry) => Entry): Iterable<Found> {
    const { own, shared } = this.#placesOf(search.baseKey);
    if (shared === undefined) return own.source.find(search, matches, see);
    if (!isThere(own, search.baseKey)) return shared.source.find(search, matches, see);
    // The branches are in both.
    const isTask = (entry: Entry) => shared.tasks.isTask(entry);
    const others = shared.source.find(search, (entry) => isTask(entry) && matches(entry), see);
    return joined(own.source.find(search, matches, see), others);
  }

  get(name: EntryName): Entry {
    const { own, shared } = this.#placesOf(name.dnKey);
    return (isThere(own, name.dnKey) ? own : (shared ?? own)).source.get(name);
  }

  shown(entry: Entry): Entry {
    return entry;
  }

  readonly countChildren = (entry: Entry): number => [...this.children(entry)].length;

  *children(entry: Entry): Generator<Entry> {
    const { own, shared } = this.#placesOf('');
    yield* own.source.children(entry);
    for (const child of shared?.source.children(entry) ?? [])
      if (shared?.tasks.isTask(child) === true) yield child;
  }

  *subtree(key: string): Generator<Entry> {
    const { own, shared } = this.#placesOf(key);
    yield* own.source.subtree?.(key) ?? [];
    for (const entry of shared?.source.subtree?.(key) ?? [])
      if (shared?.tasks.isTask(entry) === true) yield entry;
  }

  /** Returns the places that may have something at or below a key. */
  #placesOf(key: string): { readonly own: TaskPlace; readonly shared: TaskPlace | undefined } {
    const { own } = this.#places;
    const shared = this.#places.shared();
    return { own, shared: shared !== undefined && (key === '' || isThere(shared, key)) ? shared : undefined };
  }
}

/** Tells of changes in both places. Its numbers are its own: who was away begins again. */
export class JoinedFeed implements WatchedFeed {
  readonly #own: ChangeFeed;
  readonly #listeners = new Set<CommitListener>();
  #shared: ChangeFeed | undefined;

  constructor(own: ChangeFeed) {
    this.#own = own;
  }

  /** From now on there are shared tasks too. */
  add(shared: ChangeFeed): void {
    this.#shared = shared;
    shared.listen({
      committed: (commit) => {
        for (const listener of this.#listeners) listener.committed({ ...commit, number: this.number });
      },
      failed: (error) => {
        for (const listener of this.#listeners) listener.failed(error);
      },
    });
  }

  get number(): number {
    return this.#own.number + (this.#shared?.number ?? 0);
  }

  get history(): string {
    return this.#own.history;
  }

  since(number: number): ReturnType<WatchedFeed['since']> {
    return number === this.number ? [] : undefined;
  }

  async reach(): Promise<void> {}

  listen(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    const stop = this.#own.listen({
      committed: (commit) => listener.committed({ ...commit, number: this.number }),
      failed: (error) => listener.failed(error),
    });
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  }
}

/** Makes each change where its task is, or belongs. */
export class JoinedWriter implements Writer {
  readonly #places: TaskPlaces;

  constructor(places: TaskPlaces) {
    this.#places = places;
  }

  refusalByRights(change: Change, requester: Requester): LdapError | undefined {
    return this.#writerOf(change).refusalByRights(change, requester);
  }

  async change(...[change, ...others]: Parameters<Writer['change']>): ReturnType<Writer['change']> {
    return this.#writerOf(change).change(change, ...others);
  }

  async changeAll(...[steps, ...others]: Parameters<Writer['changeAll']>): ReturnType<Writer['changeAll']> {
    const [writer, second] = new Set(steps.map(({ change }) => this.#writerOf(change)));
    if (second !== undefined)
      throw new LdapError(
        'unwillingToPerform',
        'cn=tasks: tasks of this server and tasks that the cluster shares are not changed together. Change them one by one.',
      );
    return (writer ?? this.#places.own.writer).changeAll(steps, ...others);
  }

  #writerOf(change: Change): Writer {
    const { own } = this.#places;
    const shared = this.#places.shared();
    const dn = dnOfChange(change);
    const key = own.tasks.schema.dnKey(dn);
    // A name is taken in both places at once.
    if (isThere(own, key)) return own.writer;
    if (change.type === 'add' && this.#isShared(change.entry)) {
      if (shared !== undefined) return shared.writer;
      throw new LdapError(
        'unavailable',
        `${dn}: a task that is scheduled for later is shared with the other servers, and etcd has not answered since this server ` +
          `started. Try again later, or bind the task to this server with ${ONLY_HERE}: TRUE.`,
      );
    }
    return shared !== undefined && isThere(shared, key) ? shared.writer : own.writer;
  }

  /** Returns true for a new task that any server may run at its time. */
  #isShared(entry: Entry): boolean {
    const { own, now } = this.#places;
    const { schema } = own.tasks;
    const described = entry.withAttributes(
      entry.attributes.map((attribute) => {
        const key = schema.describe(attribute.description)?.key;
        return key === undefined ? attribute : new Attribute(attribute.description, attribute.values, key);
      }),
    );
    const dueAt = taskTimeOf(described, START);
    if (dueAt === undefined || dueAt <= now()) return false;
    const kind = own.tasks.kindOf(entry);
    if (kind === undefined || kind.isOfServer === true) return false;
    // What is kept in memory is kept by one server.
    if (kind.unstored !== undefined && described.find(kind.unstored.attribute) !== undefined) return false;
    return described.first(ONLY_HERE)?.toUpperCase() !== 'TRUE';
  }
}

function isThere({ tasks }: TaskPlace, key: string): boolean {
  return tasks.tree.findNode(key) !== undefined;
}

function* joined(one: Iterable<Found>, other: Iterable<Found>): Generator<Found> {
  yield* one;
  yield* other;
}
