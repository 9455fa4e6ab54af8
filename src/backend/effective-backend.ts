// cn=effective: what is in force. The entries of cn=config with expressions resolved and defaults filled in; read
// only. Filters match what is shown here, not what is written.

import { searchTree } from '../directory/search-tree.ts';
import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { equalityTerms } from '../schema/equality-terms.ts';
import { compileFilter } from '../schema/filter-matcher.ts';
import type { Backend, Comparison, Search } from './backend.ts';
import type { Configuration } from './configuration.ts';
import type { EntryViews } from './entry-views.ts';
import { mapFound } from './found.ts';

/** Attributes with this prefix may be written as expressions: their indexes hold other values than are shown here. */
const RESOLVED_PREFIX = 'ds-cfg-';

export class EffectiveBackend implements Backend {
  readonly baseDn = Dn.parse('cn=effective');
  readonly baseKey: string;
  readonly readPrivilege = 'config-read';
  readonly writePrivileges = undefined;
  readonly #writtenKey: string;
  readonly #configuration: Configuration;
  readonly #views: EntryViews;
  readonly #effective = new WeakMap<Entry, Entry>();

  constructor(configuration: Configuration, views: EntryViews) {
    this.#configuration = configuration;
    this.#views = views;
    this.baseKey = configuration.schema.dnKey(this.baseDn);
    this.#writtenKey = configuration.schema.dnKeyOfText('cn=config');
  }

  search({ base, baseKey, scope, filter, selectors, requester }: Search): Iterable<Entry | undefined> {
    const { schema, tree } = this.#configuration;
    const node = tree.findNode(this.#keyOfWritten(baseKey));
    if (node === undefined) throw noSuchEntry(base);
    const isHidden = this.#views.hiddenFrom(requester);
    const matchesEffective = compileFilter(schema, filter, isHidden === undefined ? {} : { isHidden });
    const selection = this.#views.selection(selectors);
    const found = searchTree(tree, {
      base: node,
      scope,
      matches: (entry) => matchesEffective(this.#inForce(entry)),
      terms: equalityTerms(schema, filter).filter(({ key }) => !key.startsWith(RESOLVED_PREFIX)),
    });
    return mapFound(found, (entry) =>
      this.#views.view(this.#inForce(entry), selection, requester, () =>
        this.#configuration.countChildren(entry.dn),
      ),
    );
  }

  compare(comparison: Comparison): boolean {
    const entry = this.#configuration.tree.find(this.#keyOfWritten(comparison.dnKey));
    if (entry === undefined) throw noSuchEntry(comparison.dn);
    return this.#views.compare(this.#inForce(entry), comparison);
  }

  change(): never {
    throw new LdapError(
      'unwillingToPerform',
      'cn=effective is read only. Change the entry of the same name under cn=config.',
    );
  }

  #keyOfWritten(key: string): string {
    return key.slice(0, key.length - this.baseKey.length) + this.#writtenKey;
  }

  #inForce(written: Entry): Entry {
    const known = this.#effective.get(written);
    if (known !== undefined) return known;
    const resolved = this.#configuration.validator.effectiveEntry(written);
    const dn = new Dn([...written.dn.rdns.slice(0, -1), ...this.baseDn.rdns]);
    const entry = new Entry(dn, resolved.attributes);
    this.#effective.set(written, entry);
    return entry;
  }
}

function noSuchEntry(dn: string): LdapError {
  return new LdapError(
    'noSuchObject',
    `${dn}: there is no such entry in force. Its namesake under cn=config does not exist.`,
  );
}
