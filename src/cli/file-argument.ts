// Files that were named on the command line, or that are there for it: what cannot be read is told with the exit code
// for wrong data.

import { readNamedFileSync, UnreadableFile } from '../files/named-file.ts';
import { decodeText, readText } from '../files/text.ts';
import { CommandError } from './command.ts';
import { ExitCode } from './exit-code.ts';

/** Octets of a file with a password or with options. */
const SMALL_OCTETS_MAX = 1024 * 1024;

/** Reads a text file of any kind. Throws CommandError. */
export function readFileArgument(path: string): Promise<string> {
  return readText(path).catch((error: unknown) => {
    throw commandErrorFrom(error);
  });
}

/** Reads a small text file. Throws CommandError. */
export function readSmallFileArgument(path: string): string {
  try {
    return decodeText(readNamedFileSync(path, SMALL_OCTETS_MAX).octets, path);
  } catch (error) {
    throw commandErrorFrom(error);
  }
}

/** Returns what is wrong with a file as a CommandError; any other error as it is. */
export function commandErrorFrom(error: unknown): unknown {
  if (!(error instanceof UnreadableFile)) return error;
  return new CommandError(error.message, ExitCode.wrongData, { cause: error });
}
