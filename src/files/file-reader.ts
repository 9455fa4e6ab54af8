// Reads files and folders that somebody named, for a server: with a deadline. A file system that does not answer, such as
// that of another machine that is down, holds a thread of the runtime for as long as it likes, and the threads are few.
// So few readings run at once, those that are over time are abandoned, and what waits is known.

import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
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
  /** How long one file, or one piece of a large one, may take. */
  readonly deadlineMs?: number;
  /** Who reads: a file that others than this user and root could change is refused. Undefined: any file is read. */
  readonly user?: ProcessUser | undefined;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

const DEADLINE_MS = 10_000;
/** The deadline passes in so many steps. */
const DEADLINE_STEPS = 20;
/** The runtime has four threads for this, and changes are written with them too. */
const AT_ONCE_MAX = 2;
const PIECE_OCTETS = 256 * 1024;
export const ABSENT_STAMP = 'absent';

/** A reading that runs; it may be over time already. */
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

  /** The files and folders whose reading was abandoned and has not ended yet. */
  get abandoned(): readonly string[] {
    return [...this.#running].filter(({ isAbandoned }) => isAbandoned).map(({ path }) => path);
  }

  /** The files and folders that are being read now. */
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
      // A reading that was abandoned has the file still; closing it would wait with it.
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

  /** The path without symbolic links. Throws UnreadableFile. */
  realPath(path: string): Promise<string> {
    return this.#guarded(path, () => realpath(path));
  }

  /** What the file at a path looks like now, without reading it; `absent` when there is none. Never rejects. */
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

  /** Throws UnreadableFile, also when the deadline passes; then what `work` comes to is forgotten. */
  async #guarded<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
    await this.#turn(path);
    const reading: Reading = { path, isAbandoned: false };
    this.#running.add(reading);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const clock = this.#deadline(() => {
      reading.isAbandoned = true;
      reject(
        new UnreadableFile(
          path,
          `cannot be read: its file system has not answered for ${this.#deadlineMs / 1000} s`,
        ),
      );
      this.#refuseIfStuck();
    });
    work()
      .then(resolve, (error: unknown) => reject(unreadable(path, error)))
      .finally(() => {
        clock.stop();
        this.#running.delete(reading);
        this.#waiting.shift()?.start();
      });
    return promise;
  }

  /**
   * Calls back when the deadline has passed, step by step: a process that does other things for long, or does not get the
   * processor, loses one step by that, and hears between two of them what the file system has answered meanwhile.
   */
  #deadline(passed: () => void): { stop(): void } {
    const stepMs = this.#deadlineMs / DEADLINE_STEPS;
    let steps = 0;
    const step = () => {
      steps += 1;
      if (steps === DEADLINE_STEPS) passed();
      else timer = setTimeout(step, stepMs);
    };
    let timer = setTimeout(step, stepMs);
    return { stop: () => clearTimeout(timer) };
  }

  /** Resolves when there is room for one more reading. Throws UnreadableFile when there will be none. */
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

/** The error for a file that others may change. */
export function untrustedFile(path: string, untrusted: Untrusted): UnreadableFile {
  const what = untrusted.path === path ? 'it' : untrusted.path;
  return new UnreadableFile(path, `is not read: ${what} ${untrusted.problem}`);
}
