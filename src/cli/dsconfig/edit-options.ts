// The options that change properties, as dsconfig has them.

import type { CommandOption, Invocation } from '../command.ts';

export const SET_OPTION: CommandOption = {
  name: 'set',
  value: 'PROPERTY:VALUE',
  repeatable: true,
  synopsis: 'give a property a value; repeated, all values of a property that takes several',
};

export const EDIT_OPTIONS: readonly CommandOption[] = [
  SET_OPTION,
  { name: 'add', value: 'PROPERTY:VALUE', repeatable: true, synopsis: 'add a value' },
  { name: 'remove', value: 'PROPERTY:VALUE', repeatable: true, synopsis: 'remove a value' },
  { name: 'reset', value: 'PROPERTY', repeatable: true, synopsis: 'go back to the default' },
];

/** Returns true if an option for changes was given. */
export function asksForEdits(invocation: Invocation): boolean {
  return EDIT_OPTIONS.some(({ name }) => invocation.has(name));
}
