// Past states of the configuration: the entries after any remembered change, as far as later changes touched them. Built from
// an archived configuration and the journal, without building the whole tree a second time.

import { setImmediate } from 'node:timers/promises';
import { applyChange, type TreeView } from '../directory/apply-change.ts';
import { octetsOfEntry, octetsOfText } from '../directory/kept-octets.ts';
import type { HeldOctets } from '../directory/octet-budget.ts';
import { idOfChange, stamp } from '../directory/stamp.ts';
import type { FileSystem } from '../files/file-system.ts';
import { type Change, dnOfChange, type EntryDifference } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import { listArchives, readArchivedEntries } from '../store/archive.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import { HistoryReader, type PastChange } from '../store/history-reader.ts';
import { StoreError } from '../store/store-error.ts';

/** Octets of a key in a set, and of an entry in two maps, besides its own. */
const KEY_OCTETS = 48;
const PLACE_OCTETS = 128;

export interface ConfigurationHistoryOptions {
  readonly schema: Schema;
  readonly fileSystem: FileSystem;
  readonly journalFolder: string;
  readonly archiveFolder: string;
  readonly values: StoredValues;
}

export class ConfigurationHistory {
  readonly reader: HistoryReader;
  readonly #options: ConfigurationHistoryOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigurationHistoryOptions) {
    this.#options = options;
    this.reader = new HistoryReader(options.journalFolder, options.values);
  }

  /** Number of the last change in the files. */
  get lastNumber(): number {
    return this.reader.lastNumber;
  }

  /** Returns the earliest change whose state is remembered; undefined if there is none. */
  async firstState(): Promise<number | undefined> {
    const { fileSystem, archiveFolder } = this.#options;
    const first = this.reader.firstNumber ?? 1;
    return (await listArchives(fileSystem, archiveFolder)).find((number) => number >= first - 1);
  }

  /**
   * Returns every entry that differs between the states after changes `from` and `to`, in any order. Reads the changes twice,
   * one by one, and keeps only the entries that they touch; those are counted in `held`, with the result. Throws LdapError
   * noSuchObject if a state is not remembered, canceled if nobody waits for the result, what `held` throws, and StoreError if
   * the files are damaged.
   */
  async differences(from: number, to: number, held: HeldOctets): Promise<EntryDifference[]> {
    const [early, late] = from < to ? [from, to] : [to, from];
    const base = await this.#archiveBefore(early);
    const keys = await this.#keysToRepeat({ base, early, late }, held);
    const tree = await this.#stateOf(keys, base, early, held);
    const atEarly = new Map(tree.entries);
    await this.#repeat(tree, early + 1, late, held);
    return [...keys].flatMap((key) => {
      const [before, after] = [atEarly.get(key), tree.entries.get(key)];
      if (before === after) return [];
      return from < to ? [{ key, before, after }] : [{ key, before: after, after: before }];
    });
  }

  /** Returns the number of the last archived configuration that is no later than a state. */
  async #archiveBefore(number: number): Promise<number> {
    const { fileSystem, archiveFolder } = this.#options;
    const archives = await listArchives(fileSystem, archiveFolder);
    const base = archives.findLast((one) => one <= number);
    if (base === undefined) throw unknownState(number, await this.firstState(), undefined);
    return base;
  }

  /**
   * Returns the keys of the entries that the changes between two states touch, and those of the names that these entries and
   * others with such a name have had since the archived configuration.
   */
  async #keysToRepeat(
    { base, early, late }: { readonly base: number; readonly early: number; readonly late: number },
    held: HeldOctets,
  ): Promise<ReadonlySet<string>> {
    const { schema } = this.#options;
    const touched = new Set<string>();
    const renames = new Renames(held);
    let last = base;
    for await (const { commit, change } of this.#changes(base + 1, late, held)) {
      last = commit.number;
      if (last <= early && change.type !== 'modifyDn') continue;
      const keys = keysOf(change, schema);
      if (last <= early) renames.note(keys);
      else for (const key of keys) takeKey(key, touched, held);
    }
    if (last < late) throw unknownState(late, await this.firstState(), last);
    return renames.withAllNames(touched);
  }

  async #stateOf(
    keys: ReadonlySet<string>,
    base: number,
    number: number,
    held: HeldOctets,
  ): Promise<SparseTree> {
    const { fileSystem, archiveFolder, schema, values } = this.#options;
    const tree = new SparseTree(schema, keys, held);
    for await (const entries of readArchivedEntries(fileSystem, archiveFolder, base, values)) {
      await this.#pause(held);
      for (const entry of entries) tree.take(entry);
    }
    await this.#repeat(tree, base + 1, number, held);
    tree.keepAsItIs();
    return tree;
  }

  async #repeat(tree: SparseTree, first: number, last: number, held: HeldOctets): Promise<void> {
    for await (const one of this.#changes(first, last, held)) tree.repeat(one);
  }

  async *#changes(first: number, last: number, held: HeldOctets): AsyncGenerator<PastChange, void> {
    if (first > last) return;
    try {
      for (const one of this.reader.changes(first, last, held)) {
        if (one !== undefined) yield one;
        else await this.#pause(held);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new LdapError('unwillingToPerform', error.message, { cause: error });
    }
  }

  /**
   * Yields to other work. Of all requests that read the history, one continues in each turn of the event loop. Rejects
   * with LdapError canceled if nobody waits for the result any more.
   */
  async #pause({ isWanted }: HeldOctets): Promise<void> {
    if (!isWanted) throw new LdapError('canceled', 'The request was abandoned.');
    this.#turn = this.#turn.then(() => setImmediate());
    await this.#turn;
  }
}

/**
 * Returns the keys of the entries that a change touches; for a rename those of both names, and that of the parent, which is part
 * of the name.
 */
function keysOf(change: Change, schema: Schema): readonly string[] {
  const dn = dnOfChange(change);
  if (change.type !== 'modifyDn') return [schema.dnKey(dn)];
  const parent = change.newSuperior ?? dn.parent ?? Dn.root;
  return [dn, parent.child(change.newRdn), parent].map((one) => schema.dnKey(one));
}

function takeKey(key: string, keys: Set<string>, held: HeldOctets): void {
  if (keys.has(key)) return;
  held.take(KEY_OCTETS + octetsOfText(key));
  keys.add(key);
}

/** Renames before the first of two states: which names are to be repeated together. */
class Renames {
  readonly #held: HeldOctets;
  /** For each key, those that a rename had together with it. */
  readonly #together = new Map<string, Set<string>>();

  constructor(held: HeldOctets) {
    this.#held = held;
  }

  /** Takes the two names of the entry, and that of its parent. */
  note([from = '', to = '', ...others]: readonly string[]): void {
    for (const key of [from, to]) {
      const known = this.#together.get(key) ?? new Set();
      this.#together.set(key, known);
      for (const other of [from, to, ...others]) takeKey(other, known, this.#held);
    }
  }

  /** Returns the keys with those of all names that belong to them. */
  withAllNames(keys: Iterable<string>): ReadonlySet<string> {
    const all = new Set(keys);
    // A set that grows while it is walked gives what was added too.
    for (const key of all) for (const other of this.#together.get(key) ?? []) takeKey(other, all, this.#held);
    return all;
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

/** Some entries of a tree; the others are only known to exist. */
class SparseTree implements TreeView {
  readonly schema: Schema;
  readonly entries = new Map<string, Entry>();
  readonly #keys: ReadonlySet<string>;
  readonly #held: HeldOctets;
  /** Entries that the caller keeps too, so that they are counted once. */
  readonly #kept = new Set<Entry>();
  /** RDN values of the entry that is being changed. */
  #nameValues: ReadonlySet<string> = new Set();

  constructor(schema: Schema, keys: ReadonlySet<string>, held: HeldOctets) {
    this.schema = schema;
    this.#keys = keys;
    this.#held = held;
  }

  take(entry: Entry): void {
    const key = this.schema.dnKey(entry.dn);
    // A copy: the entry that was read shares a buffer with everything around it.
    if (this.#keys.has(key)) this.#set(key, entry.withAttributes(entry.attributes));
  }

  repeat({ commit: { at, by, id }, change, place }: PastChange): void {
    const dn = dnOfChange(change);
    if (!this.#keys.has(this.schema.dnKey(dn))) return;
    const names = [...(dn.rdn ?? []), ...(change.type === 'modifyDn' ? change.newRdn : [])];
    this.#nameValues = new Set(names.map(({ value }) => value));
    const made = { at, by, id: idOfChange(id, place.index) };
    for (const { key, from, before, after } of applyChange(change, this)) {
      if (from !== undefined) this.#set(from.key, undefined);
      this.#set(key, after === undefined ? undefined : stamp(before, after, made, this.schema));
    }
  }

  /** Marks the present entries as kept by the caller. */
  keepAsItIs(): void {
    for (const entry of this.entries.values()) this.#kept.add(entry);
  }

  #set(key: string, entry: Entry | undefined): void {
    const known = this.entries.get(key);
    if (entry !== undefined) this.#held.take(PLACE_OCTETS + octetsOfEntry(entry));
    if (known !== undefined && !this.#kept.has(known)) this.#held.give(PLACE_OCTETS + octetsOfEntry(known));
    if (entry === undefined) this.entries.delete(key);
    else this.entries.set(key, entry);
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

  /** Treats everything but the RDN values as secret. */
  isSecret(_: string, value: string): boolean {
    return !this.#nameValues.has(value);
  }
}

const ELSEWHERE = new Entry(Dn.root, []);
