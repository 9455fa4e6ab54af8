// Decodes an entry to the typed object of its definition and checks the rules between the properties of one object.
// The property validator checks rules between objects.

import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { Constraint, Decoded, ObjectDefinition, RuleProblem } from './object-definition.ts';
import { issueOf, type ObjectReading, shownValue } from './property-reader.ts';
import type { ReadingMemo } from './reading-memo.ts';

export type DecodedObject<Definition> =
  | { readonly object: Decoded<Definition>; readonly issues: readonly [] }
  | { readonly object: undefined; readonly issues: readonly [Issue, ...Issue[]] };

/** Returns the typed object, or all issues, with result codes 19, 53 and 65. */
export function decodeObject<Definition extends ObjectDefinition>(
  definition: Definition,
  entry: Entry,
  readings: ReadingMemo,
): DecodedObject<Definition> {
  const reading = readings.read(definition, entry);
  const [first, ...others] = checkObject(reading);
  if (first !== undefined) return { object: undefined, issues: [first, ...others] };
  return { object: reading.object as Decoded<Definition>, issues: [] };
}

/** Returns the issues of the reading, and those of the rules whose properties are all readable. */
export function checkObject(reading: ObjectReading): readonly Issue[] {
  reading.checked ??= withBrokenRules(reading);
  return reading.checked;
}

function withBrokenRules(reading: ObjectReading): readonly Issue[] {
  const broken: Issue[] = [];
  for (const constraint of reading.definition.constraints) {
    const issue = checkConstraint(constraint, reading);
    if (issue !== undefined) broken.push(issue);
  }
  return broken.length === 0 ? reading.issues : [...reading.issues, ...broken];
}

/** Returns the properties of the rules that are broken. */
export function propertiesAtFault(reading: ObjectReading): ReadonlySet<string> {
  return new Set(
    reading.definition.constraints.flatMap((constraint) => {
      const found = findProblem(constraint, reading);
      return found === undefined ? [] : [found.property, ...constraint.properties];
    }),
  );
}

function findProblem(constraint: Constraint<unknown>, reading: ObjectReading): RuleProblem | undefined {
  const { definition, entry, properties } = reading;
  if (!constraint.properties.every((name) => properties.has(name))) return undefined;
  return constraint.check(reading.object, (name) => {
    const property = definition.propertiesByName.get(name);
    if (property === undefined) return false;
    return properties.get(name)?.isWritten ?? entry.find(property.key) !== undefined;
  });
}

function checkConstraint(constraint: Constraint<unknown>, reading: ObjectReading): Issue | undefined {
  const { definition, entry } = reading;
  const found = findProblem(constraint, reading);
  const property = found && definition.propertiesByName.get(found.property);
  if (found === undefined || property === undefined) return undefined;
  const code = found.code ?? 'unwillingToPerform';
  const received = found.received ?? shownValue(property, entry);
  return issueOf(code, property, entry, received, found.problem, found.advice);
}
