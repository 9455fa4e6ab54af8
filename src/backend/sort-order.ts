// The order a client wants (RFC 2891): keys compared by ordering rules, one after the other. An entry without a value
// comes after all that have one; of several values the least counts.

import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { SortKey } from '../ldap/sort-key.ts';
import type { MatchingRule } from '../schema/matching-rule.ts';
import { compareText } from '../schema/rules/text.ts';
import type { Schema } from '../schema/schema.ts';

interface Key {
  /** Keys of the attributes that count. */
  readonly typeKeys: readonly string[];
  readonly isReverse: boolean;
  normalize(value: string): string | undefined;
  compare(a: string, b: string): number;
}

/** Values that an entry is compared by: for each key its least value in normal form. */
export type SortValues = readonly (string | undefined)[];

export class SortOrder {
  readonly #keys: readonly Key[];

  /** Throws noSuchAttribute, inappropriateMatching, insufficientAccessRights (RFC 2891 §1.2). */
  constructor(
    schema: Schema,
    sortKeys: readonly SortKey[],
    isHidden: ((key: string) => boolean) | undefined,
  ) {
    this.#keys = sortKeys.map((sortKey) => compileKey(schema, sortKey, isHidden));
  }

  valuesOf(entry: Entry): SortValues {
    return this.#keys.map((key) => leastValue(entry, key));
  }

  compare(a: SortValues, b: SortValues): number {
    for (const [index, key] of this.#keys.entries()) {
      const order = compareOptional(key, a[index], b[index]);
      if (order !== 0) return key.isReverse ? -order : order;
    }
    return 0;
  }

  /** Returns a test whether an entry is at or behind a value of the first key. Throws if the attribute cannot have the value. */
  reaches(value: string): (values: SortValues) => boolean {
    const [first] = this.#keys;
    const wanted = first?.normalize(value);
    if (first === undefined || wanted === undefined) {
      throw new LdapError(
        'inappropriateMatching',
        `${JSON.stringify(value)} is no value of the attribute the list is sorted by.`,
      );
    }
    return ([own]) => {
      const order = compareOptional(first, own, wanted);
      return (first.isReverse ? -order : order) >= 0;
    };
  }
}

function compareOptional(key: Key, a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return key.compare(a, b);
}

function leastValue(entry: Entry, { typeKeys, normalize, compare }: Key): string | undefined {
  let least: string | undefined;
  for (const attribute of entry.attributes) {
    if (!typeKeys.includes(attribute.key)) continue;
    for (const value of attribute.values) {
      const normal = normalize(value) ?? value;
      if (least === undefined || compare(normal, least) < 0) least = normal;
    }
  }
  return least;
}

function compileKey(
  schema: Schema,
  { attribute, rule, isReverse }: SortKey,
  isHidden: ((key: string) => boolean) | undefined,
): Key {
  const described = schema.describe(attribute);
  if (described === undefined) {
    throw new LdapError('noSuchAttribute', `There is no attribute ${JSON.stringify(attribute)} to sort by.`);
  }
  const { type } = described;
  if (isHidden?.(type.key) === true) {
    throw new LdapError('insufficientAccessRights', `${type.name} is secret, so nothing is sorted by it.`);
  }
  const equality = type.equality;
  const ordering =
    rule === undefined ? (type.ordering ?? orderingBeside(schema, equality)) : schema.findMatchingRule(rule);
  // A type without any ordering rule is still sorted: by the normal form that its equality rule makes.
  const used = ordering ?? (rule === undefined ? equality : undefined);
  if (used === undefined || (rule !== undefined && used.compare === undefined)) {
    throw new LdapError(
      'inappropriateMatching',
      `${type.name} cannot be sorted${rule === undefined ? '' : ` by the rule ${rule}`}.`,
    );
  }
  const typeKeys =
    described.options.length > 0 ? [described.key] : schema.subtypes(type).map((one) => one.key);
  return {
    typeKeys,
    isReverse,
    normalize: (value) => used.normalize(value),
    compare: (a, b) => used.compare?.(a, b) ?? compareText(a, b),
  };
}

/** The ordering rule that understands the same values as an equality rule: 9 comes before 10. */
function orderingBeside(schema: Schema, equality: MatchingRule | undefined): MatchingRule | undefined {
  if (equality === undefined) return undefined;
  const name = equality.names[0]?.replace(/Match$/, 'OrderingMatch');
  return name === undefined ? undefined : schema.findMatchingRule(name);
}
