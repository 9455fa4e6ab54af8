// cn=config: what is written. Expressions are shown, and filtered by, as the text they are.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Derive } from '../config/passwords/derivation.ts';
import { noSuchObject } from '../directory/apply-change.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { LdapError } from '../ldap/ldap-error.ts';
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
} from './backend.ts';
import { ChangeRefused } from './change-refused.ts';
import type { Configuration } from './configuration.ts';
import type { EntryViews } from './entry-views.ts';
import { requireAccountRights } from './login-rights.ts';
import { requireSecretAnew } from './secret-destination.ts';
import { requireNoGuess } from './secret-guesses.ts';
import { requireFewPasswords, withStoredPasswords } from './stored-passwords.ts';
import { TreeReader } from './tree-reader.ts';
import { TreeWriter } from './tree-writer.ts';
import { WriteOrder } from './write-order.ts';
import type { WritePath } from './write-path.ts';

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
    this.#writer = new TreeWriter({ schema, tree, views, reader, writePath });
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
    const ready = this.#ready(change, requester);
    return order.run(ready, (stored) => this.#writer.change(stored, requester, options));
  }

  /**
   * The object as the change would make it, with all that waits for an admin action; undefined when there would be none.
   * Everything is checked and prepared, and nothing changes. Rejects with the LdapError that would refuse the change.
   */
  async tryObject(change: Change, requester: Requester): Promise<ConfigurationObject | undefined> {
    const ready = await this.#ready(change, requester);
    const { effects } = await this.#writePath.try([{ changes: () => [ready] }], requester);
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
    const ready = Promise.all(
      steps.map(async (step, index) => ({
        ...step,
        change: await this.#readyOf(step.change, index, requester),
      })),
    );
    return order.run(ready, (stored) => this.#writer.changeAll(stored, requester));
  }

  watch(search: Search, listener: ChangeListener): Watching {
    return this.#reader.watch(this.#writePath.feed, search, listener);
  }

  async #readyOf(change: Change, index: number, requester: Requester): Promise<Change> {
    try {
      return await this.#ready(change, requester);
    } catch (error) {
      throw error instanceof LdapError ? new ChangeRefused(error, index) : error;
    }
  }

  #requireThere(dn: Dn): void {
    const { schema, tree } = this.#configuration;
    const find = (key: string) => tree.find(key);
    if (find(schema.dnKey(dn)) === undefined) throw noSuchObject(dn, { schema, find });
  }

  #ready(change: Change, requester: Requester): Change | Promise<Change> {
    if (change.type === 'modifyDn') {
      throw new LdapError(
        'unwillingToPerform',
        `${change.dn}: configuration objects are not renamed. Add the object under its new name and delete the old one.`,
      );
    }
    const { schema, tree, validator } = this.#configuration;
    const entry = tree.find(schema.dnKey(dnOfChange(change)));
    const { definitions } = validator;
    requireAccountRights(change, requester, { schema, definitions }, entry);
    requireSecretAnew(change, requester, { schema, definitions }, entry);
    requireNoGuess(change, requester, { schema, secrets: definitions }, entry);
    const derive = this.#deriveFor(requester.name);
    return withStoredPasswords(change, { schema, derive, acceptance: 'strong', find: () => entry });
  }
}
