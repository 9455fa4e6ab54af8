// A file system in memory that knows what is on disk and what is only written: a power cut leaves the former, a killed
// process the latter. Any call can be made to fail, to write less than asked, or to be the last one.

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { FileFacts, FileSystem, FileUse, StoreFile } from '../../src/files/file-system.ts';

interface Content {
  written: Buffer;
  onDisk: Buffer;
}

/** `write /folder/journal/journal-000000000001.ldif`, for example. */
export type Call = string;
/** Throws for a call that shall fail; for a write it may give how many octets are taken. */
export type Fault = (call: Call, index: number) => number | undefined;

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export class MemoryFileSystem implements FileSystem {
  readonly calls: Call[] = [];
  /** Of what does not belong to its owner alone. */
  readonly modes = new Map<string, number>();
  fault: Fault = () => undefined;
  #names = new Map<string, Content>();
  #namesOnDisk = new Map<string, Content>();

  /** What a process finds that starts after the one before was killed. */
  afterKill(): MemoryFileSystem {
    return this.#copy(this.#names, (content) => content.written);
  }

  /** What a process finds after a power cut: only what was synced. */
  afterPowerCut(): MemoryFileSystem {
    return this.#copy(this.#namesOnDisk, (content) => content.onDisk);
  }

  get paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  text(path: string): string {
    return this.#get(path).written.toString('latin1');
  }

  octets(path: string): Buffer {
    return this.#get(path).written;
  }

  put(path: string, content: Buffer | string): void {
    const octets = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
    this.#names.set(path, { written: octets, onDisk: octets });
    this.#namesOnDisk.set(path, { written: octets, onDisk: octets });
  }

  async open(path: string, use: FileUse): Promise<StoreFile> {
    this.#call('open', path);
    if (use === 'create') {
      if (this.#names.has(path)) throw systemError('EEXIST');
      this.#names.set(path, { written: Buffer.alloc(0), onDisk: Buffer.alloc(0) });
    }
    return this.#file(path, this.#get(path), use);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#call('rename', from);
    this.#names.set(to, this.#get(from));
    this.#names.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.#call('remove', path);
    this.#names.delete(path);
  }

  async makeFolder(path: string): Promise<void> {
    this.#call('makeFolder', path);
  }

  async list(folder: string): Promise<readonly string[]> {
    this.#call('list', folder);
    return this.paths.filter((path) => dirname(path) === folder).map((path) => path.slice(folder.length + 1));
  }

  async inspect(path: string): Promise<FileFacts | undefined> {
    this.#call('inspect', path);
    const content = this.#names.get(path);
    const mode = this.modes.get(path);
    if (content !== undefined)
      return {
        mode: mode ?? 0o600,
        groupId: 0,
        version: versionOf(content),
        modifiedMs: 0,
        octets: content.written.length,
      };
    const isFolder = this.paths.some((other) => other.startsWith(`${path}/`));
    return isFolder ? { mode: mode ?? 0o700, groupId: 0, version: '', modifiedMs: 0, octets: 0 } : undefined;
  }

  async changeMode(path: string, mode: number): Promise<void> {
    this.#call('changeMode', path);
    this.modes.set(path, mode);
  }

  async syncFolder(folder: string): Promise<void> {
    this.#call('syncFolder', folder);
    for (const path of this.#namesOnDisk.keys()) {
      if (dirname(path) === folder && !this.#names.has(path)) this.#namesOnDisk.delete(path);
    }
    for (const [path, content] of this.#names) {
      if (dirname(path) === folder) this.#namesOnDisk.set(path, content);
    }
  }

  #file(path: string, content: Content, use: FileUse): StoreFile {
    return {
      read: async (into, position) => {
        this.#call('read', path);
        return content.written.copy(into, 0, position);
      },
      write: async (octets, position) => {
        const count = this.#call('write', path) ?? octets.length;
        const length = Math.max(content.written.length, position + count);
        const written = Buffer.alloc(length);
        content.written.copy(written);
        written.set(octets.subarray(0, count), position);
        content.written = written;
        if (use === 'append') content.onDisk = written;
        return count;
      },
      truncate: async (length) => {
        this.#call('truncate', path);
        content.written = content.written.subarray(0, length);
      },
      sync: async () => {
        this.#call('sync', path);
        content.onDisk = content.written;
      },
      close: async () => {
        this.#call('close', path);
      },
    };
  }

  #call(operation: string, path: string): number | undefined {
    const call = `${operation} ${path}`;
    const index = this.calls.push(call) - 1;
    return this.fault(call, index);
  }

  #get(path: string): Content {
    const content = this.#names.get(path);
    if (content === undefined) throw systemError('ENOENT');
    return content;
  }

  #copy(names: ReadonlyMap<string, Content>, contentOf: (content: Content) => Buffer): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const [path, content] of names) copy.put(path, contentOf(content));
    return copy;
  }
}

function versionOf({ written }: Content): string {
  return createHash('sha256').update(written).digest('hex');
}
