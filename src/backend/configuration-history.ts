// What the configuration was: the entries after any change that is remembered, as far as changes since have touched
// them. Made from an archived configuration and the journal; the whole tree is never built a second time.

import { setImmediate } from 'node:timers/promises';
import { applyChange, type TreeView } from '../directory/apply-change.ts';
import { idOfChange, type Stamp, stamp } from '../directory/stamp.ts';
import type { FileSystem } from '../files/file-system.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import { listArchives, readArchive } from '../store/archive.ts';
import { HistoryReader } from '../store/history-reader.ts';
import type { Commit } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { EntryDifference } from './entry-difference.ts';

/** Entries looked at before others have their turn. */
const STEPS_PER_TURN = 256;

export interface ConfigurationHistoryOptions {
  readonly schema: Schema;
  readonly fileSystem: FileSystem;
  readonly journalFolder: string;
  readonly archiveFolder: string;
}

export class ConfigurationHistory {
  readonly reader: HistoryReader;
  readonly #options: ConfigurationHistoryOptions;

  constructor(options: ConfigurationHistoryOptions) {
    this.#options = options;
    this.reader = new HistoryReader(options.journalFolder);
  }

  /** The last change there is, as the files tell it. */
  get lastNumber(): number {
    return this.reader.lastNumber;
  }

  /** Through which change it goes back at most: there is a state after it; undefined: there is none at all. */
  async firstState(): Promise<number | undefined> {
    const { fileSystem, archiveFolder } = this.#options;
    const first = this.reader.firstNumber ?? 1;
    return (await listArchives(fileSystem, archiveFolder)).find((number) => number >= first - 1);
  }

  /**
   * Every entry that is different after change `from` and after change `to`, which may lie before it. Throws
   * LdapError noSuchObject when one of them is not remembered, StoreError when the files are damaged.
   */
  async differences(from: number, to: number): Promise<EntryDifference[]> {
    const [early, late] = from < to ? [from, to] : [to, from];
    const { schema } = this.#options;
    const later: Commit[] = [];
    for await (const commit of this.#commits(early + 1, late)) later.push(commit);
    if (later.length < late - early) throw unknownState(late, await this.firstState(), early + later.length);
    const touched = new Set<string>();
    await inTurns(stepsOf(later), ({ change }) => touched.add(schema.dnKey(dnOfChange(change))));
    const place = await this.#stateOf(touched, early);
    const atEarly = new Map(place.entries);
    await inTurns(stepsOf(later), (step) => place.repeat(step));
    return [...touched].flatMap((key) => {
      const [before, after] = [atEarly.get(key), place.entries.get(key)];
      if (before === after) return [];
      return from < to ? [{ key, before, after }] : [{ key, before: after, after: before }];
    });
  }

  async #stateOf(touched: ReadonlySet<string>, number: number): Promise<SparseTree> {
    const { fileSystem, archiveFolder, schema } = this.#options;
    const archives = await listArchives(fileSystem, archiveFolder);
    const base = archives.findLast((one) => one <= number);
    if (base === undefined) throw unknownState(number, await this.firstState(), undefined);
    const tree = new SparseTree(schema, touched);
    const { entries } = await readArchive(fileSystem, archiveFolder, base);
    await inTurns(entries, (entry) => tree.take(entry));
    for await (const commit of this.#commits(base + 1, number))
      await inTurns(stepsOf([commit]), (step) => tree.repeat(step));
    return tree;
  }

  async *#commits(first: number, last: number): AsyncGenerator<Commit, void> {
    if (first > last) return;
    try {
      for (const commit of this.reader.commits(first, last)) {
        if (commit === undefined) await setImmediate();
        else yield commit;
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new LdapError('unwillingToPerform', error.message, { cause: error });
    }
  }
}

function unknownState(number: number, first: number | undefined, last: number | undefined): LdapError {
  const from =
    first === undefined
      ? 'nothing is remembered'
      : `the first that is remembered is that after change ${first}`;
  const to = last === undefined ? '' : `, the last that after change ${last}`;
  return new LdapError('noSuchObject', `There is no state after change ${number}: ${from}${to}.`);
}

/** One change of a commit. */
interface Step {
  readonly change: Change;
  readonly made: Stamp;
}

function* stepsOf(commits: readonly Commit[]): Generator<Step> {
  for (const { changes, at, by, id } of commits)
    for (const [index, change] of changes.entries())
      yield { change, made: { at, by, id: idOfChange(id, index) } };
}

/** Does something with each, and lets others have their turn in between. */
async function inTurns<T>(all: Iterable<T>, work: (one: T) => void): Promise<void> {
  let count = 0;
  for (const one of all) {
    work(one);
    if (++count % STEPS_PER_TURN === 0) await setImmediate();
  }
}

/** Some entries of a tree; of the others it is only known that they are there. */
class SparseTree implements TreeView {
  readonly schema: Schema;
  readonly entries = new Map<string, Entry>();
  readonly #keys: ReadonlySet<string>;
  /** Of the entry that is being changed. */
  #nameValues: ReadonlySet<string> = new Set();

  constructor(schema: Schema, keys: ReadonlySet<string>) {
    this.schema = schema;
    this.#keys = keys;
  }

  take(entry: Entry): void {
    const key = this.schema.dnKey(entry.dn);
    if (this.#keys.has(key)) this.entries.set(key, entry);
  }

  repeat({ change, made }: Step): void {
    const dn = dnOfChange(change);
    if (!this.#keys.has(this.schema.dnKey(dn))) return;
    this.#nameValues = new Set(dn.rdn?.map(({ value }) => value));
    for (const { key, before, after } of applyChange(change, this)) {
      if (after === undefined) this.entries.delete(key);
      else this.entries.set(key, stamp(before, after, made, this.schema));
    }
  }

  find(key: string): Entry | undefined {
    return this.#keys.has(key) ? this.entries.get(key) : ELSEWHERE;
  }

  hasChildren(): boolean {
    return false;
  }

  childKeys(): Iterable<string> {
    return [];
  }

  isTop(key: string): boolean {
    return !key.includes(',');
  }

  /** Everything, in a text that should never come about, but what the entry is named by: that was taken long ago. */
  isSecret(_: string, value: string): boolean {
    return !this.#nameValues.has(value);
  }
}

const ELSEWHERE = new Entry(Dn.root, []);
