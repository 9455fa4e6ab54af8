// The entry cn=schema: the whole schema as text that directory browsers read (RFC 4512 §4.2).

import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { type AttributeType, appliesTo } from './attribute-type.ts';
import type { ContentRule } from './content-rule.ts';
import { formatDefinition, parseDefinition } from './definition.ts';
import type { MatchingRule } from './matching-rule.ts';
import type { ObjectClass } from './object-class.ts';
import type { PlaceRuleKind } from './schema-builder.ts';
import type { Syntax } from './syntax.ts';
import { isNotReadable } from './syntaxes/octets.ts';

export interface SubschemaContent {
  readonly attributeTypes: readonly AttributeType[];
  readonly objectClasses: readonly ObjectClass[];
  readonly syntaxes: readonly Syntax[];
  readonly matchingRules: readonly MatchingRule[];
  readonly contentRules: readonly ContentRule[];
  readonly placeRules: Readonly<Record<PlaceRuleKind, readonly string[]>>;
}

/** Returns the entry cn=schema with the definitions and the matching rule uses (RFC 4512 §4.2). */
export function makeSubschemaEntry(content: SubschemaContent): Entry {
  return Entry.of(Dn.parse('cn=schema'), {
    objectClass: ['top', 'subentry', 'subschema'],
    cn: 'schema',
    subtreeSpecification: '{ }',
    structuralObjectClass: 'subentry',
    ldapSyntaxes: content.syntaxes.map(formatSyntax),
    matchingRules: content.matchingRules.map(formatMatchingRule),
    matchingRuleUse: content.matchingRules.flatMap((rule) => formatRuleUse(rule, content.attributeTypes)),
    attributeTypes: content.attributeTypes.map((type) => type.definition),
    objectClasses: content.objectClasses.map((objectClass) => objectClass.definition),
    ...Object.fromEntries(Object.entries(rulesOf(content)).filter(([, rules]) => rules.length > 0)),
  });
}

function rulesOf({
  contentRules,
  placeRules,
}: SubschemaContent): Readonly<Record<string, readonly string[]>> {
  return { dITContentRules: contentRules.map(({ definition }) => definition), ...placeRules };
}

/**
 * Takes definitions of attribute types and returns the names of the operational attributes that clients may
 * modify: those without NO-USER-MODIFICATION (RFC 4512 §4.1.2). `*` does not select them. Throws
 * DefinitionError.
 */
export function modifiableOperationalOf(attributeTypes: readonly string[]): readonly string[] {
  return attributeTypes.flatMap((text) => {
    const { id, fields } = parseDefinition('attributeTypes', text);
    const isOperational = fields.has('USAGE') && fields.get('USAGE')?.[0] !== 'userApplications';
    return isOperational && !fields.has('NO-USER-MODIFICATION') ? [fields.get('NAME')?.[0] ?? id] : [];
  });
}

/** Directory browsers find out by X-NOT-HUMAN-READABLE, as OpenLDAP writes it, that a value is no text. */
function formatSyntax(syntax: Syntax): string {
  const fields = new Map([['DESC', [syntax.description]]]);
  if (isNotReadable(syntax)) fields.set('X-NOT-HUMAN-READABLE', ['TRUE']);
  return formatDefinition({ kind: 'ldapSyntaxes', id: syntax.oid, fields });
}

function formatMatchingRule({ oid, names, syntaxOid }: MatchingRule): string {
  const fields = new Map([
    ['NAME', names],
    ['SYNTAX', [syntaxOid]],
  ]);
  return formatDefinition({ kind: 'matchingRules', id: oid, fields });
}

/** Returns the matchingRuleUse of a rule, or an empty list if no type can use the rule (RFC 4512 §4.1.4). */
function formatRuleUse(rule: MatchingRule, types: readonly AttributeType[]): string[] {
  const applied = types.filter((type) => appliesTo(rule, type)).map(({ name }) => name);
  if (applied.length === 0) return [];
  const fields = new Map([
    ['NAME', rule.names],
    ['APPLIES', applied],
  ]);
  return [formatDefinition({ kind: 'matchingRuleUse', id: rule.oid, fields })];
}
