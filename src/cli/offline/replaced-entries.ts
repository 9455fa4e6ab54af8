// An import that replaces: an entry of a file that is there already becomes what the file says, as `apply` makes it.

import type { Change } from '../../ldap/change.ts';
import type { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Schema } from '../../schema/schema.ts';
import { completeEntry } from '../files/desired-entries.ts';
import { planChanges } from '../files/plan.ts';

export interface ReplacedEntriesOptions {
  readonly schema: Schema;
  /** Keys of attributes of which only hashes are stored: an entry that is there keeps its own. */
  readonly hashedAttributes: ReadonlySet<string>;
  /** Returns the entry that is there now, with all that users may modify. */
  readonly find: (dn: Dn) => Promise<Entry | undefined>;
  /** See PlanInput. */
  readonly takesPasswordState?: boolean;
}

export class ReplacedEntries {
  readonly #options: ReplacedEntriesOptions;

  constructor(options: ReplacedEntriesOptions) {
    this.#options = options;
  }

  /** Returns the change to make instead of one that adds an entry; undefined when the entry is as it should be. */
  async changeFor(change: Change): Promise<Change | undefined> {
    if (change.type !== 'add') return change;
    const { schema, find } = this.#options;
    const before = await find(change.entry.dn);
    if (before === undefined) return change;
    const desired = [completeEntry(change.entry, schema)];
    const [planned] = planChanges({ ...this.#options, desired, current: [before], pruned: [] });
    return planned?.change;
  }
}

/** Searches a subtree page by page, as ChangeStream does; throws what it throws, of no entry too. */
type SearchSubtree = (base: string) => AsyncIterable<readonly Entry[]>;

/** The entries of a server below the names that are asked for: of a name whose superior was asked for, nothing is searched. */
export class FoundEntries {
  readonly #schema: Schema;
  readonly #search: SearchSubtree;
  readonly #isMissing: (error: unknown) => boolean;
  readonly #found = new Map<string, Entry>();
  readonly #bases = new Set<string>();

  constructor(schema: Schema, search: SearchSubtree, isMissing: (error: unknown) => boolean) {
    this.#schema = schema;
    this.#search = search;
    this.#isMissing = isMissing;
  }

  async find(dn: Dn): Promise<Entry | undefined> {
    if (!this.#isCovered(dn)) await this.#load(dn);
    return this.#found.get(this.#schema.dnKey(dn));
  }

  #isCovered(dn: Dn): boolean {
    for (let superior: Dn | undefined = dn; superior !== undefined; superior = superior.parent)
      if (this.#bases.has(this.#schema.dnKey(superior))) return true;
    return false;
  }

  async #load(dn: Dn): Promise<void> {
    this.#bases.add(this.#schema.dnKey(dn));
    try {
      for await (const page of this.#search(dn.toString()))
        for (const entry of page) this.#found.set(this.#schema.dnKey(entry.dn), entry);
    } catch (error) {
      if (!this.#isMissing(error)) throw error;
    }
  }
}
