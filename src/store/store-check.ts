// Checks all files of a store and reports each problem: file, record, and what to do. Changes nothing;
// store-repair.ts carries out the repairs. No server may use the folder meanwhile.

import { join } from 'node:path';
import { LdifError } from '../codec/ldif-error.ts';
import { errorCode, reasonOf } from '../files/file-error.ts';
import { type FileSystem, readWholeFile } from '../files/file-system.ts';
import { type Exposed, findExposed, formatExposed } from '../files/permissions.ts';
import { ARCHIVE_FOLDER, archiveName, listArchives, readArchive } from './archive.ts';
import { readUncutSnapshot } from './edited-snapshot.ts';
import type { StoredValues } from './encryption/stored-values.ts';
import { decryptChange } from './encryption/stored-values.ts';
import { JOURNAL_FOLDER } from './journal.ts';
import { readJournalChanges } from './journal-record.ts';
import { listSegments } from './journal-recovery.ts';
import { isBegun, type SegmentScan, scanSegment, segmentName } from './journal-segment.ts';
import { SNAPSHOT_NAME, type Snapshot } from './snapshot.ts';
import { StoreError } from './store-error.ts';

export type StoreRepair =
  | { readonly type: 'protect'; readonly path: string; readonly mode: number }
  /** `begin`: number of the change with which a new journal file starts in their place. */
  | { readonly type: 'move'; readonly paths: readonly string[]; readonly begin?: number }
  | {
      readonly type: 'cut';
      readonly path: string;
      readonly length: number;
      readonly following: readonly string[];
    }
  | { readonly type: 'restoreSnapshot'; readonly archive: number }
  | { readonly type: 'beginSegment'; readonly number: number };

export interface StoreProblem {
  readonly path: string;
  /** Number of the damaged change. */
  readonly number?: number;
  /** Sentence that names file and change. */
  readonly problem: string;
  /** Sentence that says what a repair does, or what a person has to do. */
  readonly remedy: string;
  readonly repair?: StoreRepair;
}

export interface StoreCheck {
  readonly problems: readonly StoreProblem[];
  /** Sentences of facts that are no problems. */
  readonly notes: readonly string[];
  /** Last change number in config.ldif, and in the journal. */
  readonly snapshotNumber: number | undefined;
  readonly lastNumber: number | undefined;
}

/**
 * Checks the store in a folder. Throws StoreError only if the folder cannot be read.
 * @param values `VALUES_AS_STORED` checks the structure only.
 */
export async function checkStore(
  fileSystem: FileSystem,
  folder: string,
  values: StoredValues,
): Promise<StoreCheck> {
  const check = new Check(fileSystem, folder, values);
  await check.permissions();
  await check.archives();
  await check.snapshot();
  await check.journal();
  return check.result();
}

/** Returns the problem of files whose permissions let other users read them. */
export function problemOfExposed(exposed: Exposed): StoreProblem {
  const { path, wanted } = exposed;
  return {
    path,
    problem: `${formatExposed(exposed)}.`,
    remedy: 'Its mode is set.',
    repair: { type: 'protect', path, mode: wanted },
  };
}

class Check {
  readonly #fileSystem: FileSystem;
  readonly #values: StoredValues;
  readonly #folder: string;
  readonly #journalFolder: string;
  readonly #archiveFolder: string;
  readonly #problems: StoreProblem[] = [];
  readonly #notes: string[] = [];
  #goodArchives: number[] = [];
  #snapshot: Snapshot | undefined;
  #lastNumber: number | undefined;

  constructor(fileSystem: FileSystem, folder: string, values: StoredValues) {
    this.#fileSystem = fileSystem;
    this.#values = values;
    this.#folder = folder;
    this.#journalFolder = join(folder, JOURNAL_FOLDER);
    this.#archiveFolder = join(folder, ARCHIVE_FOLDER);
  }

  result(): StoreCheck {
    return {
      problems: this.#problems,
      notes: this.#notes,
      snapshotNumber: this.#snapshot?.number,
      lastNumber: this.#lastNumber,
    };
  }

  async permissions(): Promise<void> {
    const names = (folder: string) => this.#list(folder).then((all) => all.map((name) => join(folder, name)));
    const files = [...(await names(this.#journalFolder)), ...(await names(this.#archiveFolder))];
    const exposed = await findExposed(
      this.#fileSystem,
      {
        folders: [this.#folder, this.#journalFolder, this.#archiveFolder],
        files: [join(this.#folder, SNAPSHOT_NAME), ...files],
      },
      'readable',
    );
    this.#problems.push(...exposed.map(problemOfExposed));
  }

  async archives(): Promise<void> {
    for (const number of await listArchives(this.#fileSystem, this.#archiveFolder)) {
      const path = join(this.#archiveFolder, archiveName(number));
      try {
        requireReadable(await readArchive(this.#fileSystem, this.#archiveFolder, number, this.#values), path);
        this.#goodArchives.push(number);
      } catch (error) {
        this.#problems.push({
          path,
          problem: sentenceOf(error),
          remedy: 'The file is moved aside; there is no going back to that state.',
          repair: { type: 'move', paths: [path] },
        });
      }
    }
  }

  async snapshot(): Promise<void> {
    const path = join(this.#folder, SNAPSHOT_NAME);
    try {
      const snapshot = await readUncutSnapshot(this.#fileSystem, this.#folder, this.#values);
      if (snapshot !== undefined) requireReadable(snapshot, path);
      this.#snapshot = snapshot;
    } catch (error) {
      this.#problems.push({ path, problem: sentenceOf(error), ...this.#snapshotRemedy() });
      return;
    }
    if (this.#snapshot === undefined) {
      const segments = await listSegments(this.#fileSystem, this.#journalFolder).catch(() => []);
      if (segments.length === 0 && this.#goodArchives.length === 0)
        this.#notes.push(`There is no ${path}, and no journal either: the instance has never run.`);
      else this.#problems.push({ path, problem: `${path} is missing.`, ...this.#snapshotRemedy() });
    } else if (!this.#snapshot.hasHeader && this.#goodArchives.length > 0) {
      this.#notes.push(
        `${path} does not have the server's first line; the next start takes it as a whole: what it does not have is deleted.`,
      );
    } else if (this.#snapshot.isEdited) {
      this.#notes.push(`${path} was edited by hand; the next start takes the edit as a change.`);
    }
  }

  #snapshotRemedy(): Pick<StoreProblem, 'remedy' | 'repair'> {
    const archive = this.#goodArchives.at(-1);
    if (archive === undefined) return { remedy: 'Restore the file from a backup.' };
    return {
      remedy: `The file is moved aside, and the archived configuration through change ${archive} takes its place; the journal has what came after.`,
      repair: { type: 'restoreSnapshot', archive },
    };
  }

  async journal(): Promise<void> {
    const segments = await listSegments(this.#fileSystem, this.#journalFolder).catch(() => []);
    const needed = (this.#snapshot?.number ?? this.#goodArchives.at(-1) ?? 0) + 1;
    let due: number | undefined;
    for (const [index, first] of segments.entries()) {
      const following = segments[index + 1];
      if (due !== undefined && first !== due) this.#misplaced(segments, index, due, needed);
      const scan = await this.#segment(first, segments.slice(index + 1), needed);
      if (scan === undefined) return;
      due = scan.nextNumber;
      if (following === undefined) this.#lastNumber = due - 1;
    }
    const last = segments.at(-1);
    if (due !== undefined && due < needed) this.#endsEarly(due - 1, needed);
    else if (last === undefined ? this.#goodArchives.length > 0 : last < needed)
      this.#lastFileMissing(needed);
  }

  /** Scans a segment. Returns undefined if nothing is known about the rest. */
  async #segment(first: number, later: readonly number[], needed: number): Promise<SegmentScan | undefined> {
    const path = this.#pathOf(first);
    const octets = await this.#octetsOf(path, first, later);
    if (octets === undefined) return undefined;
    const scan = scanSegment(octets, first, isBegun(first, needed - 1));
    for (const record of scan.records) {
      try {
        for (const change of readJournalChanges(octets, record)) decryptChange(change, this.#values);
      } catch (error) {
        if (!(error instanceof LdifError || error instanceof StoreError)) throw error;
        const { number } = record.header;
        this.#problems.push({
          path,
          number,
          problem: `Change ${number} in ${path} cannot be read. ${error.message}`,
          remedy: 'Restore the file from a backup.',
        });
      }
    }
    const { problem } = scan;
    if (problem === undefined) return scan;
    if (problem.type === 'torn' && later.length === 0) {
      this.#notes.push(
        `Change ${problem.number} was being written to ${path} when the server stopped; the next start cuts it off.`,
      );
      return scan;
    }
    const isOfThePast = later[0] !== undefined && later[0] <= needed;
    this.#problems.push({
      path,
      number: problem.number,
      problem: `Change ${problem.number} in ${path} is damaged: ${problem.problem}.`,
      ...(isOfThePast ? this.#forget(first) : this.#giveUp(scan, path, later)),
    });
    if (!isOfThePast) return undefined;
    return { ...scan, nextNumber: later[0] ?? scan.nextNumber };
  }

  /** Reads a file. Returns undefined and reports a problem if that fails. */
  async #octetsOf(path: string, first: number, later: readonly number[]): Promise<Buffer | undefined> {
    try {
      return await readWholeFile(this.#fileSystem, path);
    } catch (error) {
      const isFolder = errorCode(error) === 'EISDIR';
      const paths = [path, ...later.map((number) => this.#pathOf(number))];
      this.#problems.push({
        path,
        number: first,
        problem: `Change ${first} in ${path} cannot be read: ${reasonOf(error)}.`,
        remedy: isFolder
          ? `Restore the file from a backup; or change ${first} and all after it are discarded: what is there is moved aside.`
          : 'Put the disk or the rights right, or restore the file from a backup.',
        ...(isFolder ? { repair: { type: 'move', paths, begin: first } } : {}),
      });
      return undefined;
    }
  }

  /** Drops the rest of a batch: commits that were appended together count only together. */
  #giveUp(
    { nextNumber, end }: SegmentScan,
    path: string,
    later: readonly number[],
  ): Pick<StoreProblem, 'remedy' | 'repair'> {
    return {
      remedy:
        `Restore the file from a backup; or change ${nextNumber} and all after it are discarded: the file is copied ` +
        `aside and cut to its first ${end} octets, and the journal files after it are moved aside.`,
      repair: { type: 'cut', path, length: end, following: later.map((first) => this.#pathOf(first)) },
    };
  }

  /** Repairs by dropping this file and all before it, which only history needs. */
  #forget(first: number): Pick<StoreProblem, 'remedy' | 'repair'> {
    const paths = [this.#pathOf(first)];
    return {
      remedy:
        'The present configuration does not need the file; it is moved aside, and history begins after it.',
      repair: { type: 'move', paths },
    };
  }

  #misplaced(segments: readonly number[], index: number, due: number, needed: number): void {
    const first = segments[index] ?? due;
    const path = this.#pathOf(first);
    if (first > due && first <= needed) {
      this.#notes.push(`Changes ${due} to ${first - 1} are not in the journal; config.ldif has them.`);
      return;
    }
    const problem =
      first > due
        ? `Changes ${due} to ${first - 1} are missing: ${path} begins with change ${first}.`
        : `${path} begins with change ${first}, which the file before it holds too.`;
    const paths = segments.slice(index).map((segment) => this.#pathOf(segment));
    this.#problems.push({
      path,
      number: due,
      problem,
      remedy: `Restore the missing file from a backup; or change ${first} and all after it are discarded: the files are moved aside.`,
      repair: { type: 'move', paths, begin: due },
    });
  }

  #endsEarly(last: number, needed: number): void {
    this.#problems.push({
      path: this.#journalFolder,
      number: last + 1,
      problem: `config.ldif goes through change ${needed - 1}, but the journal in ${this.#journalFolder} ends with change ${last}.`,
      remedy:
        'Restore both from one backup; or, as config.ldif has those changes, the journal starts over after it.',
      repair: { type: 'beginSegment', number: needed },
    });
  }

  #lastFileMissing(needed: number): void {
    this.#problems.push({
      path: this.#pathOf(needed),
      number: needed,
      problem: `The journal file that held change ${needed} and those after it is missing from ${this.#journalFolder}.`,
      remedy: `Restore the file from a backup; or what it held is discarded: the journal starts over after change ${needed - 1}.`,
      repair: { type: 'beginSegment', number: needed },
    });
  }

  #pathOf(first: number): string {
    return join(this.#journalFolder, segmentName(first));
  }

  async #list(folder: string): Promise<readonly string[]> {
    try {
      return await this.#fileSystem.list(folder);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }
}

/** Reads all values. Throws StoreError for one that cannot be decrypted. */
function requireReadable({ entries }: Snapshot, path: string): void {
  try {
    for (const { attributes } of entries) if (attributes.length === 0) continue;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError(`The file ${path} cannot be used. ${error.message}`, { cause: error });
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof StoreError) return error.message;
  throw error;
}
