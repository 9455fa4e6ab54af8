// Finds the properties of an object that can be checked alone, whatever else the object or the tree contains. If one
// entry is valid, an entry that differs only in those properties is valid too.

import { hasExpression } from '../../expression/template.ts';
import type { ObjectDefinition } from '../object-definition.ts';
import type { PropertyDefinition } from '../property-definition.ts';
import { takesExpressions } from '../property-reader.ts';
import { isAccountKind } from './administrator-check.ts';
import { isHandlerKind } from './handler-check.ts';

/**
 * Returns the properties that no rule uses, by attribute key; undefined for kinds that have rules on all properties.
 */
export function independentProperties(
  definition: ObjectDefinition,
): ReadonlyMap<string, PropertyDefinition> | undefined {
  if (definition.neededKinds.length > 0 || isAccountKind(definition) || isHandlerKind(definition))
    return undefined;
  const { constraints, enabledTargets, properties } = definition;
  const looked = new Set([
    ...constraints.flatMap((rule) => rule.properties),
    ...enabledTargets.flatMap((rule) => [rule.property, ...rule.properties]),
    ...properties.flatMap(({ defaultWhen }) => defaultWhen?.property ?? []),
  ]);
  const alone = properties.filter(
    ({ name, type, readOnly }) => !looked.has(name) && type.target === undefined && !type.hashed && !readOnly,
  );
  return new Map(alone.map((property) => [property.key, property]));
}

/** Returns true if the values have no expressions and are allowed. */
export function areIndependent(property: PropertyDefinition, values: readonly string[]): boolean {
  if (values.length > 1 && !property.multiValued) return false;
  const mayHold = takesExpressions(property.key);
  return values.every(
    (value) => !(mayHold && hasExpression(value)) && property.type.parse(value).problem === undefined,
  );
}
