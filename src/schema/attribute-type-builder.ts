// Builds attribute types from their definitions: finds superior, syntax and matching rules, and inherits what a
// definition leaves out.

import type { AttributeType, AttributeUsage } from './attribute-type.ts';
import { formatDefinition } from './definition.ts';
import { nameOf, type PlacedDefinition } from './definition-table.ts';
import type { MatchingRule } from './matching-rule.ts';
import type { Syntax } from './syntax.ts';

/** Parts of the schema that exist before its attribute types. Keys are in lower case. */
export interface AttributeTypeParts {
  readonly types: ReadonlyMap<string, AttributeType>;
  readonly syntaxes: ReadonlyMap<string, Syntax>;
  readonly rules: ReadonlyMap<string, MatchingRule>;
}

const USAGES: readonly AttributeUsage[] = [
  'userApplications',
  'directoryOperation',
  'distributedOperation',
  'dSAOperation',
];

/**
 * Returns the attribute type of a definition. Reports each problem to `refuse`; the type then consists of the
 * valid parts.
 */
export function buildAttributeType(
  placed: PlacedDefinition,
  parts: AttributeTypeParts,
  refuse: (problem: string) => void,
): AttributeType | undefined {
  const { definition } = placed;
  const { fields } = definition;
  const name = nameOf(definition);
  const superior = findSuperior(fields.get('SUP')?.[0], parts, refuse);
  const syntax = findSyntax(fields.get('SYNTAX')?.[0], superior, fields.has('SUP'), parts, refuse);
  const rule = (
    field: string,
    inherited: MatchingRule | undefined,
    isFitting: (found: MatchingRule) => boolean,
  ) => findRule(field, fields.get(field)?.[0], inherited, isFitting, parts, refuse);
  const usage = findUsage(fields.get('USAGE')?.[0], refuse);
  const equality = rule(
    'EQUALITY',
    superior?.equality,
    (found) => !isOrdering(found) && !isSubstrings(found),
  );
  const ordering = rule('ORDERING', superior?.ordering, isOrdering);
  const substrings = rule('SUBSTR', superior?.substrings, isSubstrings);
  if (superior !== undefined && superior.usage !== usage) {
    refuse(
      `has the usage ${usage}, its superior ${superior.name} has ${superior.usage}: they must be the same`,
    );
  }
  if (syntax === undefined) return undefined;
  return {
    oid: definition.id,
    names: fields.get('NAME') ?? [],
    name,
    key: name.toLowerCase(),
    text: fields.get('DESC')?.[0],
    superior,
    syntax,
    equality,
    ordering,
    substrings,
    singleValue: fields.has('SINGLE-VALUE'),
    collective: fields.has('COLLECTIVE'),
    noUserModification: fields.has('NO-USER-MODIFICATION'),
    usage,
    isOperational: usage !== 'userApplications',
    obsolete: fields.has('OBSOLETE'),
    definition: formatDefinition(definition),
  };
}

function isOrdering(rule: MatchingRule): boolean {
  return rule.compare !== undefined;
}

function isSubstrings(rule: MatchingRule): boolean {
  return rule.substrings !== undefined;
}

function findSuperior(
  name: string | undefined,
  { types }: AttributeTypeParts,
  refuse: (problem: string) => void,
): AttributeType | undefined {
  if (name === undefined) return undefined;
  const superior = types.get(name.toLowerCase());
  if (superior === undefined) refuse(`has the superior ${name}, which is not defined`);
  return superior;
}

function findSyntax(
  written: string | undefined,
  superior: AttributeType | undefined,
  hasSuperior: boolean,
  { syntaxes }: AttributeTypeParts,
  refuse: (problem: string) => void,
): Syntax | undefined {
  if (written === undefined) {
    if (!hasSuperior) refuse('has neither SYNTAX nor a superior to inherit one from');
    return superior?.syntax;
  }
  const oid = written.replace(/\{\d+\}$/, '');
  const syntax = syntaxes.get(oid);
  if (syntax === undefined) refuse(`has the syntax ${oid}, which is not known`);
  return syntax;
}

function findRule(
  field: string,
  name: string | undefined,
  inherited: MatchingRule | undefined,
  isFitting: (found: MatchingRule) => boolean,
  { rules }: AttributeTypeParts,
  refuse: (problem: string) => void,
): MatchingRule | undefined {
  if (name === undefined) return inherited;
  const rule = rules.get(name.toLowerCase());
  if (rule === undefined) refuse(`has the matching rule ${name}, which is not known`);
  else if (!isFitting(rule)) refuse(`has the matching rule ${name} after ${field}, which is of another kind`);
  return rule;
}

function findUsage(written: string | undefined, refuse: (problem: string) => void): AttributeUsage {
  if (written === undefined) return 'userApplications';
  const usage = USAGES.find((known) => known.toLowerCase() === written.toLowerCase());
  if (usage === undefined) refuse(`has the usage ${written}, which is not one of ${USAGES.join(', ')}`);
  return usage ?? 'userApplications';
}
