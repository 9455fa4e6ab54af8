// `confdit status`: one screen of what is happening.

import { type Invocation, UsageError, type World } from '../command.ts';
import type { OpenDirectory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output-options.ts';
import { readStatus } from './read-status.ts';
import { formatStatus } from './status-text.ts';
import { watchStatus } from './status-watch.ts';

export interface StatusOptions {
  readonly open: OpenDirectory;
  readonly now: () => Date;
  /** The seconds between two looks, as they were typed. */
  readonly interval: string;
}

/** Shows the status once, or again and again with --watch. */
export async function showStatus(
  invocation: Invocation,
  world: World,
  { open, now, interval }: StatusOptions,
): Promise<ExitCode> {
  const seconds = secondsOf(interval);
  const directory = await open(invocation, world);
  const look = () => readStatus(directory, now());
  try {
    if (invocation.has('watch')) await watchStatus(look, invocation.has('json'), seconds, world);
    else {
      const status = await look();
      world.stdout.write(invocation.has('json') ? formatJson(status) : formatStatus(status, world.stdout));
    }
    return ExitCode.success;
  } finally {
    await directory.close();
  }
}

function secondsOf(written: string): number {
  if (/^[1-9]\d{0,4}$/.test(written)) return Number(written);
  throw new UsageError(
    `--interval is ${JSON.stringify(written)}; it must be a whole number of seconds from 1 to 99999.`,
  );
}
