// A backend of one entry that nobody changes: the root DSE (RFC 4512 §5.1) and cn=schema (§4.2).

import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { compileFilter } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type { Backend, Comparison, Search } from './backend.ts';
import type { EntryViews } from './entry-views.ts';

export class SingleEntryBackend implements Backend {
  readonly baseDn: Dn;
  readonly baseKey: string;
  readonly readPrivilege = undefined;
  readonly writePrivileges = undefined;
  readonly #schema: Schema;
  readonly #views: EntryViews;
  readonly #entry: Entry;

  constructor(entry: Entry, schema: Schema, views: EntryViews) {
    this.baseDn = entry.dn;
    this.baseKey = schema.dnKey(entry.dn);
    this.#schema = schema;
    this.#views = views;
    this.#entry = entry;
  }

  search({ base, baseKey, scope, filter, selectors, requester }: Search): Iterable<Entry> {
    this.#requireEntry(base, baseKey);
    const isInScope = scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree;
    if (!isInScope || compileFilter(this.#schema, filter)(this.#entry) !== true) return [];
    return [this.#views.view(this.#entry, this.#views.selection(selectors), requester, () => 0)];
  }

  compare(comparison: Comparison): boolean {
    this.#requireEntry(comparison.dn, comparison.dnKey);
    return this.#views.compare(this.#entry, comparison);
  }

  change(): never {
    throw new LdapError('unwillingToPerform', `${this.baseDn.toString() || 'The root DSE'} is read only.`);
  }

  #requireEntry(dn: string, key: string): void {
    if (key === this.baseKey) return;
    throw new LdapError('noSuchObject', `${dn}: there is no such entry.`, { matchedDn: this.baseDn });
  }
}
