// Starts that were refused, noted in the instance folder: a server that cannot start has no configuration to find mail
// servers in. The next start that succeeds reports them.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_MODE } from '../files/file-system.ts';
import { readText } from '../files/text.ts';

const NAME = 'refused-starts.txt';
const NOTE_OCTETS_MAX = 64 * 1024;
const REASON_CHARACTERS_MAX = 4000;

/** Where the folder cannot be written nothing can be noted. */
export async function noteRefusedStart(instanceFolder: string, reason: string, now: Date): Promise<void> {
  try {
    const text = reason.slice(0, REASON_CHARACTERS_MAX).trimEnd();
    const before = await readNote(instanceFolder);
    const count = before === undefined ? 1 : before.count + 1;
    await writeFile(join(instanceFolder, NAME), `${count}\n${now.toISOString()}\n${text}\n`, {
      mode: FILE_MODE,
    });
  } catch {
    // The reason was printed for the person who started the server.
  }
}

/** In words, what was noted, which is forgotten now if the disk allows it; undefined when nothing was. */
export async function takeRefusedStarts(instanceFolder: string): Promise<string | undefined> {
  const note = await readNote(instanceFolder);
  if (note === undefined) return undefined;
  await rm(join(instanceFolder, NAME), { force: true }).catch(() => {});
  const times = note.count === 1 ? 'once' : `${note.count} times`;
  return `The server has refused to start ${times}, last at ${note.lastAt}. ${note.reason}`;
}

interface Note {
  readonly count: number;
  readonly lastAt: string;
  readonly reason: string;
}

async function readNote(instanceFolder: string): Promise<Note | undefined> {
  try {
    const [count = '', lastAt = '', ...reason] = (
      await readText(join(instanceFolder, NAME), NOTE_OCTETS_MAX)
    ).split('\n');
    return /^\d{1,9}$/.test(count)
      ? { count: Number(count), lastAt, reason: reason.join('\n').trim() }
      : undefined;
  } catch {
    return undefined;
  }
}
