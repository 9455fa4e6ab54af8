// Pending changes: stored values that wait for an admin action, while the old values stay in effect until an object
// or the server restarts. It is pure: restarting and storing are the work of others.

import { propertiesAtFault } from './decode-object.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { AdminActionKind, PropertyDefinition } from './property-definition.ts';
import type { ObjectReading, PropertyReading } from './property-reader.ts';

/** A property whose effective value differs from the stored one. */
export interface PendingChange {
  readonly property: PropertyDefinition;
  /** `reload`: this server could not put into force what another server has stored. */
  readonly action: Exclude<AdminActionKind, 'none'> | 'reload';
  /** Time at which the pending value was written. */
  readonly since: Date;
  readonly inForce: PropertyReading;
  /** For a property without an admin action of its own: the property it waits for, so that both change together. */
  readonly waitsFor: PropertyDefinition | undefined;
}

/** Pending changes by property name; never empty. */
export type PendingChanges = ReadonlyMap<string, PendingChange>;

/** An object before a change: its stored values, its effective values, and the difference. */
export interface ObjectState {
  readonly written: ObjectReading;
  readonly inForce: ObjectReading;
  readonly pending: PendingChanges | undefined;
}

/**
 * Returns the pending changes after a change; undefined for none. Compares values by their meaning: writing TRUE for
 * true is no change. An object restart is only needed if the object was enabled and still is. A new object takes
 * effect at once.
 * @param read Returns the object with some properties replaced by their effective values.
 * @param isHeld True if all effective values are to stay.
 */
export function pendingAfter(
  before: ObjectState,
  after: ObjectReading,
  read: (inForce: ReadonlyMap<string, PropertyReading>) => ObjectReading,
  at: Date,
  isHeld = false,
): PendingChanges | undefined {
  if (before.written.definition !== after.definition) return undefined;
  const pending = new Map<string, PendingChange>();
  const isRunning = isEnabled(before.inForce) && isEnabled(after);
  for (const property of after.definition.properties) {
    const kind = isHeld ? kindOfHeld(property, after) : property.adminAction.kind;
    if (kind === 'none' || (kind === 'component-restart' && !isRunning)) continue;
    if (!isSame(before.inForce, after, property.name)) wait(property, kind, undefined);
  }
  // Related properties change together: a mixture of old and new values that nobody wrote never takes effect.
  for (let [first] = pending.values(); first !== undefined; ) {
    const mixture = read(readingsInForce(pending));
    const bound = after.definition.properties.filter(
      (property) =>
        !pending.has(property.name) && property.name !== 'enabled' && isBound(property, pending, mixture),
    );
    const held = bound.filter(({ name }) => !isSame(before.inForce, mixture, name));
    if (held.length === 0) break;
    const causes = held.map((property) => causeOf(property, pending, read) ?? first);
    held.forEach((property, index) => {
      const { action, property: waitsFor } = causes[index] ?? first;
      wait(property, action, waitsFor);
    });
  }
  return pending.size === 0 ? undefined : pending;

  function wait(
    property: PropertyDefinition,
    action: PendingChange['action'],
    waitsFor: PropertyDefinition | undefined,
  ): void {
    const { name } = property;
    const earlier = before.pending?.get(name);
    const isUntouched = earlier !== undefined && isSame(before.written, after, name);
    const inForce = before.inForce.properties.get(name);
    if (isUntouched) pending.set(name, earlier);
    else if (inForce !== undefined) pending.set(name, { property, action, since: at, inForce, waitsFor });
  }
}

/** The name is always that of the entry. */
function kindOfHeld({ attribute }: PropertyDefinition, { definition }: ObjectReading): 'none' | 'reload' {
  return attribute === definition.namingAttribute ? 'none' : 'reload';
}

/** A property whose effective values changed. */
export interface ChangedProperty {
  readonly property: PropertyDefinition;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Returns the properties whose values differ between two readings. */
export function changedProperties(before: ObjectReading, after: ObjectReading): readonly ChangedProperty[] {
  return after.definition.properties
    .filter(({ name }) => !isSame(before, after, name))
    .map((property) => ({
      property,
      before: before.properties.get(property.name)?.texts ?? [],
      after: after.properties.get(property.name)?.texts ?? [],
    }));
}

/** Returns true if a change may leave something pending. It is quick, and correct while the sources are the same. */
export function mayWait(
  definition: ObjectDefinition,
  before: { find(key: string): unknown },
  after: { find(key: string): unknown },
): boolean {
  return definition.properties.some(
    ({ adminAction, key, defaultWhen }) =>
      adminAction.kind !== 'none' && (defaultWhen !== undefined || before.find(key) !== after.find(key)),
  );
}

/** Returns the effective readings of the pending properties, by property name. */
export function readingsInForce(pending: PendingChanges): ReadonlyMap<string, PropertyReading> {
  return new Map([...pending].map(([name, { inForce }]) => [name, inForce]));
}

/**
 * Returns true if a property must wait with a pending one: its default depends on that, or a rule does not hold
 * without it.
 */
function isBound(property: PropertyDefinition, pending: PendingChanges, mixture: ObjectReading): boolean {
  const { defaultWhen, name } = property;
  if (defaultWhen !== undefined && pending.has(defaultWhen.property)) return true;
  return propertiesAtFault(mixture).has(name);
}

/** Returns the pending change that the property depends on. */
function causeOf(
  property: PropertyDefinition,
  pending: PendingChanges,
  read: (inForce: ReadonlyMap<string, PropertyReading>) => ObjectReading,
): PendingChange | undefined {
  return [...pending.values()].find((change) => {
    const others = new Map(pending);
    others.delete(change.property.name);
    return !isBound(property, others, read(readingsInForce(others)));
  });
}

/** Returns true if the object is enabled. An object without the property always is. */
function isEnabled(reading: ObjectReading): boolean {
  return (
    !reading.definition.propertiesByName.has('enabled') ||
    reading.properties.get('enabled')?.values[0] === true
  );
}

/** Returns true if the values are equal in any order, which has no meaning in LDAP (RFC 4511 §4.1.7). */
function isSame(one: ObjectReading, other: ObjectReading, name: string): boolean {
  const texts = one.properties.get(name)?.texts;
  const others = other.properties.get(name)?.texts;
  if (texts === undefined || others === undefined) return texts === others;
  if (texts.length !== others.length) return false;
  const sorted = others.toSorted();
  return texts.toSorted().every((text, index) => text === sorted[index]);
}
