// The number of a change as somebody types it.

import { UsageError } from './command.ts';

/** @param name the option or the operand, for the error. Throws UsageError. */
export function numberOf(text: string, name: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${name} is ${JSON.stringify(text)}; it must be a whole number.`);
}
