// `confdit status --watch`: the screen of the status again and again, with bars for what each mail server has sent.

import { setTimeout } from 'node:timers/promises';
import type { World } from '../command.ts';
import { MailTrends } from '../mail/mail-trends.ts';
import { aborted, untilEnded } from '../ongoing.ts';
import { CLEAR_SCREEN } from '../terminal.ts';
import type { Status } from './read-status.ts';
import { formatStatus, type ShownTrends } from './status-text.ts';

const MS_PER_SECOND = 1000;

/** Resolves when Ctrl-C is pressed; rejects as `look` does. With `isJson` each look is a line. */
export function watchStatus(
  look: () => Promise<Status>,
  isJson: boolean,
  seconds: number,
  world: Pick<World, 'stdout' | 'env' | 'on' | 'off'>,
): Promise<void> {
  const { stdout, env } = world;
  const trends = new MailTrends();
  const hasUnicode = showsUnicode(env);
  const shown: ShownTrends = {
    trendOf: (name) => trends.of(name),
    bars: (counts) => sparkline(counts, hasUnicode),
  };
  return untilEnded(world, async (signal) => {
    const interrupted = aborted(signal);
    while (!signal.aborted) {
      const status = await Promise.race([look(), interrupted]);
      if (status === undefined) return;
      trends.look(status.mailServers);
      if (isJson) stdout.write(`${JSON.stringify(status)}\n`);
      else stdout.write(`${stdout.isTTY ? CLEAR_SCREEN : ''}${formatStatus(status, stdout, shown)}\n`);
      await Promise.race([
        setTimeout(seconds * MS_PER_SECOND, undefined, { signal }).catch(() => {}),
        interrupted,
      ]);
    }
  });
}

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

/** Returns true if the environment says that the terminal shows UTF-8 (POSIX: LC_ALL, then LC_CTYPE, then LANG). */
export function showsUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
