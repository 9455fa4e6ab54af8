// cn=config: what is written. Expressions are shown, and filtered by, as the text they are.

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
import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Derive } from '../config/passwords/derivation.ts';
import { noSuchObject } from '../directory/apply-change.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Configuration } from './configuration.ts';
import { requireAccountRights } from './rights/login-rights.ts';
import { requireSecretAnew } from './rights/secret-destination.ts';
import { requireNoGuess } from './rights/secret-guesses.ts';
import { requireFewPasswords, withStoredPasswords } from './rights/stored-passwords.ts';
import { allReady } from './write/refused-steps.ts';
import { type GuardedStep, TreeWriter } from './write/tree-writer.ts';
import type { WritePath } from './write/write-path.ts';

export class ConfigBackend implements Backend {
  readonly baseDn = Dn.parse('cn=config');
  readonly baseKey: string;
  readonly readPrivilege = 'config-read';
  readonly writePrivileges = ['config-read', 'config-write'];
  readonly #configuration: Configuration;
  readonly #deriveFor: (source: string) => Derive;
  readonly #reader: TreeReader;
  readonly #writer: TreeWriter;
  readonly #writePath: WritePath;

  /** @param deriveFor where hashes of passwords are computed, for whoever sets them */
  constructor(
    configuration: Configuration,
    views: EntryViews,
    writePath: WritePath,
    deriveFor: (source: string) => Derive,
  ) {
    this.#deriveFor = deriveFor;
    this.#configuration = configuration;
    const { schema, tree } = configuration;
    const reader = new TreeReader(schema, tree, views);
    this.#reader = reader;
    this.#writer = new TreeWriter({
      ...{ schema, tree, views, reader, writePath },
      withFollowers: (change) => configuration.withFollowers(change),
    });
    this.#writePath = writePath;
    this.baseKey = schema.dnKey(this.baseDn);
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
    options?: ChangeOptions,
    order: WriteOrder = new WriteOrder(),
  ): Promise<ChangeOutcome> {
    // Whether it is there comes before what may be done with it.
    if (change.type === 'modifyDn') this.#requireThere(change.dn);
    const entry = this.#shown(dnOfChange(change));
    const ready = this.#ready(change, requester, entry);
    const guard = this.#guardOf(change, requester, entry);
    return order.run(ready, (stored) => this.#writer.change(stored, requester, options, guard));
  }

  /**
   * The object as the change would make it, with all that waits for an admin action; undefined when there would be none.
   * Everything is checked and prepared, and nothing changes. Rejects with the LdapError that would refuse the change.
   */
  async tryObject(change: Change, requester: Requester): Promise<ConfigurationObject | undefined> {
    const { schema, tree } = this.#configuration;
    const entry = this.#shown(dnOfChange(change));
    const ready = await this.#ready(change, requester, entry);
    const guard = this.#guardOf(change, requester, entry);
    const changes = () => {
      guard?.(tree.findStaged(schema.dnKey(dnOfChange(change))));
      return [ready];
    };
    const { effects } = await this.#writePath.try([{ changes }], requester);
    const after = effects.flat().at(-1)?.after;
    return after && this.#configuration.validator.decode(after);
  }

  async changeAll(
    steps: readonly ChangeStep[],
    requester: Requester,
    order: WriteOrder = new WriteOrder(),
  ): Promise<readonly ChangeOutcome[]> {
    requireFewPasswords(
      steps.map(({ change }) => change),
      this.#configuration.schema,
    );
    const entries = this.#entriesOf(steps);
    const ready = allReady(
      steps.map(async (step, index) => ({
        ...step,
        change: await this.#ready(step.change, requester, entries[index]),
        guard: this.#guardOf(step.change, requester, entries[index]),
      })),
    );
    return order.run(ready, (stored) => this.#writer.changeAll(stored, requester));
  }

  watch(search: Search, listener: ChangeListener): Watching {
    return this.#reader.watch(this.#writePath.feed, search, listener);
  }

  #requireThere(dn: Dn): void {
    const { schema, tree } = this.#configuration;
    const find = (key: string) => tree.find(key);
    if (find(schema.dnKey(dn)) === undefined) throw noSuchObject(dn, { schema, find });
  }

  #shown(dn: Dn): Entry | undefined {
    const { schema, tree } = this.#configuration;
    return tree.find(schema.dnKey(dn));
  }

  /** The entry that each step is about: by the name that it has when those before it have been done. */
  #entriesOf(steps: readonly ChangeStep[]): readonly (Entry | undefined)[] {
    const { schema, tree } = this.#configuration;
    const renamed = new Map<string, Entry | undefined>();
    return steps.map(({ change }) => {
      const dn = dnOfChange(change);
      const key = schema.dnKey(dn);
      const entry = renamed.has(key) ? renamed.get(key) : tree.find(key);
      if (change.type !== 'modifyDn') return entry;
      const parent = change.newSuperior ?? dn.parent ?? Dn.root;
      renamed.set(key, undefined);
      renamed.set(schema.dnKey(parent.child(change.newRdn)), entry);
      return entry;
    });
  }

  /**
   * Where another entry has the name by the time of the change than when it was asked for, as a rename in between makes it,
   * the rights are asked again: it may have secrets that the other one had not.
   */
  #guardOf(change: Change, requester: Requester, seen: Entry | undefined): GuardedStep['guard'] {
    if (change.type !== 'modify') return undefined;
    return (staged) => {
      if (staged === seen) return;
      if (staged !== undefined && staged.first('entryuuid') !== seen?.first('entryuuid'))
        this.#requireRights(change, requester, staged);
    };
  }

  #requireRights(change: Change, requester: Requester, entry: Entry | undefined): void {
    const { schema, validator } = this.#configuration;
    const { definitions } = validator;
    requireAccountRights(change, requester, { schema, definitions }, entry);
    requireSecretAnew(change, requester, { schema, definitions }, entry);
    requireNoGuess(change, requester, { schema, secrets: definitions }, entry);
  }

  /** @param entry that the change is about, as it is now. */
  #ready(change: Change, requester: Requester, entry: Entry | undefined): Change | Promise<Change> {
    const { schema } = this.#configuration;
    this.#requireRights(change, requester, entry);
    const derive = this.#deriveFor(requester.name);
    return withStoredPasswords(change, { schema, derive, acceptance: 'strong', find: () => entry });
  }
}
