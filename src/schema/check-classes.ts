// Checks an entry as a whole: its object classes, the attributes they require and allow (RFC 4512 §2.4), and
// that the entry has the values in its name (RFC 4511 §4.7).

import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { AttributeType } from './attribute-type.ts';
import { checkValues, type IsSecret } from './check-values.ts';
import { normalizeValue } from './normal-value.ts';
import { mostSpecial, type ObjectClass } from './object-class.ts';
import type { Schema } from './schema.ts';
import { findSimilarName } from './similar-name.ts';

export const EXTENSIBLE_OBJECT_OID = '1.3.6.1.4.1.1466.101.120.111';
const SUGGESTIONS_MAX = 8;

/** Returns all issues of an entry: its values, its object classes and its name. */
export function checkEntry(schema: Schema, entry: Entry, isSecret: IsSecret): Issue[] {
  return [...checkValues(schema, entry.dn, entry.attributes, isSecret), ...checkClasses(schema, entry)];
}

/** Returns the issues of the object classes (result code 65) and of a name whose values the entry lacks (64). */
export function checkClasses(schema: Schema, entry: Entry): Issue[] {
  const found = findClasses(schema, entry);
  const present = findTypes(schema, entry);
  return [
    ...found.issues,
    ...checkKinds(entry, found.classes, found.issues.length > 0),
    ...checkMust(schema, entry, found.classes, present),
    // An unknown or missing class may allow attributes that the known ones do not.
    ...(found.issues.length > 0 || found.classes.length === 0
      ? []
      : checkMay(schema, entry, found.classes, present)),
    ...checkName(schema, entry),
  ];
}

/**
 * Returns the values of objectClass with the missing superiors appended, each class once, in the schema's
 * spelling. Unknown classes stay in the result; checkClasses refuses them.
 */
export function completeClasses(schema: Schema, values: readonly string[]): readonly string[] {
  const names = new Set(values.map((value) => schema.findObjectClass(value)?.name ?? value));
  for (const value of values) {
    for (const superior of schema.findObjectClass(value)?.lineage ?? []) names.add(superior.name);
  }
  return [...names];
}

interface FoundClasses {
  readonly classes: readonly ObjectClass[];
  readonly issues: readonly Issue[];
}

function findClasses(schema: Schema, entry: Entry): FoundClasses {
  const classes = new Set<ObjectClass>();
  const issues: Issue[] = [];
  for (const value of entry.values('objectclass')) {
    const objectClass = schema.findObjectClass(value);
    if (objectClass !== undefined) {
      classes.add(objectClass);
      continue;
    }
    const names = issues.length < SUGGESTIONS_MAX ? schema.objectClasses.flatMap((known) => known.names) : [];
    const similar = findSimilarName(value, names);
    const advice =
      similar === undefined
        ? 'The entry cn=schema lists all object classes.'
        : `Perhaps ${similar} is meant.`;
    const problem = 'is not an object class that the schema knows';
    issues.push({ ...refusal(entry, problem, advice), property: 'objectClass', received: value });
  }
  return { classes: [...classes], issues };
}

/** Returns the attribute types of the entry, without options, in its order. */
function findTypes(schema: Schema, entry: Entry): ReadonlySet<AttributeType> {
  const types = entry.attributes.map((attribute) => schema.describe(attribute.description)?.type);
  return new Set(types.filter((type) => type !== undefined));
}

function checkKinds(entry: Entry, classes: readonly ObjectClass[], hasUnknown: boolean): readonly Issue[] {
  const structural = classes.filter(({ kind }) => kind === 'structural');
  if (structural.length === 0) {
    if (hasUnknown) return [];
    const what = classes.length === 0 ? 'has no object class' : 'has no structural object class';
    const names = classes.length === 0 ? '' : `, only ${listNames(classes)}`;
    return [refusal(entry, what + names, 'Add the class that says what the entry is.')];
  }
  if (mostSpecial(classes) !== undefined) return [];
  const ends = structural.filter(
    (candidate) => !structural.some((other) => other !== candidate && other.lineage.has(candidate)),
  );
  const problem = `has structural object classes that are not built on each other: ${listNames(ends)}`;
  return [refusal(entry, problem, 'Keep one of them.')];
}

function checkMust(
  schema: Schema,
  entry: Entry,
  classes: readonly ObjectClass[],
  present: ReadonlySet<AttributeType>,
): readonly Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  for (const objectClass of classes) {
    for (const key of objectClass.must) {
      const type = schema.findAttributeType(key);
      if (type === undefined || present.has(type) || seen.has(key)) continue;
      seen.add(key);
      const problem = `is missing: the object class ${demandedBy(objectClass, key).name} demands it`;
      issues.push({ ...refusal(entry, problem, 'Give it a value.'), property: type.name });
    }
  }
  return issues;
}

/** Returns the superior that requires the attribute, so that the message names the right class. */
function demandedBy(objectClass: ObjectClass, key: string): ObjectClass {
  for (const superior of objectClass.lineage) {
    if (superior.ownMust.has(key)) return superior;
  }
  return objectClass;
}

function checkMay(
  schema: Schema,
  entry: Entry,
  classes: readonly ObjectClass[],
  present: ReadonlySet<AttributeType>,
): readonly Issue[] {
  if (classes.some(({ lineage }) => [...lineage].some(({ oid }) => oid === EXTENSIBLE_OBJECT_OID))) return [];
  const rule = schema.contentRuleOf(entry.values('objectclass'));
  const issues: Issue[] = [];
  for (const type of present) {
    if (type.isOperational || rule?.may.has(type.key) || rule?.must.has(type.key)) continue;
    if (classes.some(({ must, may }) => must.has(type.key) || may.has(type.key))) continue;
    const problem = `is not allowed by the object classes of the entry: ${listNames(classes)}`;
    const advice = 'Remove it, or add an object class that allows it.';
    issues.push({ ...refusal(entry, problem, advice), property: type.name });
  }
  return issues;
}

function checkName(schema: Schema, entry: Entry): readonly Issue[] {
  const issues: Issue[] = [];
  for (const { type: written, value } of entry.dn.rdn ?? []) {
    const type = schema.findAttributeType(written);
    const issue = { code: 'namingViolation', dn: entry.dn.toString(), property: written } as const;
    if (type === undefined) {
      const problem = 'is in the name and is not an attribute of the schema';
      issues.push({ ...issue, problem, advice: 'Name the entry by an attribute it may have, such as cn.' });
      continue;
    }
    const normal = normalizeValue(type, value);
    if (entry.values(type.key).some((other) => normalizeValue(type, other) === normal)) continue;
    const problem = 'is in the name of the entry, but the attribute does not have this value';
    issues.push({
      ...issue,
      received: value,
      problem,
      advice: `Add ${type.name}: ${value}, or name the entry otherwise.`,
    });
  }
  return issues;
}

function listNames(classes: readonly ObjectClass[]): string {
  return classes.map(({ name }) => name).join(', ');
}

function refusal(entry: Entry, problem: string, advice: string): Issue {
  return { code: 'objectClassViolation', dn: entry.dn.toString(), problem, advice };
}
