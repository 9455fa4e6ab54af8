// DIT content rules (RFC 4512 §4.1.6): which auxiliary classes an entry of a structural class may have, and which
// attributes besides those of its classes it must, may or must not have. Entries whose class has no rule may have all.

import type { AttributeType } from './attribute-type.ts';
import { type Definition, formatDefinition } from './definition.ts';
import { nameOf, type PlacedDefinition } from './definition-table.ts';
import type { ObjectClass } from './object-class.ts';

export interface ContentRule {
  readonly name: string;
  readonly structural: ObjectClass;
  /** Object classes that the rule names, and their superiors. */
  readonly auxiliary: ReadonlySet<ObjectClass>;
  /** Keys of attribute types. */
  readonly must: ReadonlySet<string>;
  readonly may: ReadonlySet<string>;
  readonly not: ReadonlySet<string>;
  /** RFC 4512 text, as cn=schema shows it. */
  readonly definition: string;
}

/** Parts of the schema that exist before the rules. Names are in lower case. */
export interface ContentRuleParts {
  readonly types: ReadonlyMap<string, AttributeType>;
  readonly classes: ReadonlyMap<string, ObjectClass>;
}

/** Returns the rule, or undefined when its structural class is not defined. Tells `refuse` everything that is wrong. */
export function buildContentRule(
  { definition }: PlacedDefinition,
  parts: ContentRuleParts,
  refuse: (problem: string) => void,
): ContentRule | undefined {
  const structural = parts.classes.get(definition.id);
  if (structural?.kind !== 'structural') {
    refuse(`is for the object class ${definition.id}, which is not a structural class that is defined`);
    return undefined;
  }
  return {
    name: nameOf(definition),
    structural,
    definition: formatDefinition(definition),
    auxiliary: auxiliaryOf(definition, parts, refuse),
    must: keysOf('MUST', definition, parts, refuse),
    may: keysOf('MAY', definition, parts, refuse),
    not: keysOf('NOT', definition, parts, refuse),
  };
}

function auxiliaryOf(
  definition: Definition,
  { classes }: ContentRuleParts,
  refuse: (problem: string) => void,
): ReadonlySet<ObjectClass> {
  const found = new Set<ObjectClass>();
  for (const name of definition.fields.get('AUX') ?? []) {
    const auxiliary = classes.get(name.toLowerCase());
    if (auxiliary?.kind !== 'auxiliary')
      refuse(`has ${name} after AUX, which is not an auxiliary class that is defined`);
    else for (const one of auxiliary.lineage) if (one.kind === 'auxiliary') found.add(one);
  }
  return found;
}

function keysOf(
  field: 'MUST' | 'MAY' | 'NOT',
  definition: Definition,
  { types }: ContentRuleParts,
  refuse: (problem: string) => void,
): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const name of definition.fields.get(field) ?? []) {
    const type = types.get(name.toLowerCase());
    if (type === undefined) refuse(`has the attribute ${name} after ${field}, which is not defined`);
    else keys.add(type.key);
  }
  return keys;
}
