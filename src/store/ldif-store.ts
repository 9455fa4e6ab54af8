// The LDIF store: config.ldif (a snapshot) and journal/ (later changes) in one folder, both valid LDIF that any
// tool reads. Implements store.ts. The caller that opens it applies the commits to the entries.

import { dirname, join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { reasonOf } from '../files/file-error.ts';
import { type FileSystem, nodeFileSystem } from '../files/file-system.ts';
import { type FolderLock, lockFolder } from '../files/folder-lock.ts';
import { type Places, requirePrivate } from '../files/permissions.ts';
import type { Entry } from '../ldap/entry.ts';
import {
  ARCHIVE_FOLDER,
  archiveName,
  listArchives,
  removeUnfinishedArchives,
  writeArchive,
} from './archive.ts';
import {
  type EditedSnapshot,
  editOf,
  findOriginal,
  keepEditAside,
  readUncutSnapshot,
} from './edited-snapshot.ts';
import type { StoredValues } from './encryption/stored-values.ts';
import { JOURNAL_FOLDER, Journal } from './journal.ts';
import { listSegments, recoverJournal } from './journal-recovery.ts';
import { forgettableThrough, KEEP_NOTHING, type Retention, uselessArchives } from './retention.ts';
import { SNAPSHOT_NAME, SNAPSHOT_TEMPORARY_NAME, type Snapshot, writeSnapshot } from './snapshot.ts';
import type { Commit, Store, StoreContents } from './store.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

/** Pause between slices of a snapshot, in milliseconds, so that it takes about a tenth of the processor time. */
const SNAPSHOT_PAUSE_MS = 1;
/** Pause between the larger pieces of an archive, in milliseconds. */
const ARCHIVE_PAUSE_MS = 20;

/** Log of the store for events that are not errors of a call. A pino logger fits. */
export interface StoreLog {
  warn(message: string): void;
  /** Called in addition for edits by hand that had no effect. */
  lostEdit?(message: string): void;
  /** Reports that the store takes no further commits. */
  error(message: string): void;
}

export interface LdifStoreOptions {
  /** Folder of config.ldif. It is created if it does not exist. */
  readonly folder: string;
  readonly log: StoreLog;
  readonly now: () => Date;
  readonly fileSystem?: FileSystem;
  /** Encrypts and decrypts secret values. */
  readonly values: StoredValues;
  /** How much history is kept; none by default. */
  readonly retention?: Retention;
}

export interface OpenedLdifStore extends StoreContents {
  readonly store: LdifStore;
  /** Set if config.ldif was edited by hand. `entries` are then those before the edit. */
  readonly edited: EditedSnapshot | undefined;
  /** True if no server has written this config.ldif, so that it should be written again. */
  readonly isForeign: boolean;
  /** True if config.ldif is not as the server wrote it and its former content is not known: an edit or damage. */
  readonly isUnclear: boolean;
}

/**
 * Locks the folder, reads its content and repairs what a crash left. Throws StoreError if another server has
 * the folder, if it cannot be read or written, or if stored commits are missing.
 */
export async function openLdifStore(options: LdifStoreOptions): Promise<OpenedLdifStore> {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const journalFolder = join(options.folder, JOURNAL_FOLDER);
  const archiveFolder = join(options.folder, ARCHIVE_FOLDER);
  try {
    for (const folder of [options.folder, journalFolder, archiveFolder])
      await makeDurableFolder(fileSystem, folder);
  } catch (error) {
    throw storeErrorFrom(error, `The folder ${journalFolder} cannot be made`);
  }
  await requirePrivate(fileSystem, await placesOf(fileSystem, options.folder));
  const lock = await lockFolder(options.folder);
  try {
    return await open(
      { retention: KEEP_NOTHING, ...options, fileSystem },
      { journalFolder, archiveFolder },
      lock,
    );
  } catch (error) {
    await lock.release();
    throw storeErrorFrom(error, `The folder ${options.folder} cannot be opened`);
  }
}

/** Creates a folder, and makes its name durable. */
async function makeDurableFolder(fileSystem: FileSystem, folder: string): Promise<void> {
  const isThere = (await fileSystem.inspect(folder)) !== undefined;
  await fileSystem.makeFolder(folder);
  if (!isThere) await fileSystem.syncFolder(dirname(folder));
}

/** Lists all files that a store reads. */
async function placesOf(fileSystem: FileSystem, folder: string): Promise<Places> {
  const folders = [join(folder, JOURNAL_FOLDER), join(folder, ARCHIVE_FOLDER)];
  const names = (path: string) => fileSystem.list(path).then((all) => all.map((name) => join(path, name)));
  try {
    const files = await Promise.all(folders.map(names));
    return { folders: [folder, ...folders], files: [join(folder, SNAPSHOT_NAME), ...files.flat()] };
  } catch (error) {
    throw storeErrorFrom(error, `The folder ${folder} cannot be read`);
  }
}

interface Folders {
  readonly journalFolder: string;
  readonly archiveFolder: string;
}

async function open(
  options: Required<LdifStoreOptions>,
  folders: Folders,
  lock: FolderLock,
): Promise<OpenedLdifStore> {
  const { fileSystem, folder, values } = options;
  const { journalFolder, archiveFolder } = folders;
  const path = join(folder, SNAPSHOT_NAME);
  await fileSystem.remove(join(folder, SNAPSHOT_TEMPORARY_NAME));
  await fileSystem.syncFolder(folder);
  await removeUnfinishedArchives(fileSystem, archiveFolder);
  const archives = await listArchives(fileSystem, archiveFolder);
  const found =
    (await readUncutSnapshot(fileSystem, folder, values)) ??
    (await firstSnapshot(options, journalFolder, archives));
  const original = await findOriginal(fileSystem, archiveFolder, found, values);
  const snapshot = original ?? found;
  const { place, commits, bytes, warnings } = await recoverJournal({
    fileSystem,
    folder: journalFolder,
    snapshotNumber: snapshot.number,
    isNew: archives.length === 0,
    now: options.now,
    values,
  });
  const isAsWritten = found.hasHeader && !found.isEdited;
  if (isAsWritten) await archiveIfAbsent(options, archiveFolder, found.number);
  const journal = await Journal.open(options, place);
  const version = (await fileSystem.inspect(path))?.version;
  const parts = { ...options, ...folders, journal, lock, snapshotNumber: snapshot.number, bytes, version };
  const isUnclear = found.isEdited && original === undefined;
  return {
    store: new LdifStore(parts),
    entries: snapshot.entries,
    checked: snapshot.checked,
    snapshotNumber: snapshot.number,
    edited: original && editOf(found, original),
    isForeign: !found.hasHeader,
    isUnclear,
    commits,
    warnings: isUnclear ? [editWarning(folder), ...warnings] : warnings,
  };
}

/**
 * Archives the snapshot of an instance whose version had no archives, or whose last archive could not be
 * written.
 */
async function archiveIfAbsent(
  { fileSystem, folder, log }: Required<LdifStoreOptions>,
  archiveFolder: string,
  number: number,
): Promise<void> {
  try {
    if ((await listArchives(fileSystem, archiveFolder)).includes(number)) return;
    await writeArchive(fileSystem, join(folder, SNAPSHOT_NAME), archiveFolder, number);
  } catch (error) {
    log.warn(
      `${reasonOf(error)} What came before change ${number + 1} cannot be compared with or rolled back to.`,
    );
  }
}

/**
 * Writes the first config.ldif. Only a store without journal and archives is new; otherwise the file was lost.
 */
async function firstSnapshot(
  options: Required<LdifStoreOptions>,
  journalFolder: string,
  archives: readonly number[],
): Promise<Snapshot> {
  const { fileSystem, folder, now, values } = options;
  const hasJournal = (await listSegments(fileSystem, journalFolder)).length > 0;
  if (hasJournal || archives.length > 0) {
    const what = hasJournal
      ? `the folder ${journalFolder} holds changes to it`
      : 'it is archived beside its place';
    throw new StoreError(
      `${join(folder, SNAPSHOT_NAME)} is missing, but ${what}. ${
        archives.length > 0 ? 'Run confdit repair, which takes the archived one, or restore' : 'Restore'
      } the file from a backup.`,
    );
  }
  await writeSnapshot(fileSystem, folder, { entries: [], number: 0, at: now(), pause: setImmediate, values });
  return { entries: [], number: 0, isEdited: false, hasHeader: true, checked: undefined };
}

function editWarning(folder: string): string {
  return (
    `${join(folder, SNAPSHOT_NAME)} was edited since the server wrote it (its checksum differs), and what it was before ` +
    'is not archived; its present content is taken.'
  );
}

interface LdifStoreParts extends Required<LdifStoreOptions>, Folders {
  readonly journal: Journal;
  readonly lock: FolderLock;
  readonly snapshotNumber: number;
  /** Octets of the journal after the snapshot. */
  readonly bytes: number;
  /** Version of config.ldif as it was read. */
  readonly version: string | undefined;
}

/** The store of an open folder; see `openLdifStore`. */
export class LdifStore implements Store {
  readonly #parts: LdifStoreParts;
  readonly #journal: Journal;
  #snapshotNumber: number;
  /** Octets in the journal when the present snapshot was begun. */
  #bytesBefore: number;
  #snapshot: Promise<void> | undefined;
  #isClosing = false;
  /** Version of config.ldif as the server left it. */
  #version: string | undefined;
  #isFailureTold = false;
  /** How much history is kept from now on. */
  retention: Retention;

  /** Only for `openLdifStore`. */
  constructor(parts: LdifStoreParts) {
    this.#parts = parts;
    this.retention = parts.retention;
    this.#journal = parts.journal;
    this.#snapshotNumber = parts.snapshotNumber;
    this.#bytesBefore = -parts.bytes;
    this.#version = parts.version;
  }

  get lastNumber(): number {
    return this.#journal.lastNumber;
  }

  /** Number of the first commit that the journal has or will have. */
  get firstNumber(): number {
    return this.#journal.segments[0] ?? this.lastNumber + 1;
  }

  get commitsSinceSnapshot(): number {
    return this.lastNumber - this.#snapshotNumber;
  }

  /** Octets since the snapshot was begun. */
  get bytesSinceSnapshot(): number {
    return this.#journal.bytesAppended - this.#bytesBefore;
  }

  get failure(): StoreError | undefined {
    return this.#journal.failure;
  }

  async append(commits: readonly Commit[]): Promise<void> {
    try {
      await this.#journal.append(commits);
    } catch (error) {
      this.#tellFailure();
      throw error;
    }
  }

  async snapshot(entries: readonly Entry[], throughNumber: number, checkedBy?: string): Promise<void> {
    if (this.#snapshot !== undefined) throw new StoreError('A snapshot is being written already.');
    if (throughNumber > this.lastNumber || throughNumber < this.#snapshotNumber) {
      throw new StoreError(
        `A snapshot through change ${throughNumber} cannot be: it must be from ${this.#snapshotNumber} to ${this.lastNumber}.`,
      );
    }
    this.#snapshot = this.#writeSnapshot(entries, throughNumber, checkedBy);
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

  #tellFailure(): void {
    const { failure } = this.#journal;
    if (failure === undefined || this.#isFailureTold) return;
    this.#isFailureTold = true;
    this.#parts.log.error(failure.message);
  }

  async #writeSnapshot(
    entries: readonly Entry[],
    number: number,
    checkedBy: string | undefined,
  ): Promise<void> {
    const { fileSystem, folder, now, values } = this.#parts;
    const at = now();
    const bytesBefore = await this.#journal.rotate();
    const pause = () => this.#pause();
    const finished = async (temporary: string) => {
      await this.#archive(temporary, number);
      await this.#keepEditAside();
    };
    await writeSnapshot(fileSystem, folder, { entries, number, at, checkedBy, pause, finished, values });
    this.#snapshotNumber = number;
    this.#bytesBefore = bytesBefore;
    this.#version = await this.#versionNow();
    await this.#forgetOld();
  }

  /** Archives a snapshot. A failure loses only a state to roll back to. */
  async #archive(path: string, number: number): Promise<void> {
    const { fileSystem, archiveFolder, log } = this.#parts;
    try {
      const pause = () => (this.#isClosing ? setImmediate() : setTimeout(ARCHIVE_PAUSE_MS));
      await writeArchive(fileSystem, path, archiveFolder, number, pause);
    } catch (error) {
      log.warn(`${reasonOf(error)} The configuration as of change ${number} is not archived.`);
    }
  }

  /** Copies edits of config.ldif that were made while the server runs. They take no effect and are not lost. */
  async #keepEditAside(): Promise<void> {
    const { fileSystem, folder, log, now, values } = this.#parts;
    const version = await this.#versionNow();
    if (version === undefined || version === this.#version) return;
    const aside = await keepEditAside(fileSystem, folder, now(), values);
    const message =
      `${join(folder, SNAPSHOT_NAME)} was edited while the server runs, which has no effect; the edited file is kept as ` +
      `${aside}. Change entries over LDAP, or edit the file while the server is stopped.`;
    log.warn(message);
    log.lostEdit?.(message);
  }

  async #versionNow(): Promise<string | undefined> {
    const { fileSystem, folder } = this.#parts;
    return (await fileSystem.inspect(join(folder, SNAPSHOT_NAME)))?.version;
  }

  async #forgetOld(): Promise<void> {
    const { fileSystem, archiveFolder, log, now } = this.#parts;
    try {
      const archives = await listArchives(fileSystem, archiveFolder);
      const through = forgettableThrough({ archives, lastNumber: this.lastNumber }, this.retention);
      const beforeMs = now().getTime() - this.retention.ageMs;
      await this.#journal.removeThrough(Math.min(through, this.#snapshotNumber), beforeMs);
      for (const number of uselessArchives({ segments: this.#journal.segments, archives })) {
        await fileSystem.remove(join(archiveFolder, archiveName(number)));
      }
    } catch (error) {
      log.warn(`${reasonOf(error)} They are not needed any more; the next snapshot tries again.`);
    }
  }

  /**
   * Pauses between slices, because clients wait for answers and nobody waits for a snapshot. Only closing the
   * store waits for it.
   */
  #pause(): Promise<unknown> {
    return this.#isClosing ? setImmediate() : setTimeout(SNAPSHOT_PAUSE_MS);
  }
}
