// The LDIF store: config.ldif (a snapshot) and journal/ (what came after) in one folder, both legal LDIF that any tool
// reads. Keeps the contract of store.ts; whoever opens it applies the commits to the entries.

import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Entry } from '../ldap/entry.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { Journal } from './journal.ts';
import { listSegments, recoverJournal } from './journal-recovery.ts';
import {
  readSnapshot,
  SNAPSHOT_NAME,
  SNAPSHOT_TEMPORARY_NAME,
  type Snapshot,
  writeSnapshot,
} from './snapshot.ts';
import type { Commit, Store, StoreContents } from './store.ts';
import { reasonOf, StoreError, storeErrorFrom } from './store-error.ts';

const JOURNAL_FOLDER = 'journal';
/** Between slices of a snapshot, so that it takes about a tenth of the process's time. */
const SNAPSHOT_PAUSE_MS = 1;

/** Where the store tells what is no failure but should be known. A pino logger is one. */
export interface StoreLog {
  warn(message: string): void;
}

export interface LdifStoreOptions {
  /** The folder of config.ldif; it is made if it is not there. */
  readonly folder: string;
  readonly log: StoreLog;
  readonly now: () => Date;
  readonly fileSystem?: FileSystem;
}

export interface OpenedLdifStore extends StoreContents {
  readonly store: LdifStore;
  /** Whether config.ldif is not as the server wrote it: somebody edited it. */
  readonly isEdited: boolean;
}

/**
 * Locks the folder, reads what it holds and puts right what a crash left. Throws StoreError: another server has it,
 * it cannot be read or written, or something that was stored is not there any more.
 */
export async function openLdifStore(options: LdifStoreOptions): Promise<OpenedLdifStore> {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const journalFolder = join(options.folder, JOURNAL_FOLDER);
  try {
    await fileSystem.makeFolder(options.folder);
    await fileSystem.makeFolder(journalFolder);
  } catch (error) {
    throw storeErrorFrom(error, `The folder ${journalFolder} cannot be made`);
  }
  const lock = await lockFolder(options.folder);
  try {
    return await open({ ...options, fileSystem }, journalFolder, lock);
  } catch (error) {
    await lock.release();
    throw storeErrorFrom(error, `The folder ${options.folder} cannot be opened`);
  }
}

async function open(
  options: Required<LdifStoreOptions>,
  journalFolder: string,
  lock: FolderLock,
): Promise<OpenedLdifStore> {
  const { fileSystem, folder } = options;
  await fileSystem.remove(join(folder, SNAPSHOT_TEMPORARY_NAME));
  await fileSystem.syncFolder(folder);
  const snapshot = (await readSnapshot(fileSystem, folder)) ?? (await firstSnapshot(options, journalFolder));
  const { place, commits, bytes, warnings } = await recoverJournal({
    fileSystem,
    folder: journalFolder,
    snapshotNumber: snapshot.number,
    now: options.now,
  });
  const journal = await Journal.open(fileSystem, place);
  return {
    store: new LdifStore({ ...options, journal, lock, snapshotNumber: snapshot.number, bytes }),
    entries: snapshot.entries,
    snapshotNumber: snapshot.number,
    isEdited: snapshot.isEdited,
    commits,
    warnings: snapshot.isEdited ? [editWarning(folder), ...warnings] : warnings,
  };
}

/** A store without config.ldif is a new one, unless there is a journal: then the file has been lost. */
async function firstSnapshot(options: Required<LdifStoreOptions>, journalFolder: string): Promise<Snapshot> {
  const { fileSystem, folder, now } = options;
  if ((await listSegments(fileSystem, journalFolder)).length > 0) {
    throw new StoreError(
      `${join(folder, SNAPSHOT_NAME)} is missing, but the folder ${journalFolder} holds changes to it. ` +
        'Restore the file from a backup.',
    );
  }
  await writeSnapshot(fileSystem, folder, { entries: [], number: 0, at: now(), pause: setImmediate });
  return { entries: [], number: 0, isEdited: false };
}

function editWarning(folder: string): string {
  return (
    `${join(folder, SNAPSHOT_NAME)} was edited since the server wrote it (its checksum differs); ` +
    'its present content is taken.'
  );
}

interface LdifStoreParts extends Required<LdifStoreOptions> {
  readonly journal: Journal;
  readonly lock: FolderLock;
  readonly snapshotNumber: number;
  /** Of the journal beyond the snapshot. */
  readonly bytes: number;
}

class LdifStore implements Store {
  readonly #parts: LdifStoreParts;
  readonly #journal: Journal;
  #snapshotNumber: number;
  /** What the journal's count of octets was when the snapshot in force was begun. */
  #bytesBefore: number;
  #snapshot: Promise<void> | undefined;
  #isClosing = false;

  /** `openLdifStore` is the way to get one. */
  constructor(parts: LdifStoreParts) {
    this.#parts = parts;
    this.#journal = parts.journal;
    this.#snapshotNumber = parts.snapshotNumber;
    this.#bytesBefore = -parts.bytes;
  }

  get lastNumber(): number {
    return this.#journal.lastNumber;
  }

  get commitsSinceSnapshot(): number {
    return this.lastNumber - this.#snapshotNumber;
  }

  /** Counted from when the snapshot was begun. */
  get bytesSinceSnapshot(): number {
    return this.#journal.bytesAppended - this.#bytesBefore;
  }

  get failure(): StoreError | undefined {
    return this.#journal.failure;
  }

  append(commits: readonly Commit[]): Promise<void> {
    return this.#journal.append(commits);
  }

  async snapshot(entries: readonly Entry[], throughNumber: number): Promise<void> {
    if (this.#snapshot !== undefined) throw new StoreError('A snapshot is being written already.');
    if (throughNumber > this.lastNumber || throughNumber < this.#snapshotNumber) {
      throw new StoreError(
        `A snapshot through change ${throughNumber} cannot be: it must be from ${this.#snapshotNumber} to ${this.lastNumber}.`,
      );
    }
    this.#snapshot = this.#writeSnapshot(entries, throughNumber);
    try {
      await this.#snapshot;
    } finally {
      this.#snapshot = undefined;
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#snapshot?.catch(() => undefined);
    try {
      await this.#journal.close();
    } finally {
      await this.#parts.lock.release();
    }
  }

  async #writeSnapshot(entries: readonly Entry[], number: number): Promise<void> {
    const { fileSystem, folder, log, now } = this.#parts;
    const at = now();
    const bytesBefore = await this.#journal.rotate();
    await writeSnapshot(fileSystem, folder, { entries, number, at, pause: () => this.#pause() });
    this.#snapshotNumber = number;
    this.#bytesBefore = bytesBefore;
    try {
      await this.#journal.removeThrough(number);
    } catch (error) {
      log.warn(`${reasonOf(error)} They are not needed any more; the next snapshot tries again.`);
    }
  }

  /** A snapshot is in no hurry, those who wait for answers are; only when the store closes somebody waits for it. */
  #pause(): Promise<unknown> {
    return this.#isClosing ? setImmediate() : setTimeout(SNAPSHOT_PAUSE_MS);
  }
}
