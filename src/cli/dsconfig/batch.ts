// Batches of dsconfig: a command a line, run one after the other until one of them fails. Blank lines and comments are
// left out; a line that ends in a backslash goes on in the next.

import { CommandError, UsageError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { readFileArgument, readStdinText } from '../file-argument.ts';

const FROM_INPUT = '--batch';
const FROM_FILE = /^(?:--batchFilePath|-F)(?:=(.*))?$/is;

export interface Batch {
  readonly lines: readonly BatchLine[];
  /** The options that every line gets. */
  readonly words: readonly string[];
}

export interface BatchLine {
  /** Where it begins, counted from 1. */
  readonly number: number;
  readonly text: string;
}

/** Undefined when the words ask for none. Rejects with CommandError when it cannot be read. */
export async function readBatch(
  words: readonly string[],
  world: Pick<World, 'stdin'>,
): Promise<Batch | undefined> {
  const index = words.findIndex((word) => FROM_FILE.test(word));
  const fromInput = words.findIndex((word) => word.toLowerCase() === FROM_INPUT);
  if (index >= 0 && fromInput >= 0) {
    throw new CommandError('--batch and --batchFilePath exclude each other.', ExitCode.conflictingArguments);
  }
  if (fromInput >= 0)
    return { lines: joinedLines(await readStdinText(world)), words: words.toSpliced(fromInput, 1) };
  if (index < 0) return undefined;
  const [, assigned] = FROM_FILE.exec(words[index] ?? '') ?? [];
  const path = assigned ?? words[index + 1];
  if (path === undefined) throw new UsageError('--batchFilePath needs a file.');
  const text = await readFileArgument(path);
  return { lines: joinedLines(text), words: words.toSpliced(index, assigned === undefined ? 2 : 1) };
}

function joinedLines(text: string): readonly BatchLine[] {
  const lines: BatchLine[] = [];
  let open: { number: number; text: string } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const continues = line.endsWith('\\');
    const part = continues ? line.slice(0, -1) : line;
    if (open !== undefined) open.text += part;
    else if (part.trim() !== '' && !part.trimStart().startsWith('#'))
      open = { number: index + 1, text: part.trim() };
    if (continues || open === undefined) continue;
    lines.push(open);
    open = undefined;
  }
  return open === undefined ? lines : [...lines, open];
}
