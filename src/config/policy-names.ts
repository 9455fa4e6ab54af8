// Names in access control policies: the DNs that they name follow a rename, and what their patterns matched is reported.

import { escapeExpression, hasExpression } from '../expression/template.ts';
import type { Modification } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';
import { globalAccessControlPolicy } from './objects/global-access-control-policy.ts';
import type { ObjectReading } from './property-reader.ts';
import type { NewNames } from './renamed-references.ts';
import { type DnPattern, dnPattern, patternOfDn } from './types/dn-pattern.ts';

const PATTERNS = globalAccessControlPolicy.properties.filter(({ type }) => type.name === dnPattern().name);
/** ReferenceIndex key of the policies that have patterns. */
export const PATTERNS_KEY = '(patterns)';

/** Returns the ReferenceIndex key of the policies that name an entry. */
export function policyNameKey(key: string): string {
  return `(policy)${key}`;
}

/** Returns the ReferenceIndex keys of a policy: of the entries that it names, and of its patterns. */
export function policyTargetsOf(reading: ObjectReading, schema: Schema): readonly string[] {
  if (reading.definition !== globalAccessControlPolicy) return [];
  const patterns = PATTERNS.flatMap(({ name }) => patternsOf(reading.properties.get(name)?.texts ?? []));
  const named = patterns.flatMap(({ exact }) =>
    exact === undefined ? [] : [policyNameKey(schema.dnKey(exact))],
  );
  return patterns.every(({ exact }) => exact !== undefined) ? named : [...named, PATTERNS_KEY];
}

/** Returns the patterns of a policy that are no names, as they are stored. */
export function openPatternsOf(policy: Entry): readonly DnPattern[] {
  return PATTERNS.flatMap(({ key }) => patternsOf(policy.values(key))).filter(
    ({ exact }) => exact === undefined,
  );
}

/** Returns the modifications with which the names in a policy follow a rename, and the attribute that cannot follow. */
export function followingNames(
  policy: Entry,
  names: NewNames,
  schema: Schema,
): { readonly modifications: readonly Modification[]; readonly stuck: string | undefined } {
  const modifications: Modification[] = [];
  let stuck: string | undefined;
  for (const { key, attribute } of PATTERNS) {
    const written = policy.values(key);
    const named = new Set(exactKeys(written, schema));
    const followed = written.flatMap((text) => {
      const now = newNameOf(text, names, schema);
      if (now === undefined) return [text];
      // A policy may name both, the old name and the new one.
      const [old] = exactKeys([text], schema);
      return exactKeys([now], schema).some((one) => one !== old && named.has(one)) ? [] : [now];
    });
    if (followed.length < written.length || followed.some((text, index) => text !== written[index]))
      modifications.push({ operation: 'replace', attribute: new Attribute(attribute, followed) });
    else if (written.some(hasExpression)) stuck ??= attribute;
  }
  return { modifications, stuck: modifications.length === 0 ? stuck : undefined };
}

/** Returns the policy as if the entries had had their new names before. */
export function followedPolicy(policy: Entry, names: NewNames, schema: Schema): Entry {
  return followingNames(policy, names, schema).modifications.reduce(
    (entry, { attribute }) =>
      entry.with(new Attribute(attribute.description, attribute.values, attribute.key)),
    policy,
  );
}

function newNameOf(text: string, names: NewNames, schema: Schema): string | undefined {
  if (hasExpression(text)) return undefined;
  const [pattern] = patternsOf([text]);
  const now: Dn | undefined = pattern?.exact && names.get(schema.dnKey(pattern.exact));
  return now && escapeExpression(patternOfDn(now));
}

function exactKeys(texts: readonly string[], schema: Schema): readonly string[] {
  return patternsOf(texts).flatMap(({ exact }) => (exact === undefined ? [] : [schema.dnKey(exact)]));
}

function patternsOf(texts: readonly string[]): readonly DnPattern[] {
  const { parse } = dnPattern();
  return texts.flatMap((text) => {
    const parsed = parse(text);
    return parsed.problem === undefined ? [parsed.value] : [];
  });
}
