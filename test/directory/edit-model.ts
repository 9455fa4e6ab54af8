// A simple model of the edits of an entry: each attribute is a list of values that are compared in lower case.

import fc from 'fast-check';
import { AttributeEditor } from '../../src/directory/attribute-editor.ts';
import type { Modification } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { schema } from '../config/configuration.ts';
import { SUFFIX } from './people.ts';

export const DN = Dn.parse(`uid=ada,ou=People,${SUFFIX}`);
export const KEYS = ['cn', 'description', 'roomnumber', 'roomnumber;lang-de'];

export type Values = ReadonlyMap<string, readonly string[]>;
export type Operation = Modification['operation'];

export interface Step {
  readonly operation: Operation;
  readonly key: string;
  readonly values: readonly string[];
}

const value = fc.constantFrom('a', 'A', 'b', 'c', '7', '-12', '007', '99999999999999999999');
const distinct = fc.uniqueArray(value, { maxLength: 4, selector: (text) => text.toLowerCase() });
export const entryValues: fc.Arbitrary<Values> = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), distinct), { maxLength: 4 })
  .map((pairs) => new Map(pairs.filter(([, values]) => values.length > 0)));
const key = fc.constantFrom(...KEYS);
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    operation: fc.constantFrom<Operation>('add', 'delete'),
    key,
    values: fc.array(value, { maxLength: 3 }),
  }),
  fc.record({ operation: fc.constant<Operation>('replace'), key, values: distinct }),
  fc.record({
    operation: fc.constant<Operation>('increment'),
    key,
    values: fc.oneof(
      fc.constantFrom<string[]>(['3'], ['-5'], ['99999999999999999999']),
      fc.array(value, { maxLength: 2 }),
    ),
  }),
);
export const steps = fc.array(step, { maxLength: 8 });

export function includes(values: readonly string[], wanted: string): boolean {
  return values.some((one) => one.toLowerCase() === wanted.toLowerCase());
}

export function without(values: readonly string[], gone: readonly string[]): readonly string[] {
  return values.filter((one) => !includes(gone, one));
}

/** Returns the values after a step of a plain modify, and the codes of its issues. */
export function stepOf(
  present: readonly string[],
  { operation, values }: Step,
): [readonly string[], string[]] {
  const isWhole = (text: string) => /^-?\d+$/.test(text);
  const after = [...present];
  const codes: string[] = [];
  switch (operation) {
    case 'replace':
      return [values, []];
    case 'increment': {
      const [first] = values;
      if (first === undefined || values.length !== 1 || !isWhole(first))
        return [present, ['constraintViolation']];
      if (present.length === 0) return [present, ['noSuchAttribute']];
      if (!present.every(isWhole)) return [present, ['constraintViolation']];
      return [present.map((one) => `${BigInt(one) + BigInt(first)}`), []];
    }
    case 'add':
      if (values.length === 0) return [present, ['protocolError']];
      for (const one of values) {
        if (includes(after, one)) codes.push('attributeOrValueExists');
        else after.push(one);
      }
      return [after, codes];
    case 'delete': {
      if (values.length === 0) return [[], present.length === 0 ? ['noSuchAttribute'] : []];
      const isRepeated = values.some((one, index) => includes(values.slice(0, index), one));
      const isMissing = isRepeated || values.some((one) => !includes(present, one));
      return [without(present, values), isMissing ? ['noSuchAttribute'] : []];
    }
  }
}

export function modified(before: Values, all: readonly Step[]): { values: Values; codes: readonly string[] } {
  const values = new Map(before);
  const codes: string[] = [];
  for (const one of all) {
    const [after, more] = stepOf(values.get(one.key) ?? [], one);
    codes.push(...more);
    if (after.length === 0) values.delete(one.key);
    else values.set(one.key, after);
  }
  return { values, codes };
}

export function entryOf(values: Values): Entry {
  return Entry.of(DN, Object.fromEntries(values));
}

export function modification({ operation, key: written, values }: Step): Modification {
  return { operation, attribute: new Attribute(written, values) };
}

export function editorOf(entry: Entry, isSecret = (_key: string, _value: string) => false): AttributeEditor {
  return new AttributeEditor(entry.dn, entry.attributes, { schema, isSecret });
}

export function valuesOf(attributes: readonly Attribute[]): Values {
  return new Map(attributes.map((one) => [one.key, one.values]));
}

export function sorted(values: Values): readonly (readonly [string, readonly string[]])[] {
  return [...values].toSorted(([one], [other]) => (one < other ? -1 : 1));
}
