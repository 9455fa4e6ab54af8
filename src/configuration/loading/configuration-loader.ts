// From what a store held to the tree of a configuration: entries that anybody may have written, entries that were checked
// before they were stored, and the commits that came after. What the result means is the property validator's.

import { takesExpressions } from '../../config/property-reader.ts';
import type { PropertyValidator } from '../../config/property-validator.ts';
import { type Stamp, stamp } from '../../directory/stamp.ts';
import type { Dn } from '../../ldap/dn.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import type { Issue } from '../../ldap/issue.ts';
import { checkEntry } from '../../schema/check-classes.ts';
import type { Schema } from '../../schema/schema.ts';
import { keysOfName } from '../../schema/written-name.ts';
import type { CheckedEntries } from '../../store/store.ts';
import type { Configuration } from '../configuration.ts';
import { EXPRESSION_MARKS } from '../texts-with-expressions.ts';

/** Takes entries, parents before children; returns what is wrong with them. */
export function loadEntries(
  configuration: Configuration,
  entries: readonly Entry[],
  made: Omit<Stamp, 'id'>,
  newId: () => string,
): Issue[] {
  const { schema, tree } = configuration;
  const issues: Issue[] = [];
  for (const loaded of entries) {
    const entry = inSchemaSpelling(schema, loaded);
    issues.push(...checkEntry(schema, entry, (key, value) => configuration.isSecret(key, value)));
    const isStamped = entry.find('entryuuid') !== undefined;
    const complete = isStamped ? entry : stamp(undefined, entry, { ...made, id: newId() }, schema);
    const { key, parentKey } = keysOfName(schema, entry.dn);
    issues.push(...placeIssues(configuration, entry.dn, key, parentKey));
    if (parentKey === undefined || configuration.find(parentKey) !== undefined)
      tree.stage(key, parentKey, complete);
  }
  tree.commit();
  return issues;
}

/** Takes entries that were right when they were stored: what they hold is looked at when somebody asks. */
export function loadCheckedEntries({ schema, tree }: Configuration, entries: readonly Entry[]): void {
  tree.beginFilling();
  for (const entry of entries) {
    const { key, parentKey } = keysOfName(schema, entry.dn);
    tree.fill(key, parentKey, entry);
  }
}

/**
 * Validates a configuration that was valid when it was stored. Only what depends on the sources, what was changed since, and
 * what refers to either can be wrong.
 */
export async function validateDoubtful(
  configuration: Configuration,
  checked: CheckedEntries,
  touched: ReadonlySet<string>,
): Promise<Issue[]> {
  const { schema, tree, validator } = configuration;
  const keys = new Set(touched);
  for (const entry of checked.entriesWith(EXPRESSION_MARKS))
    if (entry.attributes.some(mayHoldExpressions)) keys.add(keysOfName(schema, entry.dn).key);
  const doubtful = [...keys].flatMap((key) => tree.find(key) ?? []);
  await configuration.readAheadOf(doubtful);
  for (const key of [...keys]) {
    const entry = tree.find(key);
    const definition = entry && validator.definitions.findForEntry(entry);
    if (definition !== undefined && !validator.definitions.isReferredTo(definition)) continue;
    for (const referrer of configuration.referrers(key)) keys.add(referrer);
  }
  return [...keys].flatMap((key) => {
    const entry = tree.find(key);
    return entry === undefined ? [] : validate(validator, configuration, entry);
  });
}

function validate(
  validator: PropertyValidator,
  configuration: Configuration,
  entry: Entry,
): readonly Issue[] {
  return validator.validate(
    { key: configuration.schema.dnKey(entry.dn), before: undefined, after: entry },
    configuration,
  );
}

function mayHoldExpressions({ key, values }: Attribute): boolean {
  return (
    takesExpressions(key) && values.some((value) => EXPRESSION_MARKS.some((mark) => value.includes(mark)))
  );
}

function placeIssues(
  configuration: Configuration,
  name: Dn,
  key: string,
  parentKey: string | undefined,
): Issue[] {
  const dn = name.toString();
  if (configuration.find(key) !== undefined) {
    const problem = 'is in the file twice';
    return [{ code: 'entryAlreadyExists', dn, problem, advice: 'Remove one of the two.' }];
  }
  if (parentKey !== undefined && configuration.find(parentKey) === undefined) {
    const problem = 'comes without or before its parent';
    return [{ code: 'noSuchObject', dn, problem, advice: 'Put the parent before it.' }];
  }
  return [];
}

function inSchemaSpelling(schema: Schema, entry: Entry): Entry {
  const attributes = entry.attributes.map((attribute) => {
    const described = schema.describe(attribute.description);
    return described === undefined
      ? attribute
      : new Attribute(described.description, attribute.values, described.key);
  });
  return entry.withAttributes(attributes);
}
