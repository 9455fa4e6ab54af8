// Very many changes at once on a configuration that nobody reads: each is applied like any other change, but what is
// like the entry before it is not checked again. What the result means is validated at the end, with the line of the file
// that each issue comes from; whoever calls stores the changes and the entries, or forgets them.

import type { Derive } from '../../config/passwords/derivation.ts';
import type { Change } from '../../ldap/change.ts';
import type { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { formatIssue } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { FindPolicy } from '../../runtime/password-policies.ts';
import { keysOfName } from '../../schema/written-name.ts';
import type { Commit } from '../../store/store.ts';
import type { Configuration } from '../configuration.ts';
import { withStoredPasswords } from '../rights/stored-passwords.ts';
import { Staging } from '../write/staging.ts';
import { EntryTemplates } from './entry-templates.ts';

export interface BulkImportOptions {
  readonly configuration: Configuration;
  readonly at: Date;
  /** The DN of who imports. */
  readonly by: string;
  /** Where hashes of passwords are computed. */
  readonly derive: Derive;
  readonly findPolicy: FindPolicy;
  /** The id of the commit that the changes will be. */
  readonly id: string;
}

/** Where a change stands: in which of the files, and in which line. */
export interface ImportPlace {
  readonly file: number;
  readonly line: number;
}

/** A problem and the change that has it; without a place it is one of the whole import. */
interface PlacedProblem {
  readonly place: ImportPlace | undefined;
  readonly problem: string;
}

interface Doubtful {
  readonly place: ImportPlace;
  readonly dn: Dn;
  readonly before: Entry | undefined;
}

export class BulkImport {
  readonly problems: PlacedProblem[] = [];
  readonly #options: BulkImportOptions;
  readonly #staging: Staging;
  readonly #templates: EntryTemplates;
  /** Changes whose passwords are being hashed, before it is their turn. */
  readonly #hashing = new Map<Change, Promise<Change>>();
  /** Entries that are still to be validated, by key: as they were before the import. */
  readonly #doubtful = new Map<string, Doubtful>();
  /** True if something was changed or deleted that other entries may refer to. */
  #hasOtherThanAdds = false;

  constructor(options: BulkImportOptions) {
    this.#options = options;
    const { at, by, id } = options;
    this.#staging = new Staging(options.configuration, { at, by, id });
    this.#templates = new EntryTemplates(options.configuration);
    options.configuration.tree.beginFilling();
  }

  /** Changes that were applied. */
  get changes(): readonly Change[] {
    return this.#staging.changes;
  }

  /** Returns the record of the changes. */
  commit(number: number): Commit {
    return this.#staging.commit(number);
  }

  /**
   * Begins to hash the passwords of entries that are about to be added: their hashes are computed side by side, and `take`
   * waits for its own only.
   */
  prepare(changes: Iterable<Change>): void {
    for (const change of changes) {
      const stored = change.type === 'add' ? this.#withStoredPasswords(change) : change;
      if (!(stored instanceof Promise)) continue;
      // What is wrong is told when it is its turn.
      stored.catch(() => {});
      this.#hashing.set(change, stored);
    }
  }

  /** Applies a change that adds an entry like one that was right; false for any other, which `take` must have. */
  takeByTemplate(change: Change): boolean {
    if (change.type !== 'add' || !this.#addByTemplate(change.entry)) return false;
    this.#staging.note(change);
    return true;
  }

  /** Applies one change, or notes why it cannot be. */
  async take(change: Change, place: ImportPlace): Promise<void> {
    try {
      await this.#apply(change, place);
    } catch (error) {
      if (!(error instanceof LdapError)) throw error;
      this.problems.push({ place, problem: error.message });
    }
  }

  /** Validates what is there in the end, as far as it follows no template that is valid. */
  async validate(): Promise<void> {
    const { configuration } = this.#options;
    const { validator, tree } = configuration;
    await configuration.readAheadOf([...this.#doubtful.keys()].flatMap((key) => tree.find(key) ?? []));
    tree.beginFilling();
    for (const [key, { place, before }] of this.#doubtful) {
      const after = tree.find(key);
      if (after === before) continue;
      const difference = { key, before, after };
      const issues = [...validator.validate(difference, configuration), ...validator.checkChange(difference)];
      for (const issue of issues) this.problems.push({ place, problem: formatIssue(issue) });
    }
    if (this.#hasOtherThanAdds && this.problems.length === 0) {
      for (const issue of validator.validateAll(tree.entries()))
        this.problems.push({ place: undefined, problem: formatIssue(issue) });
    }
  }

  /** Adds the entry if it is like one that was valid. Returns true if it did. */
  #addByTemplate(entry: Entry): boolean {
    const { configuration } = this.#options;
    const { tree, schema } = configuration;
    const template = this.#templates.find(entry);
    if (template === undefined) return false;
    const { key, parentKey } = keysOfName(schema, entry.dn);
    if (tree.find(key) !== undefined) return false;
    tree.fill(key, parentKey, template.stored(entry, this.#staging.stamp.id));
    return true;
  }

  async #apply(change: Change, place: ImportPlace): Promise<void> {
    const stored = await (this.#hashing.get(change) ?? this.#withStoredPasswords(change));
    this.#hashing.delete(change);
    const { configuration } = this.#options;
    // What refers to an entry that is renamed must be known of all entries that were filled in.
    if (stored.type === 'modifyDn') configuration.tree.beginFilling();
    for (const one of configuration.withFollowers(stored)) this.#stage(one, place);
  }

  #stage(change: Change, place: ImportPlace): void {
    const { configuration } = this.#options;
    if (change.type !== 'add') this.#hasOtherThanAdds = true;
    const effects = this.#staging.take(change);
    configuration.tree.commit();
    for (const effect of effects) {
      const { key, from, dn, before } = effect;
      if (from !== undefined && before !== undefined) this.#doubt(from.key, { place, dn: before.dn, before });
      this.#doubt(key, { place, dn, before: from === undefined ? before : undefined });
      if (change.type === 'add' && effect.after !== undefined)
        this.#templates.remember(change.entry, effect.after);
    }
  }

  #doubt(key: string, doubtful: Doubtful): void {
    if (!this.#doubtful.has(key)) this.#doubtful.set(key, doubtful);
  }

  #withStoredPasswords(change: Change): Change | Promise<Change> {
    const { configuration, derive, findPolicy, by, at } = this.#options;
    const { schema, tree } = configuration;
    const find = (dn: Dn) => tree.find(schema.dnKey(dn));
    const now = () => at;
    return withStoredPasswords(change, {
      schema,
      acceptance: 'strong',
      derive,
      find,
      findPolicy,
      by,
      now,
      isImport: true,
    });
  }
}
