// Search and compare, as every backend that answers from a tree does them.

import { noSuchObject } from '../directory/apply-change.ts';
import { searchTree } from '../directory/search-tree.ts';
import type { Tree } from '../directory/tree.ts';
import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { equalityTerms } from '../schema/equality-terms.ts';
import { compileFilter } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type { Comparison, Search } from './backend.ts';
import type { EntryViews } from './entry-views.ts';
import { mapFound } from './found.ts';

export class TreeReader {
  readonly #schema: Schema;
  readonly #tree: Tree;
  readonly #views: EntryViews;

  constructor(schema: Schema, tree: Tree, views: EntryViews) {
    this.#schema = schema;
    this.#tree = tree;
    this.#views = views;
  }

  search({ base, baseKey, scope, filter, selectors, requester }: Search): Iterable<Entry | undefined> {
    const node = this.#tree.findNode(baseKey);
    if (node === undefined) throw this.#noSuchObject(base);
    const isHidden = this.#views.hiddenFrom(requester);
    const matches = compileFilter(this.#schema, filter, isHidden === undefined ? {} : { isHidden });
    const terms = scope === SearchScope.baseObject ? [] : equalityTerms(this.#schema, filter);
    const selection = this.#views.selection(selectors);
    const found = searchTree(this.#tree, { base: node, scope, matches, terms });
    return mapFound(found, (entry) => this.#views.view(entry, selection, requester, this.countChildren));
  }

  compare(comparison: Comparison): boolean {
    const entry = this.#tree.find(comparison.dnKey);
    if (entry === undefined) throw this.#noSuchObject(comparison.dn);
    return this.#views.compare(entry, comparison);
  }

  /** How many entries readers see directly below one. */
  readonly countChildren = (entry: Entry): number => {
    return this.#tree.findNode(this.#schema.dnKey(entry.dn))?.children?.size ?? 0;
  };

  #noSuchObject(dn: string): LdapError {
    return noSuchObject(Dn.parse(dn), { schema: this.#schema, find: (key) => this.#tree.find(key) });
  }
}
