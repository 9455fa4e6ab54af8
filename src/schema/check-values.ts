// Checks each attribute of an entry by itself (RFC 4512 §2.5, RFC 4511 §4.6 and §4.7): unknown types, invalid
// values, duplicate values. check-classes.ts checks what object classes allow.

import type { Dn } from '../ldap/dn.ts';
import type { Attribute } from '../ldap/entry.ts';
import { type Issue, SECRET_STARS } from '../ldap/issue.ts';
import { type AttributeDescription, type AttributeType, isRange } from './attribute-type.ts';
import { normalizeValue } from './normal-value.ts';
import type { Schema } from './schema.ts';
import { findSimilarName } from './similar-name.ts';

/** Maximum number of suggestions: each one compares a name with all names of the schema. */
const SUGGESTIONS_MAX = 8;
/** Maximum number of issues of one attribute. Nobody reads more. */
const VALUE_ISSUES_MAX = 100;

/** Returns true if an issue must not repeat this value. Some attributes have secret values only in some forms. */
export type IsSecret = (key: string, value: string) => boolean;

/**
 * Returns the issues of all attributes, with result codes 17, 19, 20 and 21. `isSecret` takes the key of an
 * attribute type and a value.
 */
export function checkValues(
  schema: Schema,
  dn: Dn | string,
  attributes: readonly Attribute[],
  isSecret: IsSecret,
): Issue[] {
  const issues: Issue[] = [];
  const entry = dn.toString();
  const seen = new Set<string>();
  let suggestions = 0;
  for (const attribute of attributes) {
    const described = schema.describe(attribute.description);
    if (described === undefined || isRange(described)) {
      const suggestion = suggestions < SUGGESTIONS_MAX ? suggestName(schema, attribute) : undefined;
      suggestions += 1;
      issues.push(unknownAttribute(entry, attribute, suggestion));
      continue;
    }
    if (seen.has(described.key)) issues.push(attributeTwice(entry, attribute, described));
    seen.add(described.key);
    for (const issue of checkAttribute(entry, attribute, described, isSecret)) issues.push(issue);
  }
  return issues;
}

function checkAttribute(
  dn: string,
  { values }: Attribute,
  { type, description }: AttributeDescription,
  isSecret: IsSecret,
): readonly Issue[] {
  const about = { dn, property: description };
  if (values.length === 0) {
    const advice = 'Give it a value or leave it out.';
    return [{ code: 'constraintViolation', ...about, problem: 'has no value', advice }];
  }
  const issues: Issue[] = [];
  const keys = new Set<string>();
  for (const value of values) {
    const refusal = refuseValue(type, value, keys);
    if (refusal === undefined) continue;
    issues.push({ ...about, received: isSecret(type.key, value) ? SECRET_STARS : value, ...refusal });
    if (issues.length === VALUE_ISSUES_MAX) break;
  }
  if (type.singleValue && values.length > 1) {
    const problem = `has ${values.length} values`;
    const advice = 'It may have one value only.';
    issues.push({ code: 'constraintViolation', ...about, problem, advice });
  }
  return issues;
}

/** Returns what is wrong with one value. `keys` holds the normal forms of the values before it; adds its own. */
function refuseValue(
  type: AttributeType,
  value: string,
  keys: Set<string>,
): Pick<Issue, 'code' | 'problem' | 'advice'> | undefined {
  const allowed = type.syntax.check(value);
  if (allowed !== undefined) {
    const problem = `is not a value of the syntax ${type.syntax.description}`;
    return { code: 'invalidAttributeSyntax', problem, advice: `The value ${allowed}.` };
  }
  const size = keys.size;
  if (keys.add(normalizeValue(type, value)).size > size) return undefined;
  const rule = type.equality === undefined ? '' : ` under ${type.equality.names[0] ?? type.equality.oid}`;
  const advice = `Keep one of the values that are equal${rule}.`;
  return { code: 'attributeOrValueExists', problem: 'is there twice', advice };
}

function suggestName(schema: Schema, attribute: Attribute): string | undefined {
  const [name = ''] = attribute.description.split(';', 1);
  const names = schema.attributeTypes.flatMap((type) => type.names);
  return schema.findAttributeType(name) === undefined ? findSimilarName(name, names) : undefined;
}

function unknownAttribute(dn: string, attribute: Attribute, suggestion: string | undefined): Issue {
  const advice =
    suggestion === undefined
      ? 'The entry cn=schema lists all attributes.'
      : `Perhaps ${suggestion} is meant.`;
  const problem = 'is not an attribute that the schema knows';
  return { code: 'undefinedAttributeType', dn, property: attribute.description, problem, advice };
}

function attributeTwice(dn: string, attribute: Attribute, { description }: AttributeDescription): Issue {
  const other = attribute.description === description ? '' : ` as ${description}`;
  return {
    code: 'attributeOrValueExists',
    dn,
    property: attribute.description,
    problem: `is given twice${other === '' ? '' : `, also${other}`}`,
    advice: 'Give all values of an attribute together.',
  };
}
