// Extensible match filters (RFC 4511 §4.5.1.7.7): with a matching rule, an attribute, both, and optionally the
// values in the DN.

import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { type AttributeSelector, makeAttributeSelector, typeKeyOf } from './attribute-selector.ts';
import { appliesTo } from './attribute-type.ts';
import type { MatchingRule } from './matching-rule.ts';
import { normalizeAssertion, normalizeValue } from './normal-value.ts';
import type { Schema } from './schema.ts';
import { compileValueMatch, parseSubstringAssertion } from './substrings-matcher.ts';

type ExtensibleMatch = Extract<Filter, { readonly type: 'extensibleMatch' }>;
type ValueMatch = (value: string) => boolean | undefined;

/**
 * Compiles an extensible match. An unknown rule or attribute, or a value that the rule cannot parse, evaluates
 * to Undefined.
 */
export function compileExtensibleMatch(
  schema: Schema,
  filter: ExtensibleMatch,
  isHidden?: (key: string) => boolean,
): (entry: Entry) => boolean | undefined {
  const matches = compileRule(schema, filter);
  const selects = compileSelection(schema, filter, isHidden);
  if (matches === undefined || selects === undefined) return () => undefined;
  return (entry) => {
    let result: boolean | undefined = false;
    for (const { key, values } of entry.attributes) {
      if (!selects(key)) continue;
      for (const value of values) {
        const matched = matches(value);
        if (matched === true) return true;
        if (matched === undefined) result = undefined;
      }
    }
    return filter.dnAttributes ? matchName(schema, entry.dn, selects, matches, result) : result;
  };
}

function matchName(
  schema: Schema,
  dn: Dn,
  selects: AttributeSelector,
  matches: ValueMatch,
  before: boolean | undefined,
): boolean | undefined {
  let result = before;
  for (const { type, value } of dn.rdns.flat()) {
    const key = schema.findAttributeType(type)?.key;
    if (key === undefined || !selects(key)) continue;
    const matched = matches(value);
    if (matched === true) return true;
    if (matched === undefined) result = undefined;
  }
  return result;
}

/**
 * Selects the attributes to match. Without an attribute in the filter, these are all attributes to which the
 * rule applies.
 */
function compileSelection(
  schema: Schema,
  filter: ExtensibleMatch,
  isHidden: (key: string) => boolean = () => false,
): AttributeSelector | undefined {
  if (filter.attribute !== undefined) {
    const described = schema.describe(filter.attribute);
    return described && makeAttributeSelector(schema, described, isHidden);
  }
  const rule = schema.findMatchingRule(filter.rule ?? '');
  if (rule === undefined) return undefined;
  const types = schema.attributeTypes.filter((type) => appliesTo(rule, type) && !isHidden(type.key));
  const keys = new Set(types.map((type) => type.key));
  return (key) => keys.has(typeKeyOf(key));
}

function compileRule(schema: Schema, filter: ExtensibleMatch): ValueMatch | undefined {
  if (filter.rule !== undefined) {
    const rule = schema.findMatchingRule(filter.rule);
    return rule && compileAssertion(rule, filter.value);
  }
  const type = schema.describe(filter.attribute ?? '')?.type;
  if (type === undefined) return undefined;
  const wanted = normalizeAssertion(type, filter.value);
  return wanted === undefined ? undefined : (value) => normalizeValue(type, value) === wanted;
}

/**
 * Returns the match of one value. An ordering rule matches values less than the asserted one (RFC 4517 §4.2.4).
 */
function compileAssertion(rule: MatchingRule, assertion: string): ValueMatch | undefined {
  if (rule.substrings !== undefined) {
    const pieces = parseSubstringAssertion(assertion);
    return pieces && compileValueMatch(rule.substrings, pieces);
  }
  const wanted = rule.normalize(assertion);
  if (wanted === undefined) return undefined;
  return (value) => {
    const normal = rule.normalizeStored === undefined ? rule.normalize(value) : rule.normalizeStored(value);
    if (normal === undefined) return undefined;
    if (rule.matches !== undefined) return rule.matches(normal, wanted);
    return rule.compare === undefined ? normal === wanted : rule.compare(normal, wanted) < 0;
  };
}
