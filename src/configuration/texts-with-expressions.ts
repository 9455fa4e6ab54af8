// The texts of entries and changes that the sources of this run have a say in.

import { hasExpression } from '../expression/template.ts';
import type { Change } from '../ldap/change.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';

/** How an expression begins. */
export const EXPRESSION_MARKS = ['$<', '&{'];

/** The texts of changes that have expressions. */
export function textsInChanges(changes: readonly Change[]): string[] {
  const texts: string[] = [];
  for (const change of changes) {
    if (change.type === 'add') for (const attribute of change.entry.attributes) collect(attribute, texts);
    if (change.type === 'modify') for (const { attribute } of change.modifications) collect(attribute, texts);
  }
  return texts;
}

/** The texts of entries that have expressions. */
export function textsInEntries(entries: Iterable<Entry>): string[] {
  const texts: string[] = [];
  for (const { attributes } of entries) for (const attribute of attributes) collect(attribute, texts);
  return texts;
}

function collect({ values }: Attribute, texts: string[]): void {
  for (const value of values) if (hasExpression(value)) texts.push(value);
}
