// Permissions of the store's files: anyone who can write them has every right, so only the owner may.

import { FileError, fileErrorFrom } from './file-error.ts';
import { FILE_MODE, type FileFacts, type FileSystem, FOLDER_MODE } from './file-system.ts';
import { currentUser, isForeignGroup } from './ownership.ts';

const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_ALL = 0o002;
const READABLE_BY_OTHERS = 0o044;

export interface Exposed {
  readonly path: string;
  readonly mode: number;
  /** The mode it should have. */
  readonly wanted: number;
}

export interface Places {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Returns the paths that others than the owner may write (or also read). Missing ones are skipped. */
export async function findExposed(
  fileSystem: FileSystem,
  { folders, files }: Places,
  what: 'writable' | 'readable',
): Promise<Exposed[]> {
  const bits = what === 'writable' ? WRITABLE_BY_OTHERS : WRITABLE_BY_OTHERS | READABLE_BY_OTHERS;
  const exposed: Exposed[] = [];
  for (const [paths, wanted] of [
    [folders, FOLDER_MODE],
    [files, FILE_MODE],
  ] as const) {
    for (const path of paths) {
      const facts = await fileSystem.inspect(path);
      if (facts !== undefined && (facts.mode & bits) !== 0 && !isOwnGroup(facts, what))
        exposed.push({ path, mode: facts.mode, wanted });
    }
  }
  return exposed;
}

/** Returns true for a volume of one of the server's groups: it may be group-writable, with a warning at the start. */
function isOwnGroup({ mode, groupId }: FileFacts, what: 'writable' | 'readable'): boolean {
  return what === 'writable' && (mode & WRITABLE_BY_ALL) === 0 && !isForeignGroup(groupId, currentUser());
}

/** Throws FileError, naming every path that others may write. */
export async function requirePrivate(fileSystem: FileSystem, places: Places): Promise<void> {
  let exposed: Exposed[];
  try {
    exposed = await findExposed(fileSystem, places, 'writable');
  } catch (error) {
    throw fileErrorFrom(error, 'The permissions of the store cannot be read');
  }
  if (exposed.length > 0) throw new FileError(exposed.map(formatExposed).join('\n'));
}

/** Formats a sentence with the path, its mode, and the command that corrects it. */
export function formatExposed({ path, mode, wanted }: Exposed): string {
  const who = (mode & WRITABLE_BY_OTHERS) === 0 ? 'read' : 'written';
  return `${path} can be ${who} by others than its owner (its mode is ${octal(mode)}); run: chmod ${octal(wanted)} ${path}`;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
