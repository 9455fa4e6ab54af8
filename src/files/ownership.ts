// Which files are trusted: those of the server's user and of root. Anyone who can write a file, or a folder on its path, or
// can replace it, decides its content. So the whole path is checked, through every symbolic link.

import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** The user that a process runs as, and the groups it is in. */
export interface ProcessUser {
  readonly id: number;
  readonly groups: ReadonlySet<number>;
}

/** A file or folder that others may change. */
export interface Untrusted {
  readonly path: string;
  /** The problem and the command that corrects it, to be read after the path. */
  readonly problem: string;
}

const ROOT = 0;
const STICKY = 0o1000;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const LINKS_MAX = 40;

/** Returns the user of this process; undefined on systems without such users. */
export function currentUser(): ProcessUser | undefined {
  const id = process.geteuid?.();
  if (id === undefined) return undefined;
  return { id, groups: new Set([process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]) };
}

/**
 * Returns true if a group with write permission is not the server's own. A volume of Kubernetes belongs to a group that the
 * server is in (fsGroup). The group of root counts as foreign, except for a server that runs as root.
 */
export function isForeignGroup(group: number, user: ProcessUser | undefined): boolean {
  if (user === undefined) return true;
  return !user.groups.has(group) || (group === ROOT && user.id === ROOT);
}

/** Returns what others may change on the path of a file or folder; undefined if nothing, or if there is no such file. */
export async function findUntrusted(path: string, user: ProcessUser): Promise<Untrusted | undefined> {
  const way = walk(path, user);
  for (let step = way.next(); ; ) {
    if (step.done === true) return step.value;
    const { path: at, wants } = step.value;
    const answer =
      wants === 'status' ? await lstat(at).catch(() => undefined) : await readlink(at).catch(() => '');
    step = way.next(answer);
  }
}

/** Returns what `findUntrusted` returns, blocking. */
export function findUntrustedNow(path: string, user: ProcessUser): Untrusted | undefined {
  const way = walk(path, user);
  for (let step = way.next(); ; ) {
    if (step.done === true) return step.value;
    step = way.next(lookNow(step.value));
  }
}

interface Question {
  readonly path: string;
  readonly wants: 'status' | 'target';
}

type Answer = Stats | string | undefined;

function lookNow({ path, wants }: Question): Answer {
  try {
    return wants === 'status' ? lstatSync(path) : readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Requests the status of each part of the path, and the target of each symbolic link. */
function* walk(path: string, user: ProcessUser): Generator<Question, Untrusted | undefined, Answer> {
  const left = resolve(path).split('/').filter(Boolean);
  let at = '/';
  for (let links = 0; ; ) {
    const status = yield { path: at, wants: 'status' };
    if (status === undefined || typeof status === 'string') return undefined;
    const problem = problemOf(at, status, user);
    if (problem !== undefined) return { path: at, problem };
    if (status.isSymbolicLink()) {
      const target = yield { path: at, wants: 'target' };
      if (typeof target !== 'string' || ++links > LINKS_MAX) return undefined;
      left.unshift(...target.split('/').filter((part) => part !== '' && part !== '.'));
      at = isAbsolute(target) ? '/' : dirname(at);
      if (isAbsolute(target)) continue;
    }
    let next = left.shift();
    for (; next === '..'; next = left.shift()) at = dirname(at);
    if (next === undefined) return undefined;
    at = join(at, next);
  }
}

function problemOf(path: string, status: Stats, user: ProcessUser): string | undefined {
  const { uid, gid, mode } = status;
  if (uid !== user.id && uid !== ROOT) {
    const wanted = user.id === ROOT ? 'root' : `user ${user.id} or root`;
    return `belongs to user ${uid}, who could change what this server reads; it must belong to ${wanted}. Run: chown ${user.id} ${path}`;
  }
  if (status.isSymbolicLink()) return undefined;
  // In a folder such as /tmp only the owner of a file can replace it.
  if (status.isDirectory() && (mode & STICKY) !== 0) return undefined;
  if ((mode & WRITABLE_BY_ALL) !== 0)
    return `can be written by others than its owner, who could change what this server reads. Run: chmod o-w ${path}`;
  // Members of the group of root are administrators.
  const isForeign = gid !== ROOT && isForeignGroup(gid, user);
  if ((mode & WRITABLE_BY_GROUP) !== 0 && isForeign)
    return `can be written by group ${gid}, which this server is not in. Run: chmod g-w ${path}`;
  return undefined;
}
