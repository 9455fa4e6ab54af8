// Reads the properties of an entry: resolves expressions, parses texts, adds defaults, and collects all issues.
// Rules between properties and between objects are checked elsewhere.

import type { Origin, Use } from '../expression/origin.ts';
import type { Problem } from '../expression/problem.ts';
import { resolve } from '../expression/resolve.ts';
import type { Sources } from '../expression/sources.ts';
import { hasExpression } from '../expression/template.ts';
import { ENCRYPTED_MARK } from '../ldap/encrypted-mark.ts';
import type { Entry } from '../ldap/entry.ts';
import { type Issue, SECRET_STARS } from '../ldap/issue.ts';
import type { ResultCodeName } from '../ldap/result-code.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { PropertyDefinition } from './property-definition.ts';
import { meaningOf, type Refused } from './property-type.ts';

const EXPRESSION_ATTRIBUTES = 'ds-cfg-';
/** Definitions of the schema have no expressions: they are the same on every server, and are needed before anything is resolved. */
const DEFINITIONS = 'ds-cfg-site-schema';
const NO_USES: readonly never[] = [];
const GIVE_IT_A_VALUE = 'Give it a value, write a default as in $<name|default>, or write the value itself.';
/** Of what has no default. */
const CORRECT_IT = 'Correct the expression, or write the value itself.';
const RESOLVED_CHARACTERS_SHOWN_MAX = 120;

export interface PropertyReading {
  readonly definition: PropertyDefinition;
  /** Typed values, in the order of the entry. */
  readonly values: readonly unknown[];
  /** Values in canonical text, in the same order. */
  readonly texts: readonly string[];
  /** Origin of the values: the entry, the default, or the source of an expression. */
  readonly origin: Origin;
  /** Expressions of each value; empty if no value has any. */
  readonly uses: readonly (readonly Use[])[];
  /** True if the entry has its own value. */
  readonly isWritten: boolean;
  /** Values that an earlier version accepted; a change that adds them is refused. */
  readonly outdated?: readonly OutdatedValue[];
}

export interface OutdatedValue {
  /** Canonical text; a secret if the property is one. */
  readonly text: string;
  readonly issue: Issue;
}

export interface ObjectReading {
  readonly definition: ObjectDefinition;
  readonly entry: Entry;
  /** Readable properties by name. */
  readonly properties: ReadonlyMap<string, PropertyReading>;
  /** Typed object of the readable properties. */
  readonly object: object;
  readonly issues: readonly Issue[];
  /** Cached by checkObject: all issues, including the rules of the object. */
  checked: readonly Issue[] | undefined;
  /** Cached by the property validator: the ReferenceIndex keys of the entry. */
  targets: readonly string[] | undefined;
}

/** Returns true if values of the attribute may have expressions. The key is in lower case. */
export function takesExpressions(attributeKey: string): boolean {
  return attributeKey.startsWith(EXPRESSION_ATTRIBUTES) && attributeKey !== DEFINITIONS;
}

/**
 * Reads every property of the definition. Returns problems in `issues` and never throws. `earlier` is a reading with
 * the same sources; values of unchanged attributes are taken from it. `inForce` has effective readings, by property
 * name, that replace those of the entry.
 */
export function readProperties(
  definition: ObjectDefinition,
  entry: Entry,
  sources: Sources,
  earlier?: ObjectReading,
  inForce?: ReadonlyMap<string, PropertyReading>,
): ObjectReading {
  const issues: Issue[] = [];
  const properties = new Map<string, PropertyReading>();
  const object: Record<string, unknown> = { kind: definition.kind, name: entry.dn.name, dn: entry.dn };
  for (const property of definition.properties) {
    const reading =
      inForce?.get(property.name) ??
      findSame(property, entry, earlier) ??
      readProperty(property, entry, sources, properties, issues);
    if (reading === undefined) continue;
    properties.set(property.name, reading);
    object[property.field] = property.multiValued ? reading.values : reading.values[0];
  }
  return { definition, entry, properties, object, issues, checked: undefined, targets: undefined };
}

/**
 * Returns the earlier reading of an unchanged attribute, which is shared between entries. A default may depend on
 * another property.
 */
function findSame(
  property: PropertyDefinition,
  entry: Entry,
  earlier: ObjectReading | undefined,
): PropertyReading | undefined {
  const known = earlier?.properties.get(property.name);
  if (known === undefined || known.definition !== property) return undefined;
  if (!known.isWritten && property.defaultWhen !== undefined) return undefined;
  return entry.find(property.key) === earlier?.entry.find(property.key) ? known : undefined;
}

function readProperty(
  property: PropertyDefinition,
  entry: Entry,
  sources: Sources,
  earlier: ReadonlyMap<string, PropertyReading>,
  issues: Issue[],
): PropertyReading | undefined {
  const written = entry.values(property.key);
  if (written.length === 0) return readDefault(property, entry, earlier, issues);
  const values: unknown[] = [];
  const texts: string[] = [];
  const uses: (readonly Use[])[] = [];
  let origin: Origin = 'written';
  const outdated: OutdatedValue[] = [];
  const issuesBefore = issues.length;
  for (const text of written) {
    const resolved = resolveValue(property, entry, text, sources, issues);
    if (resolved === undefined) continue;
    if (resolved.origin !== 'written') origin = resolved.origin;
    for (const value of resolved.values) {
      parseValue(property, entry, { written: text, resolved: value }, { issues, outdated, values, texts });
      uses.push(resolved.uses);
    }
  }
  if (issues.length > issuesBefore) return undefined;
  if (values.length === 0 && property.required) return missing(property, entry, issues);
  if (values.length > 1 && !property.multiValued) {
    const problem = `has ${values.length} values; only one is allowed`;
    issues.push(issueOf('constraintViolation', property, entry, undefined, problem, 'Leave one value.'));
    return undefined;
  }
  const isPlain = origin === 'written';
  const reading = { definition: property, values, texts, origin, isWritten: true };
  return { ...reading, uses: isPlain ? NO_USES : uses, ...(outdated.length === 0 ? {} : { outdated }) };
}

function readDefault(
  property: PropertyDefinition,
  entry: Entry,
  earlier: ReadonlyMap<string, PropertyReading>,
  issues: Issue[],
): PropertyReading | undefined {
  if (property.required) return missing(property, entry, issues);
  const { defaultWhen } = property;
  const holds = defaultWhen !== undefined && earlier.get(defaultWhen.property)?.texts[0] === defaultWhen.is;
  const { values, texts } = holds ? property.defaultReadingWhen : property.defaultReading;
  return { definition: property, values, texts, origin: 'default', uses: NO_USES, isWritten: false };
}

function missing(property: PropertyDefinition, entry: Entry, issues: Issue[]): undefined {
  const advice = `Add ${property.attribute}. Allowed: ${property.allowed}.`;
  issues.push(
    issueOf('objectClassViolation', property, entry, undefined, 'is required and has no value', advice),
  );
}

interface Resolved {
  readonly values: readonly string[];
  readonly origin: Origin;
  readonly uses: readonly Use[];
}

function resolveValue(
  property: PropertyDefinition,
  entry: Entry,
  text: string,
  sources: Sources,
  issues: Issue[],
): Resolved | undefined {
  if (!takesExpressions(property.key) || !hasExpression(text))
    return { values: [text], origin: 'written', uses: NO_USES };
  const resolution = resolve(text, sources, {
    multiple: property.multiValued,
    secret: property.type.secret,
  });
  if (resolution.resolved) return resolution;
  for (const problem of resolution.problems) issues.push(unresolved(property, entry, text, problem));
  return undefined;
}

function unresolved(property: PropertyDefinition, entry: Entry, text: string, problem: Problem): Issue {
  const looked = problem.places.length === 0 ? '' : `; looked for ${problem.places.join(', ')}`;
  // For a secret, only the expression is shown. Its defaults are already hidden.
  const received = property.type.secret ? problem.expression : property.type.show(text);
  const within = received === problem.expression ? '' : `${problem.expression} `;
  const isElsewhere = /^\$<(?:cred|http):/.test(problem.expression);
  const advice = problem.advice ?? (isElsewhere ? CORRECT_IT : GIVE_IT_A_VALUE);
  const issue = issueOf(
    'unwillingToPerform',
    property,
    entry,
    received,
    `cannot be resolved: ${within}${problem.reason}${looked}`,
    advice,
  );
  return problem.isFileMissing === true ? { ...issue, isFileMissing: true } : issue;
}

interface ParsedValues {
  readonly issues: Issue[];
  readonly outdated: OutdatedValue[];
  readonly values: unknown[];
  readonly texts: string[];
}

function parseValue(
  property: PropertyDefinition,
  entry: Entry,
  { written, resolved }: { readonly written: string; readonly resolved: string },
  { issues, outdated, values, texts }: ParsedValues,
): void {
  const parsed = encryptedProblem(property, resolved) ?? property.type.parse(resolved);
  const meant = meaningOf(parsed);
  const text = meant && property.type.format(meant.value);
  if (meant !== undefined && text !== undefined) {
    values.push(meant.value);
    texts.push(text);
  }
  if (parsed.problem === undefined) return;
  const advice = parsed.advice ?? `Allowed: ${property.allowed}.`;
  const problem =
    written === resolved ? parsed.problem : `${resolvedInWords(property, resolved)}, which ${parsed.problem}`;
  const code = parsed.code ?? 'constraintViolation';
  const issue = issueOf(code, property, entry, property.type.show(written), problem, advice);
  if (text === undefined) issues.push(issue);
  else outdated.push({ text, issue });
}

/** Refuses what only a file of the server may have: an earlier encrypted value could be brought back. */
function encryptedProblem({ type }: PropertyDefinition, text: string): Refused | undefined {
  if (!(type.secret || type.mayHoldSecrets) || !text.startsWith(ENCRYPTED_MARK)) return undefined;
  return {
    problem: `begins with ${ENCRYPTED_MARK}, as only encrypted values in the files of this server do`,
    advice:
      'Write the secret itself; the server encrypts it in its files. import-ldif --offline takes an export with encrypted secrets.',
  };
}

function resolvedInWords(property: PropertyDefinition, resolved: string): string {
  const { secret, mayHoldSecrets } = property.type;
  // A value without a name may be secret.
  if (secret || (mayHoldSecrets === true && !resolved.includes('='))) return 'resolves to a value';
  const shown = property.type.show(resolved);
  const short =
    shown.length > RESOLVED_CHARACTERS_SHOWN_MAX
      ? `${shown.slice(0, RESOLVED_CHARACTERS_SHOWN_MAX)}…`
      : shown;
  return `resolves to ${JSON.stringify(short)}`;
}

/** Returns an issue about one property. The caller has already hidden secrets. */
export function issueOf(
  code: ResultCodeName,
  property: PropertyDefinition,
  entry: Entry,
  received: string | undefined,
  problem: string,
  advice?: string,
): Issue {
  return {
    code,
    dn: entry.dn.toString(),
    property: property.name,
    problem,
    ...(received === undefined ? {} : { received }),
    ...(advice === undefined ? {} : { advice }),
  };
}

/** Returns the stored value of a property for messages, with stars for a secret. */
export function shownValue(property: PropertyDefinition, entry: Entry): string | undefined {
  const text = entry.first(property.key);
  if (text === undefined) return undefined;
  return property.type.secret ? SECRET_STARS : property.type.show(text);
}
