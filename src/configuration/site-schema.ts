// The schema of the site that the configuration has: definitions in the entry cn=config, which are in force as soon as that entry
// is. In a cluster they come by the log like all else, so every server knows them before the entries that use them.

import { type Change, dnOfChange } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Component, ObjectDifference, Prepared } from '../runtime/component.ts';
import type { RunningPart } from '../runtime/description.ts';
import { neverRenamed } from '../runtime/renamed-keys.ts';
import type { PreparedDefinitions, Schema } from '../schema/schema.ts';
import { SchemaError } from '../schema/schema-error.ts';
import type { Commit } from '../store/store.ts';
import type { Configuration } from './configuration.ts';
import { repeat } from './write/staging.ts';

export const SITE_SCHEMA = 'ds-cfg-site-schema';
const ROOT = Dn.parse('cn=config');

/** Puts the schema of the site into force. */
export class SiteSchema implements Component {
  readonly kind = 'global-configuration';
  readonly renamed = neverRenamed;
  readonly #schema: Schema;
  readonly #entries: () => Iterable<Entry>;

  /** @param entries Returns the entries whose definitions must stay, as the writer sees them. */
  constructor(schema: Schema, entries: () => Iterable<Entry>) {
    this.#schema = schema;
    this.#entries = entries;
  }

  *describe(): Generator<RunningPart> {
    yield { key: undefined, facts: { siteSchema: this.#schema.added } };
  }

  prepare({ after }: ObjectDifference): Prepared | undefined {
    const definitions = after?.kind === 'global-configuration' ? after.siteSchema : [];
    if (isSame(definitions, this.#schema.added)) return undefined;
    const prepared = prepareDefinitions(this.#schema, definitions);
    requireUnused(prepared.gone, this.#entries());
    return { isAlone: true, commit: () => prepared.use(), abort: () => {} };
  }
}

function prepareDefinitions(schema: Schema, definitions: readonly string[]): PreparedDefinitions {
  try {
    return schema.prepareAdded(definitions);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const problems = error.problems.map(({ line, problem }) => `${problem} (${definitions[line - 1] ?? ''})`);
    throw new LdapError('unwillingToPerform', `${ROOT}: ${SITE_SCHEMA}: ${problems.join('; ')}.`, {
      cause: error,
    });
  }
}

function requireUnused(gone: ReadonlySet<string>, entries: Iterable<Entry>): void {
  if (gone.size === 0) return;
  for (const entry of entries) {
    const used = [
      ...entry.attributes.map(({ key }) => key.split(';', 1)[0] ?? key),
      ...entry.values('objectclass').map((name) => name.toLowerCase()),
    ].find((name) => gone.has(name));
    if (used === undefined) continue;
    throw new LdapError(
      'unwillingToPerform',
      `${ROOT}: ${SITE_SCHEMA}: the definition of ${used} cannot be changed or removed while ${entry.dn} uses it. ` +
        'Remove it from the entries first.',
    );
  }
}

/** Puts into force the schema of the site that entries of a snapshot have, and nothing besides. Throws SchemaError. */
export function loadSiteSchema(schema: Schema, entries: Iterable<Entry>): void {
  const isRoot = rootTest(schema);
  for (const { dn, attributes } of entries)
    if (isRoot(dn)) return useExactly(schema, valuesIn(schema, attributes));
  useExactly(schema, []);
}

/**
 * Repeats commits of the journal, each with the schema of the site of its time: a definition may have gone later, and another one
 * may have its name. Ends with the schema that the last commit has left. Returns the keys of what they touch. Throws SchemaError,
 * and throws when a commit cannot be repeated.
 */
export function repeatWithSiteSchema(
  configuration: Configuration,
  commits: readonly Commit[],
): ReadonlySet<string> {
  const { schema } = configuration;
  const isRoot = rootTest(schema);
  const touched = new Set<string>();
  const useStored = () => useExactly(schema, definitionsOf(configuration));
  useStored();
  for (const commit of commits) {
    const changesRoot = commit.changes.some((change) => isRoot(dnOfChange(change)));
    if (changesRoot) addSiteSchema(schema, commit.changes);
    for (const key of repeat(configuration, [commit])) touched.add(key);
    if (changesRoot) useStored();
  }
  return touched;
}

/** Adds the definitions that changes bring, as far as they fit: entries that come with them may use them. The newest ones win. */
export function addSiteSchema(schema: Schema, changes: readonly Change[]): void {
  const isRoot = rootTest(schema);
  const brought = changes
    .filter((change) => isRoot(dnOfChange(change)))
    .flatMap((one) => addedBy(one, schema));
  if (brought.length === 0) return;
  const byId = new Map([...schema.added, ...brought].map((definition) => [idOf(definition), definition]));
  // If one name has another OID, for example, both definitions do not fit together.
  for (const definitions of [[...byId.values()], brought]) {
    try {
      useExactly(schema, definitions);
      return;
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
    }
  }
}

/** Puts into force the schema of the site that readers see. Throws LdapError (unwillingToPerform) if it is not valid, or lacks what an entry uses. */
export function adoptSiteSchema({ schema, tree }: Configuration): void {
  const definitions = definitionsOf({ schema, tree });
  if (isSame(definitions, schema.added)) return;
  const prepared = prepareDefinitions(schema, definitions);
  requireUnused(prepared.gone, tree.entries());
  prepared.use();
}

function useExactly(schema: Schema, definitions: readonly string[]): void {
  if (!isSame(definitions, schema.added)) schema.prepareAdded(definitions).use();
}

function definitionsOf({ schema, tree }: Pick<Configuration, 'schema' | 'tree'>): readonly string[] {
  return valuesIn(schema, tree.find(schema.dnKey(ROOT))?.attributes ?? []);
}

function rootTest(schema: Schema): (dn: Dn) => boolean {
  const rootKey = schema.dnKey(ROOT);
  return (dn) => dn.rdns.length === 1 && schema.dnKey(dn) === rootKey;
}

function addedBy(change: Change, schema: Schema): readonly string[] {
  if (change.type === 'add') return valuesIn(schema, change.entry.attributes);
  if (change.type !== 'modify') return [];
  const added = change.modifications.filter(({ operation }) => operation !== 'delete');
  return valuesIn(
    schema,
    added.map(({ attribute }) => attribute),
  );
}

/** Returns the kind and the OID of a definition. */
function idOf(definition: string): string {
  return (/^[A-Za-z]+: *\( *\S+/.exec(definition)?.[0] ?? definition).replaceAll(' ', '').toLowerCase();
}

function valuesIn(schema: Schema, attributes: readonly Attribute[]): readonly string[] {
  return attributes
    .filter(({ description }) => schema.describe(description)?.key === SITE_SCHEMA)
    .flatMap(({ values }) => values);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
