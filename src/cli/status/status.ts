// `confdit status`: one screen of what is happening.

import { type Command, type CommandOption, type Invocation, UsageError } from '../command.ts';
import type { OpenDirectory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson, JSON_OPTION } from '../output.ts';
import { readStatus } from './read-status.ts';
import { formatStatus } from './status-text.ts';
import { watchStatus } from './status-watch.ts';

export interface StatusOptions {
  readonly connectionOptions: readonly CommandOption[];
  readonly open: OpenDirectory;
  readonly now: () => Date;
}

const INTERVAL_SECONDS = 2;

export function statusCommand(options: StatusOptions): Command {
  return {
    name: 'status',
    group: 'The server',
    synopsis: 'Shows what is happening: listeners, mail servers, what is due, the last changes.',
    description:
      'With --watch it is shown again and again until Ctrl-C is pressed; small bars show how many messages each mail server\n' +
      'has sent, and how many have failed, between the last looks. With --json each look is a line.',
    options: [
      { name: 'watch', synopsis: 'look again and again' },
      {
        ...{ name: 'interval', value: 'SECONDS' },
        synopsis: `how long to wait between two looks (default: ${INTERVAL_SECONDS})`,
      },
      JSON_OPTION,
      ...options.connectionOptions,
    ],
    async run(invocation, world) {
      const seconds = intervalOf(invocation);
      const directory = await options.open(invocation, world);
      const look = () => readStatus(directory, options.now());
      try {
        if (invocation.has('watch')) await watchStatus(look, invocation.has('json'), seconds, world);
        else {
          const status = await look();
          world.stdout.write(
            invocation.has('json') ? formatJson(status) : formatStatus(status, world.stdout),
          );
        }
        return ExitCode.success;
      } finally {
        await directory.close();
      }
    },
  };
}

function intervalOf(invocation: Invocation): number {
  const written = invocation.value('interval') ?? String(INTERVAL_SECONDS);
  if (/^[1-9]\d{0,4}$/.test(written)) return Number(written);
  throw new UsageError(
    `--interval is ${JSON.stringify(written)}; it must be a whole number of seconds from 1 to 99999.`,
  );
}
