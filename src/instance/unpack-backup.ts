// Reads a backup file by file and verifies it: nothing in it is trusted before it is checked, and no more of it is in
// memory than a piece. The list of files stands at its end, so that what is unpacked is judged when all of it is there.

import { createHash, type Hash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { FOLDER_MODE, nodeFileSystem, type StoreFile, writeWhole } from '../files/file-system.ts';
import { StoreError, storeErrorFrom } from '../store/store-error.ts';
import { decodeManifest, MANIFEST_NAME, type Manifest } from './backup-manifest.ts';

/** Octets of all files together, unpacked. */
const UNPACKED_OCTETS_MAX = 16 * 1024 * 1024 * 1024;
const FILES_MAX = 100_000;
const MANIFEST_OCTETS_MAX = 32 * 1024 * 1024;
const NAME_OCTETS_MAX = 1024;
/** How archives begin that are compressed; one in another is a trap. */
const COMPRESSED = ['1f8b', '425a68', 'fd377a585a', '28b52ffd'];
const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * Returns the list of files of a backup when all of them are there as they were written, each once and no other.
 * Throws StoreError.
 * @param folder where the files are written; without it they are only verified.
 */
export async function unpackBackup(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  folder?: string,
): Promise<Manifest> {
  const unpacking = new Unpacking(folder);
  try {
    await unpacking.take(pieces);
    return unpacking.manifest();
  } catch (error) {
    throw storeErrorFrom(error, 'The backup is damaged');
  } finally {
    await unpacking.close();
  }
}

/** The file that is being read. */
interface Current {
  readonly name: string;
  readonly hash: Hash;
  readonly file: StoreFile | undefined;
  octets: number;
}

class Unpacking {
  readonly #folder: string | undefined;
  readonly #digests = new Map<string, string>();
  readonly #list: Buffer[] = [];
  /** Work that the archive asks for, done before more of it is read. */
  readonly #steps: (() => Promise<void>)[] = [];
  #current: Current | undefined;
  #failure: StoreError | undefined;
  #isListed = false;
  #hasEnd = false;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  async take(pieces: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
    const parser = new Parser({
      brotli: false,
      onReadEntry: (entry) => this.#enter(entry),
      onwarn: (_code, message) => this.#fail(`${message}`),
    });
    parser.on('ignoredEntry', () => this.#fail('it has an entry that is no file'));
    parser.on('eof', () => {
      this.#hasEnd = true;
    });
    const source = Readable.from(pieces);
    const unzipped = source.pipe(createGunzip());
    source.on('error', (error) => unzipped.destroy(error));
    let total = 0;
    for await (const piece of unzipped) {
      const octets: Buffer = piece;
      const begin = octets.toString('hex', 0, 8);
      if (total === 0 && COMPRESSED.some((one) => begin.startsWith(one)))
        throw new StoreError('The file is no backup: it is compressed twice.');
      total += octets.length;
      if (total > UNPACKED_OCTETS_MAX)
        throw new StoreError(`The backup has more than ${UNPACKED_OCTETS_MAX} octets.`);
      parser.write(octets);
      await this.#work();
    }
    parser.end();
    await this.#work();
    if (!this.#hasEnd) throw new StoreError('The backup is damaged: it ends before its end mark.');
  }

  /** The list of files, once it is known that it is true. Throws StoreError. */
  manifest(): Manifest {
    if (!this.#isListed) throw new StoreError('The file is no backup: its list of files is missing.');
    const manifest = decodeManifest(Buffer.concat(this.#list));
    for (const [name, digest] of this.#digests) {
      const listed = manifest.files.get(name);
      if (listed === undefined)
        throw new StoreError(`The backup is damaged: ${shown(name)} is in it, and not in its list of files.`);
      if (listed !== digest)
        throw new StoreError(
          `The backup is damaged: ${shown(name)} does not have the checksum it was written with.`,
        );
    }
    const lost = [...manifest.files.keys()].find((name) => !this.#digests.has(name));
    if (lost !== undefined)
      throw new StoreError(`The backup is damaged: ${shown(lost)} is in its list of files, and not in it.`);
    return manifest;
  }

  async close(): Promise<void> {
    await this.#current?.file?.close();
  }

  async #work(): Promise<void> {
    for (const step of this.#steps.splice(0)) {
      if (this.#failure !== undefined) throw this.#failure;
      await step();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(what: string): void {
    this.#failure ??= new StoreError(`The backup is damaged: ${what}.`);
  }

  #enter(entry: ReadEntry): void {
    const { path, type, size } = entry;
    this.#steps.push(() => this.#begin(path, type, size));
    entry.on('data', (piece: Buffer) => {
      this.#steps.push(() => this.#write(piece));
    });
    entry.on('end', () => this.#steps.push(() => this.#finish(size)));
  }

  async #begin(name: string, type: string, size: number): Promise<void> {
    if (this.#isListed)
      throw new StoreError('The backup is damaged: its list of files is not its last file.');
    if (type !== 'File') throw new StoreError(`The backup has ${shown(name)}, which is no regular file.`);
    requireInside(name);
    if (this.#digests.has(name)) throw new StoreError(`The backup is damaged: it has ${shown(name)} twice.`);
    if (this.#digests.size >= FILES_MAX) throw new StoreError(`The backup has more than ${FILES_MAX} files.`);
    if (name === MANIFEST_NAME && size > MANIFEST_OCTETS_MAX)
      throw new StoreError(`The list of files in the backup is larger than ${MANIFEST_OCTETS_MAX} octets.`);
    const file = name === MANIFEST_NAME ? undefined : await this.#create(name);
    this.#current = { name, hash: createHash('sha256'), file, octets: 0 };
  }

  async #create(name: string): Promise<StoreFile | undefined> {
    if (this.#folder === undefined) return undefined;
    const path = join(this.#folder, name);
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    return nodeFileSystem.open(path, 'create');
  }

  async #write(piece: Buffer): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    if (current.name === MANIFEST_NAME) this.#list.push(piece);
    current.hash.update(piece);
    if (current.file !== undefined) await writeWhole(current.file, piece, current.octets);
    current.octets += piece.length;
  }

  async #finish(size: number): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    await current.file?.sync();
    await current.file?.close();
    if (current.octets !== size)
      throw new StoreError(`The backup is damaged: it ends in the middle of ${shown(current.name)}.`);
    if (current.name === MANIFEST_NAME) this.#isListed = true;
    else this.#digests.set(current.name, current.hash.digest('hex'));
  }
}

/** Throws StoreError for a name that leads out of the folder it is unpacked to, or that is none. */
function requireInside(name: string): void {
  const isPlain =
    name !== '' &&
    name !== '.' &&
    Buffer.byteLength(name) <= NAME_OCTETS_MAX &&
    !name.includes('\\') &&
    !CONTROL_CHARACTER.test(name) &&
    posix.normalize(name) === name &&
    !name.startsWith('/') &&
    !name.endsWith('/') &&
    !name.split('/').includes('..');
  if (!isPlain) throw new StoreError(`The backup names a file outside of the instance: ${shown(name)}.`);
}

function shown(name: string): string {
  return CONTROL_CHARACTER.test(name) ? JSON.stringify(name) : name;
}
