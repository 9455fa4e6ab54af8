// What to say when a server cannot be reached.

import { CommandError } from './command.ts';
import { ExitCode } from './exit-code.ts';

/** @param place a URL, or the path of a socket file. */
export function connectFailure(place: string, error: unknown): CommandError {
  const message = `The server ${place} cannot be reached: ${reasonOf(error)}.`;
  return new CommandError(message, ExitCode.connectError, { cause: error });
}

/** A host with several addresses fails with one error for all of them, which has no words of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
