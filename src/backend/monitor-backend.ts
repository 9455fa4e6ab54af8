// cn=monitor: what is happening. Read only, and made anew for each request from what the sources of the Monitor say;
// filters, scopes, sorting and comparing work as in any other tree. It is not watched: figures change all the time.

import { Dn } from '../ldap/dn.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import type { Schema } from '../schema/schema.ts';
import type { Backend, Comparison, Found, Search, SortedResult, SortedSearch } from './backend.ts';
import type { EntryViews } from './entry-views.ts';
import type { Monitor } from './monitor.ts';
import { MonitorTree } from './monitor-tree.ts';
import { TreeReader } from './tree-reader.ts';

export class MonitorBackend implements Backend {
  readonly baseDn = Dn.parse('cn=monitor');
  readonly baseKey: string;
  readonly readPrivilege = 'monitor-read';
  readonly writePrivileges = undefined;
  readonly #schema: Schema;
  readonly #views: EntryViews;
  readonly #monitor: Monitor;

  constructor(schema: Schema, views: EntryViews, monitor: Monitor) {
    this.#schema = schema;
    this.#views = views;
    this.#monitor = monitor;
    this.baseKey = schema.dnKey(this.baseDn);
  }

  search(search: Search): Iterable<Found> {
    return this.#reader(wantedAlone(search)).search(search);
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    return this.#reader(wantedAlone(search)).searchSorted(search);
  }

  compare(comparison: Comparison): boolean {
    return this.#reader(comparison.dnKey).compare(comparison);
  }

  change(): never {
    throw readOnly();
  }

  changeAll(): never {
    throw readOnly();
  }

  watch(): never {
    throw new LdapError(
      'unwillingToPerform',
      'cn=monitor cannot be watched: its figures change all the time. Search it again when you want to know.',
    );
  }

  #reader(wantedKey: string | undefined): TreeReader {
    const { tree, shown } = new MonitorTree(this.#schema, this.#monitor, this.baseDn, wantedKey);
    return new TreeReader(this.#schema, tree, this.#views, {
      shown,
      treeKey: (key) => key,
      isIndexed: () => false,
    });
  }
}

function wantedAlone({ scope, baseKey }: Search): string | undefined {
  return scope === SearchScope.baseObject ? baseKey : undefined;
}

function readOnly(): LdapError {
  return new LdapError(
    'unwillingToPerform',
    'cn=monitor is read only. It shows what happens; change the entries under cn=config.',
  );
}
