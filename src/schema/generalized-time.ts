// Generalized Time (RFC 4517 §3.3.13): `20261122081500Z`, with fractions of hour, minute or second, and zones.

const PATTERN = /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,](\d+))?(?:Z|([+-])(\d\d)(\d\d)?)$/;
/** Digits of a fraction of an hour or minute that are kept; more than any clock needs. */
const FRACTION_DIGITS_MAX = 15;

/**
 * Returns the time in UTC as `YYYYMMDDHHMMSS`, then `.` and the fraction of the second if there is one. These
 * texts sort in the order of the times. Returns undefined if the text is not a time of the years 0 to 9999.
 */
export function normalizeGeneralizedTime(text: string): string | undefined {
  const found = PATTERN.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHour = '0', zoneMinute = '0'] =
    found;
  const fields = [year, month, day, hour, minute ?? '0', second ?? '0'].map(Number);
  if (!isDate(fields) || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const zone = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute)) * 60;
  const unitSeconds = minute === undefined ? 3600 : second === undefined ? 60 : 1;
  const [extraSeconds, digits] = splitFraction(fraction, unitSeconds);
  return formatUtc(fields, extraSeconds - zone, digits);
}

function isDate([
  year = 0,
  month = 0,
  day = 0,
  hour = 0,
  minute = 0,
  second = 0,
]: readonly number[]): boolean {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days;
}

/** Splits a fraction of a unit of `unitSeconds` into whole seconds and the digits of the remaining fraction. */
function splitFraction(fraction: string, unitSeconds: number): readonly [number, string] {
  if (unitSeconds === 1) return [0, trimZeros(fraction)];
  const kept = fraction.slice(0, FRACTION_DIGITS_MAX).padEnd(FRACTION_DIGITS_MAX, '0');
  const scaled = BigInt(kept) * BigInt(unitSeconds);
  const one = 10n ** BigInt(FRACTION_DIGITS_MAX);
  return [Number(scaled / one), trimZeros((scaled % one).toString().padStart(FRACTION_DIGITS_MAX, '0'))];
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

function formatUtc(fields: readonly number[], shiftSeconds: number, digits: string): string | undefined {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second + shiftSeconds);
  const whole = date.toISOString();
  if (!/^\d{4}-/.test(whole)) return undefined;
  const text = whole.slice(0, 19).replace(/[-:T]/g, '');
  return digits === '' ? text : `${text}.${digits}`;
}
