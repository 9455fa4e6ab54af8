// Files that were named on the command line, or that are there for it: a file that cannot be read ends the command with the exit code
// for wrong data.

import { readNamedFileSync, UnreadableFile } from '../files/named-file.ts';
import { decodeText, readText, UndecodableFile } from '../files/text.ts';
import { CommandError, type World } from './command.ts';
import { ExitCode } from './exit-code.ts';

/** Octets of a file with a password or with options. */
const SMALL_OCTETS_MAX = 1024 * 1024;

/** Reads a text file of any kind. Throws CommandError. */
export function readFileArgument(path: string): Promise<string> {
  return readText(path).catch((error: unknown) => {
    throw commandErrorFrom(error);
  });
}

/** How standard input is called where files are named. */
const STDIN_PATH = '/dev/stdin';

/** Reads standard input to its end, as a text file. Throws CommandError. */
export async function readStdinText({ stdin }: Pick<World, 'stdin'>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stdin) pieces.push(Buffer.from(piece));
  try {
    return decodeText(Buffer.concat(pieces), STDIN_PATH);
  } catch (error) {
    throw commandErrorFrom(error);
  }
}

/** Reads a small text file. Throws CommandError. */
export function readSmallFileArgument(path: string): string {
  try {
    return decodeText(readNamedFileSync(path, SMALL_OCTETS_MAX).octets, path);
  } catch (error) {
    throw commandErrorFrom(error);
  }
}

/** Returns what is wrong with a file without its path, to be read after it: `cannot be read: permission is denied`. */
export function whyUnreadable(error: unknown): string {
  const cause = error instanceof CommandError ? error.cause : error;
  return cause instanceof UndecodableFile
    ? cause.whyInShort
    : cause instanceof UnreadableFile
      ? cause.why
      : 'cannot be read';
}

/** Returns what is wrong with a file as a CommandError; any other error as it is. */
export function commandErrorFrom(error: unknown): unknown {
  if (!(error instanceof UnreadableFile)) return error;
  return new CommandError(error.message, ExitCode.wrongData, { cause: error });
}
