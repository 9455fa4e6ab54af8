// Sizes in bytes: a number and a unit, `5 MB`, `64 KiB`. As in PingDS, kb counts by 1000 and kib by 1024. Unlimited
// is Infinity.

import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export interface SizeOptions {
  readonly lowestBytes?: number;
  readonly highestBytes?: number;
  readonly allowUnlimited?: boolean;
}

/** Units with their words in lower case. */
const UNITS: readonly (readonly [bytes: number, ...words: string[]])[] = [
  [1, 'b', 'byte', 'bytes'],
  [1000, 'kb', 'kilobyte', 'kilobytes'],
  [1024, 'kib', 'kibibyte', 'kibibytes'],
  [1000 ** 2, 'mb', 'megabyte', 'megabytes'],
  [1024 ** 2, 'mib', 'mebibyte', 'mebibytes'],
  [1000 ** 3, 'gb', 'gigabyte', 'gigabytes'],
  [1024 ** 3, 'gib', 'gibibyte', 'gibibytes'],
  [1000 ** 4, 'tb', 'terabyte', 'terabytes'],
  [1024 ** 4, 'tib', 'tebibyte', 'tebibytes'],
];
const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map(
  UNITS.flatMap(([bytes, ...words]) => words.map((word) => [word, bytes] as const)),
);
const CANONICAL_UNITS = ['tib', 'tb', 'gib', 'gb', 'mib', 'mb', 'kib', 'kb'];
const SIZE = /^\s*(\d{1,16})(?:\.(\d{1,6}))?\s*([a-z]+)\s*$/;

/** Returns the type of a size. Limits are in bytes. */
export function size(options: SizeOptions = {}): PropertyType<number> {
  const lowest = options.lowestBytes ?? 0;
  const highest = options.highestBytes ?? Number.MAX_SAFE_INTEGER;
  const limits = [
    lowest > 0 ? `at least ${formatSize(lowest)}` : undefined,
    options.highestBytes === undefined ? undefined : `at most ${formatSize(highest)}`,
  ].filter((limit) => limit !== undefined);
  const range = limits.length === 0 ? '' : ` of ${limits.join(' and ')}`;
  const unlimited = options.allowUnlimited ? ', or unlimited' : '';
  return propertyType({
    name: 'size',
    syntax: 'directoryString',
    allowed: `A size${range}${unlimited}`,
    parse(text) {
      const word = text.toLowerCase();
      if (options.allowUnlimited && ['unlimited', '-1'].includes(word.trim())) return { value: Infinity };
      return parseSize(word, lowest, highest, `Write a size${range}${unlimited}, such as 64 KiB or 5 MB.`);
    },
    format: formatSize,
  });
}

function parseSize(text: string, lowest: number, highest: number, advice: string): Parsed<number> {
  const [, whole, fraction = '', word = ''] = SIZE.exec(text) ?? [];
  const unit = BYTES_PER_UNIT.get(word);
  if (whole === undefined || unit === undefined) return { problem: 'is not a size', advice };
  const value = Math.round((Number(whole + fraction) * unit) / 10 ** fraction.length);
  if (value < lowest) return { problem: 'is too small', advice };
  return value > highest || !Number.isSafeInteger(value) ? { problem: 'is too large', advice } : { value };
}

const UNIT_SPELLING: Readonly<Record<string, string>> = {
  kib: 'KiB',
  kb: 'KB',
  mib: 'MiB',
  mb: 'MB',
  gib: 'GiB',
  gb: 'GB',
  tib: 'TiB',
  tb: 'TB',
};

/** Formats bytes in the largest unit without a fraction: `5 MB` for 5,000,000, `1025 B` for 1,025. */
function formatSize(bytes: number): string {
  if (bytes === Infinity) return 'unlimited';
  if (bytes > 0) {
    for (const unit of CANONICAL_UNITS) {
      const count = bytes / (BYTES_PER_UNIT.get(unit) ?? 1);
      if (Number.isInteger(count)) return `${count} ${UNIT_SPELLING[unit]}`;
    }
  }
  return `${bytes} B`;
}
