// The files that somebody names on the command line to be read: each by itself, all of a folder, or standard input.

import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { unreadable } from '../../files/named-file.ts';
import { decodeText, readText } from '../../files/text.ts';
import { CommandError, UsageError, type World } from '../command.ts';
import { DOCUMENT_EXTENSIONS } from '../documents/read-document.ts';
import { ExitCode } from '../exit-code.ts';

/** Stands for standard input, and where something is written for standard output. */
export const STANDARD = '-';

/**
 * Returns the files that operands name, each once, in their order: those of a folder and of its folders by name, without
 * the hidden ones. Throws CommandError for a folder without any, and for `-` twice. A file that is not there is returned:
 * whoever reads it reports that.
 */
export async function findInputFiles(operands: readonly string[]): Promise<readonly string[]> {
  if (operands.filter((one) => one === STANDARD).length > 1)
    throw new UsageError('Standard input ("-") can be read once only.');
  const found = new Map<string, string>();
  for (const operand of operands) {
    const files = (await isFolder(operand)) ? await filesOfFolder(operand) : [operand];
    for (const file of files) {
      const key = file === STANDARD ? STANDARD : resolve(file);
      if (!found.has(key)) found.set(key, file);
    }
  }
  return [...found.values()];
}

/** Returns the text of a file or, for `-`, of standard input. Throws UnreadableFile. */
export async function readInputFile(file: string, stdin: World['stdin']): Promise<string> {
  return file === STANDARD ? decodeText(await buffer(stdin), '/dev/stdin') : readText(file);
}

/** Returns whether a word is the path of a folder. */
export async function isFolder(path: string): Promise<boolean> {
  if (path === STANDARD) return false;
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() === true;
}

async function filesOfFolder(folder: string): Promise<readonly string[]> {
  const files = await listFolder(folder);
  if (files.length > 0) return files;
  const names = DOCUMENT_EXTENSIONS.map((extension) => `*${extension}`).join(', ');
  throw new CommandError(`The folder ${folder} has no files ${names}.`, ExitCode.wrongData);
}

async function listFolder(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const one of await entriesOf(folder)) {
    if (one.name.startsWith('.')) continue;
    const path = join(folder, one.name);
    if (one.isDirectory()) files.push(...(await listFolder(path)));
    else if (DOCUMENT_EXTENSIONS.includes(extname(one.name).toLowerCase())) files.push(path);
  }
  return files;
}

async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    const { message } = unreadable(folder, error);
    throw new CommandError(message, ExitCode.wrongData, { cause: error });
  }
}
