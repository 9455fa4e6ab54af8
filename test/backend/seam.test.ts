// The seam between the protocol and what answers for a part of the tree: a backend is ten lines, and so is a source of
// entries for the one that the server has.

import { describe, expect, it } from 'vitest';
import { AccessPolicies } from '../../src/access/access-policies.ts';
import { ANONYMOUS, type Backend, type Found, type Search } from '../../src/backend/backend.ts';
import type { EntrySource } from '../../src/backend/entry-source.ts';
import { EntryViews } from '../../src/backend/entry-views.ts';
import { NamingContexts } from '../../src/backend/naming-contexts.ts';
import { TreeBackend } from '../../src/backend/tree-backend.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { SearchScope } from '../../src/ldap/message.ts';
import { BelowRoot } from '../../src/operations/requests/below-root.ts';
import { schema } from '../config/configuration.ts';

const refuse = () => Promise.reject(new Error('Nothing is changed here.'));

/** A backend of one entry. */
const fake = (entry: Entry): Backend => ({
  baseDn: entry.dn,
  baseKey: schema.dnKey(entry.dn),
  search: () => [entry],
  searchSorted: () => [],
  compare: () => false,
  change: refuse,
  changeAll: refuse,
  accessOf: () => undefined,
  readsByPolicy: () => false,
  writesByPolicy: () => false,
  watch: () => ({
    number: 0,
    history: '',
    rightsId: '',
    eventsSince: () => [],
    reach: async () => {},
    stop: () => {},
  }),
});

/** A source of one entry. */
const sourceOf = (entry: Entry): EntrySource => ({
  find: (_, matches, see) => (matches(entry) === true ? [see(entry)] : []),
  get: () => entry,
  shown: (stored) => stored,
  children: () => [],
  countChildren: () => 0,
});

const ONE = Entry.of(Dn.parse('o=one'), { objectClass: 'organization', o: 'one', description: 'first' });
const TWO = Entry.of(Dn.parse('o=two'), { objectClass: 'organization', o: 'two' });
const SECRETS = {
  secretAttributes: new Set<string>(),
  mixedAttributes: new Set<string>(),
  show: (_: string, value: string) => value,
};
const VIEWS = new EntryViews({
  schema,
  secrets: SECRETS,
  policies: new AccessPolicies(schema, SECRETS),
});

function treeOf(entry: Entry): TreeBackend {
  const feed = `${entry.dn} is not watched.`;
  const source = sourceOf(entry);
  return new TreeBackend({ baseDn: entry.dn, schema, views: VIEWS, source: () => source, feed });
}

function searchBelow(base: string, value: string): Search {
  const filter = { type: 'equalityMatch', attribute: 'o', value } as const;
  const scope = SearchScope.wholeSubtree;
  return { base, baseKey: schema.dnKeyOfText(base), scope, filter, selectors: ['o'], requester: ANONYMOUS };
}

function namesOf(found: Iterable<Found>): readonly string[] {
  return [...found].flatMap((one) => (one instanceof Entry ? [one.dn.toString()] : []));
}

describe('the seam', () => {
  it('is all that a search below the root knows of its parts', () => {
    const parts = new BelowRoot(new NamingContexts([fake(ONE), treeOf(TWO)]));
    expect(namesOf(parts.search(searchBelow('', 'two')))).toEqual(['o=one', 'o=two']);
  });

  it('gives whatever has entries filters, views and comparisons', () => {
    const tree = treeOf(ONE);
    const [found] = tree.search(searchBelow('o=one', 'one'));
    expect(found instanceof Entry && found.attributes.map(({ key }) => key)).toEqual(['o']);
    expect(namesOf(tree.search(searchBelow('o=one', 'two')))).toEqual([]);
    const comparison = { dn: 'o=one', dnKey: 'o=one', attribute: 'description', requester: ANONYMOUS };
    expect(tree.compare({ ...comparison, value: 'FIRST' })).toBe(true);
  });

  it('refuses changes and watching where nobody offers them', () => {
    const tree = treeOf(ONE);
    expect(() => tree.change({ type: 'delete', dn: ONE.dn }, ANONYMOUS)).toThrow('read only');
    expect(() => tree.watch(searchBelow('o=one', 'one'), { changed: () => {}, failed: () => {} })).toThrow(
      'o=one is not watched.',
    );
  });
});
