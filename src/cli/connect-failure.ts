// What to say when a server cannot be reached, or does not answer.

import { CommandError } from './command.ts';
import type { ConnectionChoice } from './connection-options.ts';
import { ExitCode } from './exit-code.ts';

/** How long a server may say nothing; 0: as long as it likes. */
export interface Patience {
  readonly ms: number;
  /** The option that says so. */
  readonly option: 'connectTimeout' | 'requestTimeout';
}

type Place = Pick<ConnectionChoice, 'socket' | 'host' | 'port' | 'security'>;

/** A URL, or the path of a socket file. */
export function placeOf({ socket, host, port, security }: Place): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return socket ?? `${security === 'ssl' ? 'ldaps' : 'ldap'}://${name}:${port}`;
}

export function connectFailure(place: Place, error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const message = `The server ${placeOf(place)} cannot be reached: ${reasonOf(error)}.`;
  return new CommandError(message, ExitCode.connectError, { cause: error });
}

/** Of a server that was asked something the connection is given up too: nobody knows what it does yet. */
export function silence(place: Place, { ms, option }: Patience): CommandError {
  const isAsked = option === 'requestTimeout';
  const doubt = isAsked ? ', and whether it does what it was asked is not known' : '';
  const time = ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
  return new CommandError(
    `The server ${placeOf(place)} has not answered for ${time}${doubt}; see whether it is stopped or overloaded, or ` +
      `wait longer with --${option}.`,
    isAsked ? ExitCode.serverDown : ExitCode.connectError,
  );
}

/** A host with several addresses fails with one error for all of them, which has no words of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
