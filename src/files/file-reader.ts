// Reads files and folders named by an administrator, for a server: with a deadline. A file system that does not answer, such
// as a network share that is down, blocks a thread of the runtime, and there are few of those. So few reads run at once,
// overdue reads are abandoned, and the waiting ones are counted.

import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { Deadline, livingTimer } from '../time/deadline.ts';
import {
  type NamedFile,
  openNamedFile,
  readNamedFile,
  stampOf,
  tooLarge,
  UnreadableFile,
  unreadable,
} from './named-file.ts';
import { findUntrusted, type ProcessUser, type Untrusted } from './ownership.ts';

export interface FileReaderOptions {
  /** Time for one file, or for one piece of a large one, in ms. */
  readonly deadlineMs?: number;
  /** The reading user: a file that others than this user and root can change is refused. If undefined, any file is read. */
  readonly user?: ProcessUser | undefined;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

const DEADLINE_MS = 10_000;
/** The runtime has four threads for file access, which also write changes. */
const AT_ONCE_MAX = 2;
const PIECE_OCTETS = 256 * 1024;
export const ABSENT_STAMP = 'absent';

/** A read under way; it may be overdue. */
interface Reading {
  readonly path: string;
  isAbandoned: boolean;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: () => void;
}

export class FileReader {
  readonly user: ProcessUser | undefined;
  readonly #deadlineMs: number;
  readonly #running = new Set<Reading>();
  readonly #waiting: Waiting[] = [];

  constructor(options: FileReaderOptions = {}) {
    this.user = options.user;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  }

  /** Files and folders whose read was abandoned and has not ended yet. */
  get abandoned(): readonly string[] {
    return [...this.#running].filter(({ isAbandoned }) => isAbandoned).map(({ path }) => path);
  }

  /** Files and folders being read now. */
  get current(): readonly string[] {
    return [...new Set([...this.#running].map(({ path }) => path))];
  }

  /** Reads a whole file. Throws UnreadableFile. */
  read(path: string, octetsMax: number): Promise<NamedFile> {
    return this.#guarded(path, async () => {
      await this.#requireTrusted(path);
      return readNamedFile(path, octetsMax);
    });
  }

  /** Reads a large file in pieces, each with the deadline. Throws UnreadableFile. */
  async *readPieces(path: string, octetsMax: number): AsyncGenerator<Buffer, void> {
    const file = await this.#guarded(path, async () => {
      await this.#requireTrusted(path);
      return openNamedFile(path, octetsMax);
    });
    try {
      for (let position = 0; ; ) {
        const piece = Buffer.allocUnsafeSlow(PIECE_OCTETS);
        const { bytesRead } = await this.#guarded(path, () => file.read(piece, 0, PIECE_OCTETS, position));
        if (bytesRead === 0) return;
        position += bytesRead;
        if (position > octetsMax) throw tooLarge(path, octetsMax);
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      // An abandoned read still uses the file; closing it would wait too.
      file.close().catch(() => {});
    }
  }

  /** Lists a folder, in no order. Throws UnreadableFile. */
  list(folder: string): Promise<readonly FolderEntry[]> {
    return this.#guarded(folder, async () => {
      await this.#requireTrusted(folder);
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    });
  }

  /** Resolves the symbolic links of a path. Throws UnreadableFile. */
  realPath(path: string): Promise<string> {
    return this.#guarded(path, () => realpath(path));
  }

  /** Returns a stamp that changes with the file, without reading it; `absent` if there is none. Never rejects. */
  async stamp(path: string): Promise<string> {
    try {
      return stampOf(await this.#guarded(path, (): Promise<Stats> => stat(path)));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) return String(error);
      return error.isAbsent ? ABSENT_STAMP : error.why;
    }
  }

  /** Throws UnreadableFile. */
  async #requireTrusted(path: string): Promise<void> {
    const untrusted = this.user === undefined ? undefined : await findUntrusted(path, this.user);
    if (untrusted !== undefined) throw untrustedFile(path, untrusted);
  }

  /** Runs `work` within the deadline and ignores its late outcome. Throws UnreadableFile. */
  async #guarded<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
    await this.#turn(path);
    const reading: Reading = { path, isAbandoned: false };
    this.#running.add(reading);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const abandon = () => {
      reading.isAbandoned = true;
      reject(
        new UnreadableFile(
          path,
          `cannot be read: its file system has not answered for ${this.#deadlineMs / 1000} s`,
        ),
      );
      this.#refuseIfStuck();
    };
    const deadline = new Deadline(this.#deadlineMs, abandon, livingTimer);
    deadline.begin();
    work()
      .then(resolve, (error: unknown) => reject(unreadable(path, error)))
      .finally(() => {
        deadline.close();
        this.#running.delete(reading);
        this.#waiting.shift()?.start();
      });
    return promise;
  }

  /** Resolves when one more read may run. Throws UnreadableFile if all threads are blocked. */
  #turn(path: string): Promise<void> {
    if (this.#running.size < AT_ONCE_MAX) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refuse = () =>
      reject(
        new UnreadableFile(
          path,
          `cannot be read now: the file systems of ${this.abandoned.join(' and ')} do not answer, and no more is asked of any before they do`,
        ),
      );
    this.#waiting.push({ start: resolve, refuse });
    this.#refuseIfStuck();
    return promise;
  }

  #refuseIfStuck(): void {
    if (this.abandoned.length < AT_ONCE_MAX) return;
    for (const { refuse } of this.#waiting.splice(0)) refuse();
  }
}

/** Returns the error for a file that others may change. */
export function untrustedFile(path: string, untrusted: Untrusted): UnreadableFile {
  const what = untrusted.path === path ? 'it' : untrusted.path;
  return new UnreadableFile(path, `is not read: ${what} ${untrusted.problem}`);
}
