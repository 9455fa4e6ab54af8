// Exports of clear secrets by commands that read the files of an instance, noted in its folder: no server was asked, so none
// has logged them. The next start reports them.

import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_MODE, nodeFileSystem } from '../files/file-system.ts';
import { readText } from '../files/text.ts';

const NAME = 'clear-exports.txt';
/** A note that is this long already says enough. */
const NOTE_OCTETS_MAX = 64 * 1024;
/** A longer name is cut, so that the others of its line stay readable. */
const NAME_CHARACTERS_MAX = 1000;

/** Export of secrets in clear text. */
export interface ClearExport {
  /** User of the operating system. */
  readonly who: string;
  /** Name of the entry at and above all that is exported. */
  readonly base: string;
  /** File with the export; undefined for standard output. */
  readonly path: string | undefined;
}

/** Notes an export. Rejects with the error of the system if the folder cannot be written. */
export async function noteClearExport(
  instanceFolder: string,
  { who, base, path }: ClearExport,
  now: Date,
): Promise<void> {
  const file = join(instanceFolder, NAME);
  if (((await nodeFileSystem.inspect(file))?.octets ?? 0) >= NOTE_OCTETS_MAX) return;
  const names = [who, base, path ?? 'standard output'].map((name) => name.slice(0, NAME_CHARACTERS_MAX));
  const line = JSON.stringify([now.toISOString(), ...names]);
  await appendFile(file, `${line}\n`, { mode: FILE_MODE, flush: true });
}

/** Returns a sentence for each export that was noted. The notes are forgotten now if the disk allows it. */
export async function takeClearExports(instanceFolder: string): Promise<readonly string[]> {
  const file = join(instanceFolder, NAME);
  const text = await readText(file, 2 * NOTE_OCTETS_MAX).catch(() => '');
  if (text === '') return [];
  await rm(file, { force: true }).catch(() => {});
  return text.split('\n').flatMap((line) => (line === '' ? [] : [sentenceOf(line)]));
}

function sentenceOf(line: string): string {
  const [at, who, base, path] = partsOf(line);
  if (path === undefined)
    return 'Secrets were exported in clear text while no server was asked; who did it cannot be read.';
  return `${who} exported the secrets at and below ${base} in clear text to ${path} at ${at}; no server was asked.`;
}

function partsOf(line: string): readonly (string | undefined)[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}
