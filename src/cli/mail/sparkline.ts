// A row of small bars: how much there was of something in each of the last spans of time.

const BARS = '▁▂▃▄▅▆▇█';
/** For terminals whose character set has no bars. */
const PLAIN_BARS = '_.:-=+*#';

/** One character for each count; the highest bar is for the highest of `counts`, the lowest for nothing. */
export function sparkline(counts: readonly number[], hasUnicode: boolean): string {
  const bars = [...(hasUnicode ? BARS : PLAIN_BARS)];
  const highest = Math.max(1, ...counts);
  return counts
    .map(
      (count) => bars[count <= 0 ? 0 : Math.max(1, Math.round((count / highest) * (bars.length - 1)))] ?? '',
    )
    .join('');
}

/** Whether the environment says that the terminal shows UTF-8 (POSIX: LC_ALL, then LC_CTYPE, then LANG). */
export function showsUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
