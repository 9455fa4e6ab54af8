// Whose files are trusted: the server's user's, root's, and nobody else's. Who can write a file, or a folder on the way to
// it, or put another in its place, decides what is in it. So the whole way is looked at, through every symbolic link.

import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** The user that a process runs as, and the groups it is in. */
export interface ProcessUser {
  readonly id: number;
  readonly groups: ReadonlySet<number>;
}

/** Something that others may change. */
export interface Untrusted {
  readonly path: string;
  /** To be read after the path: what is wrong with it, and what to type. */
  readonly problem: string;
}

const ROOT = 0;
const STICKY = 0o1000;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const LINKS_MAX = 40;

/** Undefined where the system has no such users. */
export function currentUser(): ProcessUser | undefined {
  const id = process.geteuid?.();
  if (id === undefined) return undefined;
  return { id, groups: new Set([process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]) };
}

/**
 * Whether the members of a group that may write something are others. A volume of Kubernetes belongs to a group that the
 * server is in (fsGroup); the group of root is nobody's but for a server of root itself.
 */
export function isForeignGroup(group: number, user: ProcessUser | undefined): boolean {
  if (user === undefined) return true;
  return !user.groups.has(group) || (group === ROOT && user.id === ROOT);
}

/** Finds what others may change on the way to a file or folder; undefined where nothing is, or there is no such file. */
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

/** The same at once. */
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

/** Asks for the status of each part of the path, and for the target of each symbolic link. */
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
  // In a folder such as /tmp only the owner of a file can put another in its place.
  if (status.isDirectory() && (mode & STICKY) !== 0) return undefined;
  if ((mode & WRITABLE_BY_ALL) !== 0)
    return `can be written by others than its owner, who could change what this server reads. Run: chmod o-w ${path}`;
  // Who is in the group of root is an administrator.
  const isForeign = gid !== ROOT && isForeignGroup(gid, user);
  if ((mode & WRITABLE_BY_GROUP) !== 0 && isForeign)
    return `can be written by group ${gid}, which this server is not in. Run: chmod g-w ${path}`;
  return undefined;
}
