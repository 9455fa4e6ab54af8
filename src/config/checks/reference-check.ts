// References between objects, in both directions. For the referrer: the target exists, is of the right kind, and is
// enabled if it must be. For the target: it is not deleted, and not disabled while a referrer needs it.
//
// As in OpenDJ, deleting is refused even if all referrers are disabled; disabling is refused only while a referrer's
// condition holds.

import { hasExpression } from '../../expression/template.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { Schema } from '../../schema/schema.ts';
import { findSimilarName } from '../../schema/similar-name.ts';
import type { PendingChanges } from '../admin-actions.ts';
import type { Definitions } from '../definitions.ts';
import { type EnabledTarget, isOfKind } from '../object-definition.ts';
import type { PropertyDefinition } from '../property-definition.ts';
import { issueOf, type ObjectReading, type PropertyReading } from '../property-reader.ts';
import type { ReadingMemo } from '../reading-memo.ts';
import { secretTargetsOf } from '../secret-names.ts';

/** View of the tree after the change, for the checks. */
export interface ConfigView {
  /** @param key The schema's key of a DN. */
  find(key: string): Entry | undefined;
  /** Returns the keys of the entries that refer to this target, from the ReferenceIndex. */
  referrers(targetKey: string): Iterable<string>;
  /** Returns the keys of the child entries, if they are known. */
  childKeys?(key: string): Iterable<string>;
  /** Returns the pending changes of an entry. */
  pending?(entry: Entry): PendingChanges | undefined;
}

export interface CheckContext {
  readonly schema: Schema;
  readonly definitions: Definitions;
  readonly readings: ReadingMemo;
  /** Returns the object with its effective values if they differ from the stored ones. */
  readonly readInForce: (entry: Entry) => ObjectReading | undefined;
  readonly view: ConfigView;
}

const REFERRERS_NAMED_MAX = 10;
/** Maximum number of entries that are searched for a similar name. */
const SIMILAR_SEARCHED_MAX = 1000;

/** Returns the readings of the properties that refer to other objects. */
export function referencesOf(reading: ObjectReading): readonly PropertyReading[] {
  return reading.definition.references.flatMap((property) => reading.properties.get(property.name) ?? []);
}

/** Returns the values of a resolved reference property, as keys. */
export function targetKeysOf(reference: PropertyReading, schema: Schema): readonly string[] {
  return reference.texts.map((text) => schema.dnKeyOfText(text));
}

/** Checks the references of an object. */
export function checkReferences(reading: ObjectReading, context: CheckContext): Issue[] {
  return referencesOf(reading).flatMap((reference) =>
    reference.texts.flatMap((text) => checkReference(reading, reference, text, context) ?? []),
  );
}

/** Checks the references of the effective values if some values are pending and the stored ones are valid. */
export function checkReferencesInForce(written: ObjectReading, context: CheckContext): Issue[] {
  const inForce = context.readInForce(written.entry);
  if (inForce === undefined || checkReferences(written, context).length > 0) return [];
  return checkReferences(inForce, context).map((issue) => ({
    ...issue,
    advice: `${issue.advice ?? ''} Pending values become effective when the object is disabled and enabled again.`,
  }));
}

function checkReference(
  reading: ObjectReading,
  { definition: property }: PropertyReading,
  text: string,
  context: CheckContext,
): Issue | undefined {
  const { schema, definitions, view } = context;
  const written = writtenFor(property, reading.entry, text);
  const resolved = written === text ? '' : `resolves to ${JSON.stringify(text)}, which `;
  const refuse = (problem: string, advice: string) =>
    issueOf('unwillingToPerform', property, reading.entry, written, `${resolved}${problem}`, advice);
  const wanted = property.type.target ?? '';
  const target = view.find(schema.dnKeyOfText(text));
  if (target === undefined) return refuse('does not exist', missingAdvice(text, wanted, context));
  const kind = definitions.findForEntry(target);
  if (kind === undefined || !isOfKind(kind, wanted)) {
    const is = kind === undefined ? 'no configuration object' : `one of the ${kind.friendlyPluralName}`;
    return refuse(`is ${is}, not a ${wanted}`, `Name a ${wanted}.`);
  }
  const needed = neededBy(reading, property.name);
  if (needed === undefined || isEnabled(context.readings.read(kind, target))) return undefined;
  return refuse(
    `is disabled, and must be enabled while ${needed.condition}`,
    `Enable ${text} first, or name another.`,
  );
}

/** Returns the value as stored: the DN, or the expression that resolves to it. */
function writtenFor(property: PropertyDefinition, entry: Entry, text: string): string {
  const values = entry.values(property.key);
  return values.includes(text) ? text : (values.find(hasExpression) ?? text);
}

function missingAdvice(text: string, kind: string, { definitions, schema, view }: CheckContext): string {
  const location = definitions.all.find((it) => it.kind === kind)?.location;
  if (location === undefined || 'at' in location) return `Name an existing ${kind}.`;
  const name = Dn.parse(text);
  const moved = name.rdn === undefined ? undefined : Dn.parse(location.under).child(name.rdn);
  const isThere = moved !== undefined && view.find(schema.dnKey(moved)) !== undefined;
  const meant = isThere ? moved : similarChild(name.name, schema.dnKeyOfText(location.under), view);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  return `Create it first, or name an existing ${kind} by its full DN, under ${location.under}.`;
}

/** Returns the DN of a child entry with a similar name. */
function similarChild(name: string, parentKey: string, view: ConfigView): Dn | undefined {
  const names = new Map<string, Dn>();
  for (const key of view.childKeys?.(parentKey) ?? []) {
    if (names.size >= SIMILAR_SEARCHED_MAX) break;
    const dn = view.find(key)?.dn;
    if (dn !== undefined) names.set(dn.name, dn);
  }
  return names.get(findSimilarName(name, names.keys()) ?? '');
}

/** Refuses to delete an entry that others refer to. */
export function checkTargetDeletion(before: Entry, key: string, context: CheckContext): Issue[] {
  const referrers = [...context.view.referrers(key)];
  if (referrers.length === 0) return [];
  const isWritten = (referrer: string) => uses(writtenReading(referrer, context), key, context);
  return [inUse(before, 'cannot be deleted', { referrers, isWritten }, context, 'Change those first.')];
}

/** Refuses to disable an entry that others need enabled. */
export function checkTargetDisabling(
  before: ObjectReading,
  after: ObjectReading,
  key: string,
  context: CheckContext,
): Issue[] {
  const { readInForce, view } = context;
  if (!isEnabled(before) || isEnabled(after)) return [];
  const isWritten = (referrer: string) => needs(writtenReading(referrer, context), key, context);
  const isInForce = (referrer: string) => {
    const entry = view.find(referrer);
    return entry !== undefined && needs(readInForce(entry), key, context);
  };
  const referrers = [...view.referrers(key)].filter((one) => isWritten(one) || isInForce(one));
  if (referrers.length === 0) return [];
  const advice = 'Change or disable those first.';
  const issue = inUse(after.entry, 'cannot be disabled', { referrers, isWritten }, context, advice);
  return [{ ...issue, property: 'enabled', received: 'false' }];
}

function writtenReading(
  key: string,
  { definitions, readings, view }: CheckContext,
): ObjectReading | undefined {
  const entry = view.find(key);
  const kind = entry && definitions.findForEntry(entry);
  return kind && readings.read(kind, entry);
}

function uses(reading: ObjectReading | undefined, targetKey: string, { schema }: CheckContext): boolean {
  return (
    reading !== undefined &&
    (referencesOf(reading).some((reference) => targetKeysOf(reference, schema).includes(targetKey)) ||
      secretTargetsOf(reading, schema).includes(targetKey))
  );
}

/** Returns true if the object refers to the target and needs it enabled. */
function needs(reading: ObjectReading | undefined, targetKey: string, { schema }: CheckContext): boolean {
  if (reading === undefined || reading.definition.enabledTargets.length === 0) return false;
  return referencesOf(reading).some(
    (reference) =>
      targetKeysOf(reference, schema).includes(targetKey) &&
      neededBy(reading, reference.definition.name) !== undefined,
  );
}

/** Returns the rule by which the target of the property must be enabled now; undefined if there is none. */
function neededBy(reading: ObjectReading, property: string): EnabledTarget<unknown> | undefined {
  return reading.definition.enabledTargets.find(
    (target) =>
      target.property === property &&
      target.properties.every((name) => reading.properties.has(name)) &&
      target.holds(reading.object),
  );
}

function isEnabled({ definition, properties }: ObjectReading): boolean {
  return !definition.propertiesByName.has('enabled') || properties.get('enabled')?.values[0] === true;
}

interface Users {
  readonly referrers: readonly string[];
  /** Returns true if the stored values of a referrer refer to the target, and not only its effective ones. */
  isWritten(key: string): boolean;
}

function inUse(entry: Entry, what: string, users: Users, { view }: CheckContext, advice: string): Issue {
  const { referrers, isWritten } = users;
  const named = referrers.slice(0, REFERRERS_NAMED_MAX).map((key) => {
    const name = view.find(key)?.dn.toString() ?? key;
    return isWritten(key) ? name : `${name} (effective until it is disabled and enabled again)`;
  });
  const rest = referrers.length - named.length;
  const more = rest > 0 ? ` and ${rest} more` : '';
  const count = referrers.length === 1 ? 'one object uses' : `${referrers.length} objects use`;
  const problem = `${what}: ${count} it: ${named.join('; ')}${more}`;
  return { code: 'unwillingToPerform', dn: entry.dn.toString(), problem, advice };
}
