// One tree of a memory backend: ordinary entries, searched and changed like those of the configuration. What several
// trees of one backend share, the entries and the way they are written, is given to each.

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
import type { EntryViews } from '../backend/entry-views.ts';
import { TreeReader } from '../backend/tree-reader.ts';
import { WriteOrder } from '../backend/write-order.ts';
import type { Derive } from '../config/passwords/derivation.ts';
import { requireNoGuess } from '../configuration/rights/secret-guesses.ts';
import { requireFewPasswords, withStoredPasswords } from '../configuration/rights/stored-passwords.ts';
import { allReady } from '../configuration/write/refused-steps.ts';
import { TreeWriter } from '../configuration/write/tree-writer.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { requirePasswordRights } from './memory-login-rights.ts';
import type { MemoryTree } from './memory-tree.ts';

/** What may be done now: it changes with the configuration. */
export interface MemoryRights {
  readonly allowAnonymousRead: boolean;
  readonly isWritable: boolean;
}

/** PingDS's privilege to do without access control: there is none here that could let others write. */
const WRITE_PRIVILEGES: readonly string[] = ['bypass-acl'];

export interface MemoryBackendOptions {
  readonly baseDn: Dn;
  readonly entries: MemoryTree;
  readonly views: EntryViews;
  readonly writePath: WritePath;
  readonly rights: () => MemoryRights;
  /** Where hashes of passwords are computed, for whoever sets them. */
  readonly deriveFor: (source: string) => Derive;
}

export class MemoryBackend implements Backend {
  readonly baseDn: Dn;
  readonly baseKey: string;
  readonly readPrivilege = undefined;
  readonly writePrivileges = WRITE_PRIVILEGES;
  readonly #entries: MemoryTree;
  readonly #views: EntryViews;
  readonly #reader: TreeReader;
  readonly #writer: TreeWriter;
  readonly #writePath: WritePath;
  readonly #rights: () => MemoryRights;
  readonly #deriveFor: (source: string) => Derive;

  constructor({ baseDn, entries, views, writePath, rights, deriveFor }: MemoryBackendOptions) {
    const { schema, tree } = entries;
    this.baseDn = baseDn;
    this.baseKey = schema.dnKey(baseDn);
    this.#entries = entries;
    this.#views = views;
    this.#reader = new TreeReader(schema, tree, views);
    this.#writer = new TreeWriter({ schema, tree, views, reader: this.#reader, writePath });
    this.#writePath = writePath;
    this.#rights = rights;
    this.#deriveFor = deriveFor;
  }

  /** What may be done now. */
  get rights(): MemoryRights {
    return this.#rights();
  }

  get needsLogin(): boolean {
    return !this.#rights().allowAnonymousRead;
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

  async change(
    change: Change,
    requester: Requester,
    options: ChangeOptions = LOOK_FOR_REFERRALS,
    order: WriteOrder = new WriteOrder(),
  ): Promise<ChangeOutcome> {
    const ready = this.#ready(change, requester);
    return order.run(ready, (stored) => this.#writer.change(stored, requester, options));
  }

  async changeAll(
    steps: readonly ChangeStep[],
    requester: Requester,
    order: WriteOrder = new WriteOrder(),
  ): Promise<readonly ChangeOutcome[]> {
    requireFewPasswords(
      steps.map(({ change }) => change),
      this.#entries.schema,
    );
    const ready = steps.map(async (step) => ({ ...step, change: await this.#ready(step.change, requester) }));
    return order.run(allReady(ready), (stored) => this.#writer.changeAll(stored, requester));
  }

  watch(search: Search, listener: ChangeListener): Watching {
    return this.#reader.watch(this.#writePath.feed, search, listener);
  }

  #ready(change: Change, requester: Requester): Change | Promise<Change> {
    if (!this.#rights().isWritable) {
      throw new LdapError(
        'unwillingToPerform',
        `${this.baseDn}: is not to be changed. Set writability-mode of its backend to enabled first.`,
      );
    }
    const { schema, tree } = this.#entries;
    requirePasswordRights(change, requester, schema);
    const entry = tree.find(schema.dnKey(dnOfChange(change)));
    requireNoGuess(change, requester, { schema, secrets: this.#views.secrets }, entry);
    return withStoredPasswords(change, {
      ...{ schema, acceptance: 'any', derive: this.#deriveFor(requester.name) },
      find: (dn) => tree.find(schema.dnKey(dn)),
    });
  }
}

/** Nothing that a client has asked for; referral objects are looked for all the same. */
const LOOK_FOR_REFERRALS: ChangeOptions = Object.freeze({});
