// PingDS's durations: `1 s`, `2 w`, `1 h 30 m`, one decimal with a unit, and `unlimited` where allowed. The value is
// in milliseconds; unlimited is Infinity.

import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export interface DurationOptions {
  readonly lowestMs?: number;
  readonly highestMs?: number;
  readonly allowUnlimited?: boolean;
}

const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]);

const UNIT_BY_WORD: ReadonlyMap<string, string> = new Map([
  ...['w', 'week', 'weeks'].map((word) => [word, 'w'] as const),
  ...['d', 'day', 'days'].map((word) => [word, 'd'] as const),
  ...['h', 'hour', 'hours'].map((word) => [word, 'h'] as const),
  ...['m', 'minute', 'minutes'].map((word) => [word, 'm'] as const),
  ...['s', 'second', 'seconds'].map((word) => [word, 's'] as const),
  ...['ms', 'millisecond', 'milliseconds'].map((word) => [word, 'ms'] as const),
]);

const PART = /\s*(\d{1,15}(?:\.\d{1,3})?)\s*([a-z]+)\s*/y;
const TEXT_CHARACTERS_MAX = 100;
const GRAMMAR = 'Write numbers with units (ms, s, m, h, d, w), such as 30 s or 1 h 30 m';

/** Returns the type of a duration. Limits are in milliseconds. */
export function duration(options: DurationOptions = {}): PropertyType<number> {
  const lowestMs = options.lowestMs ?? 0;
  const highestMs = options.highestMs ?? Number.MAX_SAFE_INTEGER;
  const limits = [
    lowestMs > 0 ? `at least ${formatDuration(lowestMs)}` : undefined,
    options.highestMs === undefined ? undefined : `at most ${formatDuration(highestMs)}`,
  ].filter((limit) => limit !== undefined);
  const range = limits.length === 0 ? '' : ` of ${limits.join(' and ')}`;
  const unlimited = options.allowUnlimited ? ', or unlimited' : '';
  return propertyType({
    name: 'duration',
    syntax: 'directoryString',
    allowed: `A duration${range}${unlimited}`,
    parse(text) {
      const word = text.trim().toLowerCase();
      if (options.allowUnlimited && (word === 'unlimited' || word === '-1')) return { value: Infinity };
      const ms = parseDuration(word);
      if (ms === undefined) return { problem: 'is not a duration', advice: `${GRAMMAR}${unlimited}.` };
      return checkRange(ms, lowestMs, highestMs, `Write a duration${range}${unlimited}.`);
    },
    format: formatDuration,
  });
}

function checkRange(ms: number, lowestMs: number, highestMs: number, advice: string): Parsed<number> {
  if (!Number.isSafeInteger(ms)) return { problem: 'is not a whole number of milliseconds', advice };
  if (ms < lowestMs) return { problem: 'is too short', advice };
  return ms > highestMs ? { problem: 'is too long', advice } : { value: ms };
}

/**
 * Parses a duration. Units come from large to small, each at most once; a fraction is only allowed in a single part.
 */
function parseDuration(text: string): number | undefined {
  if (text.length === 0 || text.length > TEXT_CHARACTERS_MAX) return undefined;
  let total = 0;
  let smallest = Infinity;
  for (let at = 0; at < text.length; ) {
    PART.lastIndex = at;
    const [part, count, word] = PART.exec(text) ?? [];
    const unit = MS_PER_UNIT.get(UNIT_BY_WORD.get(word ?? '') ?? '');
    if (part === undefined || count === undefined || unit === undefined || unit >= smallest) return undefined;
    if (count.includes('.') && part.length !== text.length) return undefined;
    total += count.includes('.')
      ? (Number(count.replace('.', '')) * unit) / 10 ** fractionDigits(count)
      : Number(count) * unit;
    smallest = unit;
    at += part.length;
  }
  return total;
}

function fractionDigits(number: string): number {
  return number.length - number.indexOf('.') - 1;
}

/** Formats milliseconds in all units, the largest first: `1 m 30 s` for 90,000. */
function formatDuration(ms: number): string {
  if (ms === Infinity) return 'unlimited';
  if (ms === 0) return '0 s';
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, unitMs] of MS_PER_UNIT) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * unitMs;
  }
  return parts.join(' ');
}
