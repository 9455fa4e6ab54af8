// cn=config: what is written. Expressions are shown, and filtered by, as the text they are.

import { hashPassword, isHashedPassword } from '../config/password-hash.ts';
import { noSuchObject } from '../directory/apply-change.ts';
import { searchTree } from '../directory/search-tree.ts';
import type { Change } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { equalityTerms } from '../schema/equality-terms.ts';
import { compileFilter } from '../schema/filter-matcher.ts';
import type { Backend, ChangeOutcome, Comparison, Requester, Search } from './backend.ts';
import type { Configuration } from './configuration.ts';
import type { EntryViews } from './entry-views.ts';
import { mapFound } from './found.ts';
import type { WritePath } from './write-path.ts';

const PASSWORD_KEY = 'userpassword';

export class ConfigBackend implements Backend {
  readonly baseDn = Dn.parse('cn=config');
  readonly baseKey: string;
  readonly readPrivilege = 'config-read';
  readonly writePrivileges = ['config-read', 'config-write'];
  readonly #configuration: Configuration;
  readonly #views: EntryViews;
  readonly #writePath: WritePath;

  constructor(configuration: Configuration, views: EntryViews, writePath: WritePath) {
    this.#configuration = configuration;
    this.#views = views;
    this.#writePath = writePath;
    this.baseKey = configuration.schema.dnKey(this.baseDn);
  }

  search({ base, baseKey, scope, filter, selectors, requester }: Search): Iterable<Entry | undefined> {
    const { schema, tree } = this.#configuration;
    const node = tree.findNode(baseKey);
    if (node === undefined) throw this.#noSuchObject(base);
    const isHidden = this.#views.hiddenFrom(requester);
    const matches = compileFilter(schema, filter, isHidden === undefined ? {} : { isHidden });
    const terms = scope === 0 ? [] : equalityTerms(schema, filter);
    const selection = this.#views.selection(selectors);
    const countChildren = (entry: Entry) => this.#configuration.countChildren(entry.dn);
    return mapFound(searchTree(tree, { base: node, scope, matches, terms }), (entry) =>
      this.#views.view(entry, selection, requester, countChildren),
    );
  }

  compare(comparison: Comparison): boolean {
    const entry = this.#configuration.tree.find(comparison.dnKey);
    if (entry === undefined) throw this.#noSuchObject(comparison.dn);
    return this.#views.compare(entry, comparison);
  }

  async change(change: Change, requester: Requester): Promise<ChangeOutcome> {
    if (change.type === 'modifyDn') {
      throw new LdapError(
        'unwillingToPerform',
        `${change.dn}: configuration objects are not renamed. Add the object under its new name and delete the old one.`,
      );
    }
    return this.#writePath.submit(await withHashedPasswords(change, this.#configuration), requester);
  }

  #noSuchObject(dn: string): LdapError {
    const { schema, tree } = this.#configuration;
    return noSuchObject(Dn.parse(dn), { schema, find: (key) => tree.find(key) });
  }
}

/** Passwords of accounts are hashed before anything else sees them: the journal never holds one in clear text. */
async function withHashedPasswords(change: Change, { schema }: Configuration): Promise<Change> {
  const isPassword = ({ description }: Attribute) => schema.describe(description)?.key === PASSWORD_KEY;
  const hashed = async (attribute: Attribute) =>
    isPassword(attribute)
      ? attribute.withValues(await Promise.all(attribute.values.map(hashedValue)))
      : attribute;
  if (change.type === 'add') {
    if (!change.entry.attributes.some(isPassword)) return change;
    return {
      type: 'add',
      entry: change.entry.withAttributes(await Promise.all(change.entry.attributes.map(hashed))),
    };
  }
  if (change.type !== 'modify' || !change.modifications.some(({ attribute }) => isPassword(attribute)))
    return change;
  const modifications = await Promise.all(
    change.modifications.map(async ({ operation, attribute }) => ({
      operation,
      attribute: await hashed(attribute),
    })),
  );
  return { ...change, modifications };
}

async function hashedValue(value: string): Promise<string> {
  return isHashedPassword(value) ? value : await hashPassword(value);
}
