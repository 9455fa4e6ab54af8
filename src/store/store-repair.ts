// Carries out the repairs of store-check.ts, and keeps everything it removes in a folder named after the time.

import { basename, dirname, join } from 'node:path';
import { type FileSystem, freeName, readWholeFile, writeNewFile } from '../files/file-system.ts';
import { ARCHIVE_FOLDER, readArchiveOctets } from './archive.ts';
import { createSegment, JOURNAL_FOLDER } from './journal.ts';
import { segmentNumber } from './journal-segment.ts';
import { SNAPSHOT_NAME, SNAPSHOT_TEMPORARY_NAME } from './snapshot.ts';
import type { StoreRepair } from './store-check.ts';
import { storeErrorFrom } from './store-error.ts';

export interface RepairOptions {
  readonly fileSystem: FileSystem;
  /** Folder of config.ldif. No server may use it. */
  readonly folder: string;
  readonly now: Date;
}

/**
 * Repairs the store. Returns the folder with the removed parts, undefined if nothing was removed. Throws
 * StoreError.
 */
export async function repairStore(
  repairs: readonly StoreRepair[],
  options: RepairOptions,
): Promise<string | undefined> {
  const repair = new Repair(options);
  for (const one of repairs) {
    try {
      await repair.do(one);
    } catch (error) {
      throw storeErrorFrom(error, `The store in ${options.folder} cannot be repaired`);
    }
  }
  return repair.aside;
}

class Repair {
  readonly #options: RepairOptions;
  aside: string | undefined;

  constructor(options: RepairOptions) {
    this.#options = options;
  }

  async do(repair: StoreRepair): Promise<void> {
    const { fileSystem } = this.#options;
    switch (repair.type) {
      case 'protect':
        return fileSystem.changeMode(repair.path, repair.mode);
      case 'move':
        await this.#move(repair.paths);
        return repair.begin === undefined ? undefined : this.#beginSegment(repair.begin);
      case 'cut':
        return this.#cut(repair.path, repair.length, repair.following);
      case 'restoreSnapshot':
        return this.#restoreSnapshot(repair.archive);
      case 'beginSegment':
        return this.#beginSegment(repair.number);
    }
  }

  async #move(paths: readonly string[]): Promise<void> {
    const { fileSystem } = this.#options;
    for (const path of paths) {
      if ((await fileSystem.inspect(path)) === undefined) continue;
      const aside = await this.#folder();
      await fileSystem.rename(path, join(aside, await freeName(fileSystem, aside, basename(path))));
      await fileSystem.syncFolder(aside);
      await fileSystem.syncFolder(dirname(path));
    }
  }

  /**
   * Moves the following files first, then cuts the file: a crash in between leaves a journal that can be
   * repaired again.
   */
  async #cut(path: string, length: number, following: readonly string[]): Promise<void> {
    const { fileSystem } = this.#options;
    await this.#move(following.toReversed());
    if (length === 0) return this.#beginAnew(path);
    const aside = await this.#folder();
    const copy = join(aside, await freeName(fileSystem, aside, basename(path)));
    await writeNewFile(fileSystem, copy, await readWholeFile(fileSystem, path));
    await fileSystem.syncFolder(aside);
    const file = await fileSystem.open(path, 'append');
    try {
      await file.truncate(length);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Starts the file over. It must stay: its name says where the journal continues. */
  async #beginAnew(path: string): Promise<void> {
    await this.#move([path]);
    const number = segmentNumber(basename(path));
    if (number !== undefined) await this.#beginSegment(number);
  }

  async #beginSegment(number: number): Promise<void> {
    const { fileSystem, folder } = this.#options;
    const journalFolder = join(folder, JOURNAL_FOLDER);
    await fileSystem.makeFolder(journalFolder);
    await createSegment(fileSystem, journalFolder, number);
  }

  async #restoreSnapshot(archive: number): Promise<void> {
    const { fileSystem, folder } = this.#options;
    const octets = await readArchiveOctets(fileSystem, join(folder, ARCHIVE_FOLDER), archive);
    const temporary = join(folder, SNAPSHOT_TEMPORARY_NAME);
    await fileSystem.remove(temporary);
    await writeNewFile(fileSystem, temporary, octets);
    await this.#move([join(folder, SNAPSHOT_NAME)]);
    await fileSystem.rename(temporary, join(folder, SNAPSHOT_NAME));
    await fileSystem.syncFolder(folder);
  }

  async #folder(): Promise<string> {
    const { fileSystem, folder, now } = this.#options;
    if (this.aside !== undefined) return this.aside;
    const stamp = now.toISOString().replaceAll(/[-:.]/g, '');
    this.aside = join(folder, await freeName(fileSystem, folder, `repair-${stamp}`));
    await fileSystem.makeFolder(this.aside);
    await fileSystem.syncFolder(folder);
    return this.aside;
  }
}
