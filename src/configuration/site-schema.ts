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

export const SITE_SCHEMA = 'ds-cfg-site-schema';
const ROOT = Dn.parse('cn=config');

/** Puts the schema of the site into force. */
export class SiteSchema implements Component {
  readonly kind = 'global-configuration';
  readonly renamed = neverRenamed;
  readonly #schema: Schema;
  readonly #entries: () => Iterable<Entry>;

  /** @param entries Returns the entries whose definitions must stay. */
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
    const prepared = this.#prepared(definitions);
    this.#requireUnused(prepared.gone);
    return { commit: () => prepared.use(), abort: () => {} };
  }

  #prepared(definitions: readonly string[]): PreparedDefinitions {
    try {
      return this.#schema.prepareAdded(definitions);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      const problems = error.problems.map(
        ({ line, problem }) => `${problem} (${definitions[line - 1] ?? ''})`,
      );
      throw new LdapError('unwillingToPerform', `${ROOT}: ${SITE_SCHEMA}: ${problems.join('; ')}.`, {
        cause: error,
      });
    }
  }

  #requireUnused(gone: ReadonlySet<string>): void {
    if (gone.size === 0) return;
    for (const entry of this.#entries()) {
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
}

/**
 * Adds the schema of the site that stored entries have, and commits after them. What a commit has removed stays until the runtime
 * puts into force what is stored now: commits before it may use it. Throws SchemaError.
 */
export function loadSiteSchema(schema: Schema, entries: Iterable<Entry>, commits: readonly Commit[]): void {
  const rootKey = schema.dnKey(ROOT);
  const isRoot = (dn: Dn) => dn.rdns.length === 1 && schema.dnKey(dn) === rootKey;
  const found: string[] = [];
  for (const { dn, attributes } of entries) if (isRoot(dn)) found.push(...valuesIn(schema, attributes));
  for (const { changes } of commits)
    for (const change of changes) if (isRoot(dnOfChange(change))) found.push(...addedBy(change, schema));
  const byId = new Map(found.map((definition) => [idOf(definition), definition]));
  if (byId.size > 0) schema.prepareAdded([...byId.values()]).use();
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
