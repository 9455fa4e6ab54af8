// `confdit history`: the last changes, from a running server, or from the files of an instance, which may be read at any
// time.

import { numberOf } from '../change-number.ts';
import type { Invocation, World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import {
  type ChangelogLine,
  formatChangelogLine,
  type HistoryRange,
  historyOnline,
} from '../history-listing.ts';
import { formatJson } from '../output-options.ts';
import { instanceOf } from './instance-options.ts';
import { openServer } from './open-directory.ts';

const LIMIT = 20;

/** Lists the last changes. */
export async function history(invocation: Invocation, world: World): Promise<ExitCode> {
  const limit = numberOf(invocation.value('limit') ?? String(LIMIT), 'limit');
  const to = invocation.value('to');
  const range: HistoryRange = { limit, ...(to === undefined ? {} : { to: numberOf(to, 'to') }) };
  const hasChanges = invocation.has('changes');
  const print = (lines: readonly ChangelogLine[]) => {
    if (!invocation.has('json')) {
      for (const line of lines) world.stdout.write(formatChangelogLine(line, hasChanges));
      return;
    }
    const shown = lines.map(({ changes, ...line }) => (hasChanges ? { ...line, changes } : line));
    world.stdout.write(formatJson(shown));
  };
  if (invocation.has('offline')) {
    const { historyOffline } = await import('../offline/history-files.ts');
    print(await historyOffline(instanceOf(invocation, world), range, hasChanges, world));
    return ExitCode.success;
  }
  const server = await openServer(invocation, world);
  try {
    print(await historyOnline(server, range));
    return ExitCode.success;
  } finally {
    await server.close();
  }
}
