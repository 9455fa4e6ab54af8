// Whole numbers in a range, with a unit for people. Ports are the most frequent ones.

import { type NumberRange, type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export interface IntegerOptions extends NumberRange {
  /** Unit for people, never part of the value: `connections`, `octets`. */
  readonly unit?: string;
}

/** Returns the type of a whole number. */
export function integer(options: IntegerOptions = {}): PropertyType<number> {
  const lowest = options.lowest ?? Number.MIN_SAFE_INTEGER;
  const highest = options.highest ?? Number.MAX_SAFE_INTEGER;
  const range = words(options);
  return propertyType({
    name: 'integer',
    syntax: 'integer',
    range: options,
    allowed: `An integer${range === '' ? '' : ` ${range}`}${options.unit === undefined ? '' : ` (${options.unit})`}`,
    parse: (text) => parseInteger(text, lowest, highest, range),
  });
}

/** Returns the type of a TCP port, 1 to 65535. */
export function port(): PropertyType<number> {
  return { ...integer({ lowest: 1, highest: 65535 }), name: 'port' };
}

function parseInteger(text: string, lowest: number, highest: number, range: string): Parsed<number> {
  if (!/^-?\d{1,16}$/.test(text)) {
    return {
      problem: 'is not an integer',
      advice: `Write digits only${range === '' ? '' : `, a number ${range}`}.`,
    };
  }
  const value = Number(text);
  if (value >= lowest && value <= highest && Number.isSafeInteger(value))
    return { value: value === 0 ? 0 : value };
  return { problem: 'is out of range', advice: `Write a number ${range === '' ? 'nearer to zero' : range}.` };
}

function words({ lowest, highest }: IntegerOptions): string {
  if (lowest !== undefined && highest !== undefined) return `from ${lowest} to ${highest}`;
  if (lowest !== undefined) return `of at least ${lowest}`;
  return highest === undefined ? '' : `of at most ${highest}`;
}
