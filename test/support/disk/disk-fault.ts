// A server on a disk that can be made to fail, or to be the end of it, at any call: see failing-disk.mjs.

import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FAILING_DISK = fileURLToPath(new URL('failing-disk.mjs', import.meta.url));

export type DiskCall = 'create' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'mkdir' | 'link';

export interface Fault {
  /**
   * The error's name; `KILL` ends the process before the call, `KILL-AFTER` when it has succeeded. `WAIT`: writes and syncs are
   * made only when the fault is cleared.
   */
  readonly code: string;
  /** A regular expression that the path must match; all do without. */
  readonly path?: string;
  readonly calls?: readonly DiskCall[];
  /** How many calls still succeed. */
  readonly skip?: number;
  /** How many fail then; all without. */
  readonly times?: number;
}

export class DiskFault {
  readonly #file: string;

  /** @param folder where the file is that faults are written to; the server must not need it. */
  constructor(folder: string) {
    this.#file = join(folder, 'fault');
  }

  /** What a server's environment must have for its disk to fail. */
  get environment(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import=${FAILING_DISK}`, CONFDIT_TEST_FAULT: this.#file };
  }

  /** Calls fail from now on, counted from the first. */
  async set(fault: Fault): Promise<void> {
    await writeFile(this.#file, JSON.stringify(fault));
  }

  /** The disk is well again. */
  async clear(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  /** The calls that have failed so far, each as `write /path`. */
  async struck(): Promise<readonly string[]> {
    const path = `${this.#file}.struck`;
    if (!existsSync(path)) return [];
    return (await readFile(path, 'utf8')).trim().split('\n');
  }
}
