// What a change asks the administrator to do before it takes effect, for the answer to a modify.

import type { Entry } from '../ldap/entry.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { AdminActionKind, PropertyDefinition } from './property-definition.ts';
import type { ObjectReading } from './property-reader.ts';
import type { ReadingMemo } from './reading-memo.ts';

export interface DueAction {
  readonly property: PropertyDefinition;
  readonly kind: Exclude<AdminActionKind, 'none'>;
  readonly note: string | undefined;
}

/**
 * The changed properties that ask for an action. Values are compared as they are in force, so that writing TRUE for
 * true is no change. What restarts with its object asks for nothing unless the object was enabled and still is; a
 * new object is in force as it is.
 */
export function adminActionsOf(
  definition: ObjectDefinition,
  before: Entry | undefined,
  after: Entry,
  readings: ReadingMemo,
): readonly DueAction[] {
  if (before === undefined) return [];
  const old = readings.read(definition, before);
  const now = readings.read(definition, after);
  const isRunning = isEnabled(old) && isEnabled(now);
  const due: DueAction[] = [];
  for (const property of definition.properties) {
    const { kind, note } = property.adminAction;
    if (kind === 'none' || (kind === 'component-restart' && !isRunning)) continue;
    if (textsOf(old, property) !== textsOf(now, property)) due.push({ property, kind, note });
  }
  return due;
}

/** An object without the property is always enabled. */
function isEnabled(reading: ObjectReading): boolean {
  return (
    !reading.definition.propertiesByName.has('enabled') ||
    reading.properties.get('enabled')?.values[0] === true
  );
}

/** The order of values has no meaning in LDAP (RFC 4511 §4.1.7). */
function textsOf(reading: ObjectReading, property: PropertyDefinition): string {
  return JSON.stringify(reading.properties.get(property.name)?.texts.toSorted() ?? null);
}
