// What is written and waits for an admin action: which values go on being in force until an object, or the server,
// has been restarted. Pure: who restarts what, and where this is kept, is not known here.

import { propertiesAtFault } from './decode-object.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { AdminActionKind, PropertyDefinition } from './property-definition.ts';
import type { ObjectReading, PropertyReading } from './property-reader.ts';

/** A property with another value in force than the one that is written. */
export interface PendingChange {
  readonly property: PropertyDefinition;
  readonly action: Exclude<AdminActionKind, 'none'>;
  /** When the value was written that waits now. */
  readonly since: Date;
  readonly inForce: PropertyReading;
  /** For what has no admin action of its own: the property it waits for, so that both change together. */
  readonly waitsFor: PropertyDefinition | undefined;
}

/** By the names of the properties; never empty. */
export type PendingChanges = ReadonlyMap<string, PendingChange>;

/** An object before a change: as it is written, as it is in force, and what tells the two apart. */
export interface ObjectState {
  readonly written: ObjectReading;
  readonly inForce: ObjectReading;
  readonly pending: PendingChanges | undefined;
}

/**
 * What waits after a change, undefined for nothing. Values are compared as they mean, so that writing TRUE for true is
 * no change. What restarts with its object waits for nothing unless the object was enabled and still is; a new object
 * is in force as it is.
 * @param read the object with some of its properties as they were in force.
 */
export function pendingAfter(
  before: ObjectState,
  after: ObjectReading,
  read: (inForce: ReadonlyMap<string, PropertyReading>) => ObjectReading,
  at: Date,
): PendingChanges | undefined {
  if (before.written.definition !== after.definition) return undefined;
  const pending = new Map<string, PendingChange>();
  const isRunning = isEnabled(before.inForce) && isEnabled(after);
  for (const property of after.definition.properties) {
    const { kind } = property.adminAction;
    if (kind === 'none' || (kind === 'component-restart' && !isRunning)) continue;
    if (!isSame(before.inForce, after, property.name)) wait(property, kind, undefined);
  }
  // What belongs together changes together: no mixture of old and new is ever in force that nobody has written.
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

/** A property with other values in force than before. */
export interface ChangedProperty {
  readonly property: PropertyDefinition;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export function changedProperties(before: ObjectReading, after: ObjectReading): readonly ChangedProperty[] {
  return after.definition.properties
    .filter(({ name }) => !isSame(before, after, name))
    .map((property) => ({
      property,
      before: before.properties.get(property.name)?.texts ?? [],
      after: after.properties.get(property.name)?.texts ?? [],
    }));
}

/** Whether a change may make something wait at all; quick, and right as long as the sources are the same. */
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

export function readingsInForce(pending: PendingChanges): ReadonlyMap<string, PropertyReading> {
  return new Map([...pending].map(([name, { inForce }]) => [name, inForce]));
}

/** Whether a property goes with one that waits: its default follows that, or a rule does not hold without it. */
function isBound(property: PropertyDefinition, pending: PendingChanges, mixture: ObjectReading): boolean {
  const { defaultWhen, name } = property;
  if (defaultWhen !== undefined && pending.has(defaultWhen.property)) return true;
  return propertiesAtFault(mixture).has(name);
}

/** What waits and binds the property: without it the property would be free. */
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

/** An object without the property is always enabled. */
function isEnabled(reading: ObjectReading): boolean {
  return (
    !reading.definition.propertiesByName.has('enabled') ||
    reading.properties.get('enabled')?.values[0] === true
  );
}

/** The order of values has no meaning in LDAP (RFC 4511 §4.1.7). */
function isSame(one: ObjectReading, other: ObjectReading, name: string): boolean {
  const texts = one.properties.get(name)?.texts;
  const others = other.properties.get(name)?.texts;
  if (texts === undefined || others === undefined) return texts === others;
  if (texts.length !== others.length) return false;
  const sorted = others.toSorted();
  return texts.toSorted().every((text, index) => text === sorted[index]);
}
