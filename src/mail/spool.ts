// The spool: waiting messages, each a file in a folder of the instance that only the server's user may read. A
// message in delivery is marked by another file ending, so that after a crash it is known which ones may have
// been accepted without a reply.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf } from '../files/file-error.ts';
import { FILE_MODE, FOLDER_MODE, nodeFileSystem } from '../files/file-system.ts';
import { MailError } from './outgoing-message.ts';
import { formatSpoolFile, isSpoolId, parseSpoolFile, type SpoolContent, spooledAtMs } from './spool-file.ts';

export interface SpoolLimits {
  readonly messagesMax: number;
  readonly octetsMax: number;
}

/** Facts of a message that are known without reading it. */
export interface SpoolEntry {
  readonly id: string;
  readonly octets: number;
  readonly spooledAtMs: number;
  /** True if the server ended during a delivery: the message may have been accepted. */
  readonly isUnclear: boolean;
}

const WAITING = '.mail';
const SENDING = '.sending';
const UNFINISHED = '.tmp';
const BROKEN = '.broken';
/** Folder below the spool for abandoned messages. The oldest ones are removed if there are too many. */
const GIVEN_UP_FOLDER = 'given-up';
const GIVEN_UP_MAX = 100;

/** The spool folder of one instance. */
export class Spool {
  readonly folder: string;
  readonly #limits: () => SpoolLimits;
  readonly #entries = new Map<string, SpoolEntry>();
  readonly #marked = new Set<string>();
  /** Messages whose mark may not be on disk. */
  readonly #unsynced = new Set<string>();
  #octets = 0;

  private constructor(folder: string, limits: () => SpoolLimits) {
    this.folder = folder;
    this.#limits = limits;
  }

  static async open(folder: string, limits: () => SpoolLimits): Promise<Spool> {
    const made = await mkdir(join(folder, GIVEN_UP_FOLDER), { recursive: true, mode: FOLDER_MODE });
    if (made !== undefined) for (const one of [folder, dirname(folder)]) await nodeFileSystem.syncFolder(one);
    await Promise.all([folder, join(folder, GIVEN_UP_FOLDER)].map((path) => chmod(path, FOLDER_MODE)));
    const spool = new Spool(folder, limits);
    for (const name of (await readdir(folder)).toSorted()) await spool.#find(name);
    return spool;
  }

  /** Messages by age, the oldest first. */
  get entries(): readonly SpoolEntry[] {
    return [...this.#entries.values()];
  }

  get messageCount(): number {
    return this.#entries.size;
  }

  get octetCount(): number {
    return this.#octets;
  }

  /** Adds a message. Resolves when it is on disk. Throws MailError if the spool is full or cannot be written. */
  async add(id: string, message: SpoolContent): Promise<SpoolEntry> {
    const octets = formatSpoolFile(message);
    this.#makeSureOfRoom(octets.length);
    const entry = { id, octets: octets.length, spooledAtMs: spooledAtMs(id), isUnclear: false };
    this.#put(entry);
    try {
      await this.#write(id, octets);
    } catch (error) {
      if (!(await this.#takeBack(id))) return entry;
      this.#drop(id);
      throw new MailError(`The message cannot be spooled: ${reasonOf(error)}.`, { cause: error });
    }
    return entry;
  }

  /** Reads a message; undefined if its file was changed. */
  async read(id: string): Promise<SpoolContent | undefined> {
    const octets = await readFile(this.#path(id, this.#ending(id)));
    return parseSpoolFile(octets);
  }

  /** Marks a message on disk as in delivery. */
  async mark(id: string): Promise<void> {
    if (!this.#marked.has(id)) {
      await rename(this.#path(id, WAITING), this.#path(id, SENDING));
      this.#marked.add(id);
      this.#unsynced.add(id);
    }
    if (!this.#unsynced.has(id)) return;
    await this.#syncFolder();
    this.#unsynced.delete(id);
  }

  /**
   * Removes the mark, because the message was certainly not accepted. Losing this only causes a line in the
   * log.
   */
  unmark(id: string): void {
    if (!this.#marked.has(id)) return;
    renameSync(this.#path(id, SENDING), this.#path(id, WAITING));
    this.#marked.delete(id);
  }

  /** Stores the remaining recipients of a message. Synchronous, for the same reason as `remove`. */
  keep(id: string, message: SpoolContent): void {
    writeFileSync(this.#path(id, UNFINISHED), formatSpoolFile(message), { mode: FILE_MODE, flush: true });
    renameSync(this.#path(id, UNFINISHED), this.#path(id, this.#ending(id)));
  }

  /** Removes a delivered message. Synchronous, because a crash in between would send it again. */
  remove(id: string): void {
    rmSync(this.#path(id, this.#ending(id)), { force: true });
    this.#drop(id);
    this.#syncFolder().catch(() => {});
  }

  /** Moves an abandoned message out of the spool. */
  async giveUp(id: string): Promise<void> {
    const aside = join(this.folder, GIVEN_UP_FOLDER);
    // An administrator may have removed the folder.
    await mkdir(aside, { recursive: true, mode: FOLDER_MODE });
    await rename(this.#path(id, this.#ending(id)), join(aside, `${id}${WAITING}`));
    this.#drop(id);
    const names = (await readdir(aside)).toSorted();
    for (const name of names.slice(0, -GIVEN_UP_MAX)) await rm(join(aside, name), { force: true });
  }

  /** Moves a file out of the spool that is not a valid message. */
  async putAside(id: string): Promise<void> {
    await rename(this.#path(id, this.#ending(id)), this.#path(id, BROKEN));
    this.#drop(id);
  }

  /** Forgets a message whose file is gone, and returns true; an administrator may have removed it. */
  async forgetIfGone(id: string): Promise<boolean> {
    try {
      await stat(this.#path(id, this.#ending(id)));
      return false;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return false;
    }
    this.#drop(id);
    return true;
  }

  async #find(name: string): Promise<void> {
    const dot = name.lastIndexOf('.');
    const [id, ending] = [name.slice(0, dot), name.slice(dot)];
    if (!isSpoolId(id)) return;
    if (ending === UNFINISHED) await rm(join(this.folder, name), { force: true });
    if (ending !== WAITING && ending !== SENDING) return;
    const isUnclear = ending === SENDING;
    if (isUnclear) this.#marked.add(id);
    const octets = (await stat(join(this.folder, name))).size;
    this.#put({ id, octets, spooledAtMs: spooledAtMs(id), isUnclear });
  }

  #makeSureOfRoom(octets: number): void {
    const { messagesMax, octetsMax } = this.#limits();
    if (this.#entries.size >= messagesMax) {
      throw new MailError(
        `The mail spool is full: ${this.#entries.size} messages wait, and mail-spool-message-limit is ${messagesMax}.`,
      );
    }
    if (this.#octets + octets > octetsMax) {
      throw new MailError(
        `The mail spool is full: ${this.#octets} octets wait, the message has ${octets}, and mail-spool-size-limit is ${octetsMax}.`,
      );
    }
  }

  async #write(id: string, octets: Buffer): Promise<void> {
    const file = await open(this.#path(id, UNFINISHED), 'wx', FILE_MODE);
    try {
      await file.writeFile(octets);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.#path(id, UNFINISHED), this.#path(id, WAITING));
    await this.#syncFolder();
  }

  /**
   * Removes a message that could not be spooled: the caller may send it in another way, so that no later start
   * may find it. Returns false if that fails; then it is in the spool after all.
   */
  async #takeBack(id: string): Promise<boolean> {
    for (const ending of [UNFINISHED, WAITING])
      await rm(this.#path(id, ending), { force: true }).catch(() => {});
    return stat(this.#path(id, WAITING)).then(
      () => false,
      () => true,
    );
  }

  async #syncFolder(): Promise<void> {
    const handle = await open(this.folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #put(entry: SpoolEntry): void {
    this.#entries.set(entry.id, entry);
    this.#octets += entry.octets;
  }

  #drop(id: string): void {
    this.#octets -= this.#entries.get(id)?.octets ?? 0;
    this.#entries.delete(id);
    this.#marked.delete(id);
    this.#unsynced.delete(id);
  }

  #ending(id: string): string {
    return this.#marked.has(id) ? SENDING : WAITING;
  }

  #path(id: string, ending: string): string {
    return join(this.folder, id + ending);
  }
}
