/**
 * Where the benchmark plays: its child processes and its folders, so that nothing of either is left behind.
 *
 * Every process is pinned to one core from its first instruction (taskset replaces itself by the command, so the pid is the
 * command's own). Nothing is ended by name.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The servers get one core, what loads them the other. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;
/** For what runs alone. */
export const BOTH_CORES = '0,1';

const STOP_TIMEOUT_MS = 20_000;

/** Made once for a run of the benchmark; `clear` ends whatever is left, also after an interrupt. */
export class Stage {
  readonly #parentFolder: string;
  readonly #folders: string[] = [];
  readonly #children = new Set<ChildProcess>();
  #isCleared = false;

  constructor(parentFolder: string) {
    this.#parentFolder = parentFolder;
  }

  /** Makes a folder that `clear` removes. */
  makeFolder(name: string): string {
    if (this.#isCleared) throw new Error('the benchmark was interrupted');
    const folder = mkdtempSync(join(this.#parentFolder, `confdit-bench-${name}-`));
    this.#folders.push(folder);
    return folder;
  }

  /** Starts `command` on `core`, or on several as taskset takes them. */
  spawn(core: number | string, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    if (this.#isCleared) throw new Error('the benchmark was interrupted');
    const child = spawn('taskset', ['-c', String(core), ...command], options);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Asks the process to end (SIGTERM) and waits for it; after 20 seconds it is killed. */
  async stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    await exited;
    clearTimeout(timer);
  }

  /** Removes one folder before the end, when it grew large. */
  removeFolder(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
  }

  /** Ends every process that is left and removes every folder; nothing can be started afterwards. */
  async clear(): Promise<void> {
    this.#isCleared = true;
    await Promise.all([...this.#children].map((child) => this.stop(child)));
    for (const folder of this.#folders) this.removeFolder(folder);
  }
}

/** A TCP port on loopback that is free now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
