// Builds object classes from their definitions: finds the superiors and the attributes that they name.

import type { AttributeType } from './attribute-type.ts';
import { type Definition, formatDefinition } from './definition.ts';
import { nameOf, type PlacedDefinition } from './definition-table.ts';
import { ObjectClass, type ObjectClassKind } from './object-class.ts';

/** Parts of the schema that exist before its object classes. Names are in lower case. */
export interface ObjectClassParts {
  readonly types: ReadonlyMap<string, AttributeType>;
  readonly classes: ReadonlyMap<string, ObjectClass>;
}

const KINDS: readonly ObjectClassKind[] = ['abstract', 'structural', 'auxiliary'];

/**
 * Returns the object class of a definition. Reports each problem to `refuse`; the class then consists of the
 * valid parts.
 */
export function buildObjectClass(
  placed: PlacedDefinition,
  parts: ObjectClassParts,
  refuse: (problem: string) => void,
): ObjectClass {
  const { definition } = placed;
  const kind = findKind(definition, refuse);
  return new ObjectClass({
    oid: definition.id,
    names: definition.fields.get('NAME') ?? [],
    name: nameOf(definition),
    text: definition.fields.get('DESC')?.[0],
    kind,
    superiors: findSuperiors(definition, kind, parts, refuse),
    ownMust: collectKeys('MUST', definition, parts, refuse),
    ownMay: collectKeys('MAY', definition, parts, refuse),
    obsolete: definition.fields.has('OBSOLETE'),
    definition: formatDefinition(definition),
  });
}

function findKind(definition: Definition, refuse: (problem: string) => void): ObjectClassKind {
  const [kind, ...others] = KINDS.filter((known) => definition.fields.has(known.toUpperCase()));
  if (others.length > 0)
    refuse('is of more than one kind: ABSTRACT, STRUCTURAL and AUXILIARY exclude each other');
  return kind ?? 'structural';
}

/**
 * Finds the superiors. Abstract classes derive from abstract ones; structural and auxiliary ones do not mix
 * (RFC 4512 §2.4).
 */
function findSuperiors(
  definition: Definition,
  kind: ObjectClassKind,
  { classes }: ObjectClassParts,
  refuse: (problem: string) => void,
): readonly ObjectClass[] {
  const superiors: ObjectClass[] = [];
  for (const name of definition.fields.get('SUP') ?? []) {
    const superior = classes.get(name.toLowerCase());
    if (superior === undefined) {
      refuse(`has the superior ${name}, which is not defined`);
      continue;
    }
    if (superior.kind !== 'abstract' && superior.kind !== kind) {
      refuse(`is ${kind} and cannot have the ${superior.kind} superior ${superior.name}`);
    }
    superiors.push(superior);
  }
  return superiors;
}

function collectKeys(
  field: 'MUST' | 'MAY',
  definition: Definition,
  { types }: ObjectClassParts,
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
