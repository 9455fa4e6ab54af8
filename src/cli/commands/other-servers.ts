// The servers that a command may go on at: the one of the connection options, and those of --otherServer.

import { CommandError, type Invocation, UsageError } from '../command.ts';
import { withValues } from '../command-line.ts';
import { ExitCode } from '../exit-code.ts';

const PLACE = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

/** Returns the command line as it would be for each of the servers, in order. Throws UsageError and CommandError. */
export function serversOf(invocation: Invocation): readonly [Invocation, ...Invocation[]] {
  const others = invocation.values('otherServer');
  if (others.length > 0 && invocation.has('socket')) {
    throw new CommandError(
      '--socket and --otherServer exclude each other: a socket file is of one machine.',
      ExitCode.conflictingArguments,
    );
  }
  return [
    invocation,
    ...others.map((written) => {
      const [, six, name, port = ''] = PLACE.exec(written) ?? [];
      const host = six ?? name;
      if (host === undefined)
        throw new UsageError(
          `--otherServer is ${JSON.stringify(written)}; it must be a host and its port, such as two.example.com:1636.`,
        );
      return withValues(invocation, { hostname: [host], port: [port] });
    }),
  ];
}
