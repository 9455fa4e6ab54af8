// The texts of entries and changes that the sources of this run have a say in.

import type { Change } from '../ldap/change.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';

/** How an expression begins. */
export const EXPRESSION_MARKS = ['$<', '&{'];

/** The texts of a change that have expressions. */
export function* textsInChange(change: Change): Generator<string> {
  if (change.type === 'add') yield* textsInEntry(change.entry);
  if (change.type === 'modify') for (const { attribute } of change.modifications) yield* textsIn(attribute);
}

/** The texts of an entry that have expressions. */
export function* textsInEntry({ attributes }: Entry): Generator<string> {
  for (const attribute of attributes) yield* textsIn(attribute);
}

function* textsIn({ values }: Attribute): Generator<string> {
  for (const value of values) if (EXPRESSION_MARKS.some((mark) => value.includes(mark))) yield value;
}
