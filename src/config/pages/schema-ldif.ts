// The LDAP schema of the configuration: generates schema/02-config.ldif from the declarations; a test compares the
// two. Attributes with expressions have PingDS's "value or expression" syntaxes.

import { BrokenInvariant } from '../../files/program-error.ts';
import { expressionSyntaxOid } from '../expression-syntaxes.ts';
import type { ObjectDefinition } from '../object-definition.ts';
import { nameFormOf, OWN_ARC } from '../object-identifiers.ts';
import { type OperationalAttribute, operationalAttributes } from '../operational-attributes.ts';
import type { PropertyDefinition } from '../property-definition.ts';
import { takesExpressions } from '../property-reader.ts';
import { BaseSyntax, type BaseSyntaxName } from '../property-type.ts';

const LINE_CHARACTERS_MAX = 110;
/** Property types without a meaning here. */
const FOREIGN_TYPES: ReadonlySet<string> = new Set(['unsupported', 'fixed value', 'without effect']);

const HEADER = `# The attributes and object classes of the configuration. Written from the declarations in src/config/objects
# by "npm run generate": changes made here are lost.
dn: cn=schema
objectClass: top
objectClass: ldapSubentry
objectClass: subschema`;

/**
 * Returns the LDIF text. Throws Error if declarations of one attribute contradict each other or an OID is used
 * twice.
 */
export function formatSchemaLdif(definitions: readonly ObjectDefinition[]): string {
  const attributes = attributesOf(definitions);
  refuseRepeatedOids([
    ...[...attributes.values()].map(([{ property }]) => property.oid),
    ...definitions.map((definition) => definition.objectClass.oid),
    ...operationalAttributes.map(({ oid }) => oid),
  ]);
  const lines = [
    HEADER,
    ...[...attributes.values()].map(attributeLines),
    ...operationalAttributes.map(operationalAttributeLines),
    ...definitions.map((definition) => classLines(definition)),
    ...definitions.filter(hasNameForm).map(nameFormLines),
  ];
  return `${lines.join('\n')}\n`;
}

interface Use {
  readonly definition: ObjectDefinition;
  readonly property: PropertyDefinition;
}

/**
 * Returns the uses of each attribute that is defined here, by its key, in the order of the declarations; never
 * empty.
 */
function attributesOf(
  definitions: readonly ObjectDefinition[],
): ReadonlyMap<string, readonly [Use, ...Use[]]> {
  const attributes = new Map<string, [Use, ...Use[]]>();
  for (const definition of definitions) {
    for (const property of ownProperties(definition)) {
      if (property.oid === undefined) continue;
      const use = { definition, property };
      const uses = attributes.get(property.key);
      if (uses === undefined) attributes.set(property.key, [use]);
      else uses.push(use);
    }
  }
  for (const uses of attributes.values()) refuseContradiction(uses);
  return attributes;
}

function ownProperties({ properties, parent }: ObjectDefinition): readonly PropertyDefinition[] {
  return properties.filter((property) => parent?.propertiesByName.get(property.name) !== property);
}

function refuseContradiction([first, ...others]: readonly [Use, ...Use[]]): void {
  for (const { property, definition } of others) {
    if (shapeOf(property) === shapeOf(first.property)) continue;
    throw new BrokenInvariant(
      `${property.attribute} is declared differently by ${first.definition.kind} and ${definition.kind}.`,
    );
  }
}

function shapeOf({ oid, type, multiValuedAttribute, operationalAttribute }: PropertyDefinition): string {
  return JSON.stringify([oid, type.syntax, type.caseSensitive, multiValuedAttribute, operationalAttribute]);
}

function refuseRepeatedOids(oids: readonly (string | undefined)[]): void {
  const repeated = oids.find((oid, index) => oid !== undefined && oids.indexOf(oid) !== index);
  if (repeated !== undefined) throw new BrokenInvariant(`The OID ${repeated} is declared twice.`);
}

function attributeLines(uses: readonly [Use, ...Use[]]): string {
  const [{ property }] = uses;
  const { type, oid = '' } = property;
  return definitionLines('attributeTypes', oid, [
    `NAME '${property.attribute}'`,
    `DESC ${quote(describe(uses))}`,
    ...matchingRules(type.syntax, type.caseSensitive),
    `SYNTAX ${syntaxOid(property)}`,
    ...(property.multiValuedAttribute ? [] : ['SINGLE-VALUE']),
    ...(property.operationalAttribute ? ['USAGE directoryOperation'] : []),
  ]);
}

function operationalAttributeLines({
  name,
  oid,
  syntax,
  synopsis,
  multiValued,
}: OperationalAttribute): string {
  return definitionLines('attributeTypes', oid, [
    `NAME '${name}'`,
    `DESC ${quote(synopsis)}`,
    ...matchingRules(syntax, false),
    `SYNTAX ${ordinarySyntaxOid(syntax)}`,
    ...(multiValued ? [] : ['SINGLE-VALUE']),
    'NO-USER-MODIFICATION',
    'USAGE directoryOperation',
  ]);
}

function syntaxOid({ key, type }: PropertyDefinition): string {
  return takesExpressions(key) ? expressionSyntaxOid(type.syntax) : ordinarySyntaxOid(type.syntax);
}

function ordinarySyntaxOid(syntax: BaseSyntaxName): string {
  return `1.3.6.1.4.1.1466.115.121.1.${BaseSyntax[syntax]}`;
}

/** Returns the description of an attribute. Different ones of several kinds are combined, meaningful ones first. */
function describe(uses: readonly Use[]): string {
  const synopses = new Set(uses.map(({ property }) => synopsisOf(property)));
  if (synopses.size === 1) return [...synopses].join('');
  const ordered = [
    ...uses.filter(({ property }) => !isForeign(property)),
    ...uses.filter(({ property }) => isForeign(property)),
  ];
  return ordered
    .map(({ definition, property }) => `${definition.friendlyName}: ${synopsisOf(property)}`)
    .join(' ');
}

/**
 * Returns the synopsis. Says that a property is single-valued if OpenDJ's attribute is multi-valued, for forms in
 * tools.
 */
function synopsisOf(property: PropertyDefinition): string {
  const { synopsis, multiValued, multiValuedAttribute } = property;
  return multiValuedAttribute && !multiValued && !isForeign(property)
    ? `${synopsis} One value only.`
    : synopsis;
}

/** Returns true if the property is declared for entries of other servers only. */
function isForeign({ type }: PropertyDefinition): boolean {
  return FOREIGN_TYPES.has(type.name);
}

/** Returns true if clients choose the names of the kind's entries. */
function hasNameForm({ abstract, objectClass, location }: ObjectDefinition): boolean {
  return !abstract && objectClass.kind === 'structural' && 'under' in location;
}

/**
 * Returns the name form (RFC 4512 §4.1.7.2), from which tools offer classes and naming attributes. There are no DIT content rules: a
 * site may add auxiliary classes of its own to every kind of object.
 */
function nameFormLines({ objectClass, friendlyPluralName, namingAttribute }: ObjectDefinition): string {
  const { oid, name } = objectClass;
  return definitionLines('nameForms', nameFormOf(oid), [
    `NAME '${name}-name'`,
    `DESC ${quote(`${friendlyPluralName} are named by ${namingAttribute} and nothing else.`)}`,
    `OC ${name}`,
    `MUST ${namingAttribute}`,
  ]);
}

function matchingRules(syntax: BaseSyntaxName, caseSensitive: boolean): readonly string[] {
  switch (syntax) {
    case 'boolean':
      return ['EQUALITY booleanMatch'];
    case 'dn':
      return ['EQUALITY distinguishedNameMatch'];
    case 'integer':
      return ['EQUALITY integerMatch', 'ORDERING integerOrderingMatch'];
    case 'octetString':
      return ['EQUALITY octetStringMatch'];
    case 'generalizedTime':
      return ['EQUALITY generalizedTimeMatch', 'ORDERING generalizedTimeOrderingMatch'];
    case 'ia5String':
      return ['EQUALITY caseIgnoreIA5Match', 'SUBSTR caseIgnoreIA5SubstringsMatch'];
    case 'directoryString': {
      const rule = caseSensitive ? 'caseExact' : 'caseIgnore';
      return [`EQUALITY ${rule}Match`, `ORDERING ${rule}OrderingMatch`, `SUBSTR ${rule}SubstringsMatch`];
    }
  }
}

function classLines(definition: ObjectDefinition): string {
  const { objectClass, parent, synopsis } = definition;
  // The structural class of an entry has the naming attribute. Operational attributes need no class.
  const own = ownProperties(definition).filter((it) => !it.operationalAttribute && it.oid !== undefined);
  const isNamedByCn = definition.namingAttribute === 'cn' && objectClass.kind === 'structural';
  const naming = parent === undefined && isNamedByCn ? ['cn'] : [];
  const must = [...naming, ...own.filter((it) => it.required).map((it) => it.attribute)];
  const may = own.filter((it) => !it.required).map((it) => it.attribute);
  return definitionLines('objectClasses', objectClass.oid, [
    `NAME '${objectClass.name}'`,
    `DESC ${quote(synopsis)}`,
    `SUP ${parent?.objectClass.name ?? 'top'}`,
    (definition.abstract ? 'abstract' : objectClass.kind).toUpperCase(),
    ...oidList('MUST', must),
    ...oidList('MAY', may),
  ]);
}

function oidList(word: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [names.length === 1 ? `${word} ${names[0]}` : `${word} ( ${names.join(' $ ')} )`];
}

/** Returns a definition with a clause on each line, joined as LDIF does (RFC 2849, note 2). */
function definitionLines(attribute: string, oid: string, clauses: readonly string[]): string {
  const origin = `X-ORIGIN '${oid.startsWith(OWN_ARC) ? 'confdit' : 'OpenDJ'}' )`;
  return [`${attribute}: ( ${oid}`, ...[...clauses, origin].map((clause) => fold(`  ${clause}`))].join('\n');
}

/** Folds a text: a continuation line starts with one space, which is not part of the value. */
function fold(line: string): string {
  const parts = [line.slice(0, LINE_CHARACTERS_MAX)];
  for (let at = LINE_CHARACTERS_MAX; at < line.length; at += LINE_CHARACTERS_MAX - 1) {
    parts.push(` ${line.slice(at, at + LINE_CHARACTERS_MAX - 1)}`);
  }
  return parts.join('\n');
}

/** Quotes a text as qdstring (RFC 4512 §4.1). */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\5C').replaceAll("'", '\\27')}'`;
}
