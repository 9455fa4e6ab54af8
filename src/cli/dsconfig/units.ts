// `-z` and `-m`: sizes and durations in the unit that somebody asks for, instead of the one that fits best.

import type { PropertyDefinition } from '../../config/property-definition.ts';
import { type CommandOption, type Invocation, UsageError } from '../command.ts';

const SIZES: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['kb', 1000],
  ['mb', 1000 ** 2],
  ['gb', 1000 ** 3],
  ['tb', 1000 ** 4],
]);
const TIMES: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);
const DIGITS_MAX = 3;

export const UNIT_OPTIONS: readonly CommandOption[] = [
  unitOption('unit-size', 'z', 'sizes', SIZES),
  unitOption('unit-time', 'm', 'durations', TIMES),
];

function unitOption(
  name: string,
  short: string,
  what: string,
  units: ReadonlyMap<string, number>,
): CommandOption {
  const values = [...units.keys()];
  return { name, short, value: 'UNIT', values, group: 'output', synopsis: `${what} in ${values.join(', ')}` };
}

/** How a value is shown; as it is written where it has no unit. */
export type ShowInUnit = (property: PropertyDefinition, text: string) => string;

/** Throws UsageError for a unit there is not. */
export function unitsOf(invocation: Invocation): ShowInUnit {
  const bySort = new Map([
    ['size', chosenUnit(invocation, 'unit-size', SIZES)],
    ['duration', chosenUnit(invocation, 'unit-time', TIMES)],
  ]);
  return ({ type }, text) => {
    const unit = bySort.get(type.name);
    if (unit === undefined) return text;
    const parsed = type.parse(text);
    const value = parsed.problem === undefined ? parsed.value : undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) return text;
    return `${Number((value / unit.worth).toFixed(DIGITS_MAX))} ${unit.name}`;
  };
}

function chosenUnit(
  invocation: Invocation,
  option: string,
  units: ReadonlyMap<string, number>,
): { readonly name: string; readonly worth: number } | undefined {
  const written = invocation.value(option);
  if (written === undefined) return undefined;
  const name = written.toLowerCase();
  const worth = units.get(name);
  if (worth !== undefined) return { name, worth };
  throw new UsageError(
    `--${option} is ${JSON.stringify(written)}; it must be one of ${[...units.keys()].join(', ')}.`,
  );
}
