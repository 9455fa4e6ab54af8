// Three members of etcd and three servers that share a configuration through them, each of which can be broken: in a network of
// their own, on disks of their own, and with clocks of their own, where the machine has these.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHere } from '../confdit-program.ts';
import { fill, unmount } from '../disk/small-disk.ts';
import { EtcdCluster } from '../etcd/etcd-cluster.ts';
import { removeFolder } from '../folders.ts';
import { runProgram } from '../ldap-tools.ts';
import { programPath } from '../run/program-path.ts';
import { type RunningServer, startServer } from '../server-process.ts';
import { ClusterNetwork, type Place } from './cluster-network.ts';

export const COUNT = 3;
const QUOTA_OCTETS = 32 * 1024 * 1024;
const DISK = 'size=64m';
const ANYWHERE: Place = { address: '127.0.0.1', runBy: [] };

/** Folders of clusters that are not closed. */
const bases = new Set<string>();

process.once('exit', () => {
  for (const base of bases) {
    for (let index = 0; index < COUNT; index++) spawnSync('umount', ['--lazy', diskAt(base, index)]);
  }
});

export class ClusterGround {
  readonly etcd: EtcdCluster;
  readonly folders: readonly string[];
  /** Undefined where there are no network namespaces. */
  readonly network: ClusterNetwork | undefined;
  /** Why some faults cannot be made here. */
  readonly missing: readonly string[];
  /** True where the disks of the servers can be filled. */
  readonly hasDisks: boolean;
  /** Undefined where servers have the clock of the machine. */
  readonly #clocks: string | undefined;
  readonly #base: string;
  readonly #servers: (RunningServer | undefined)[] = [];
  #password = '';

  private constructor(parts: {
    readonly base: string;
    readonly etcd: EtcdCluster;
    readonly network: ClusterNetwork | string;
    readonly hasDisks: boolean;
  }) {
    this.#base = parts.base;
    this.etcd = parts.etcd;
    this.network = typeof parts.network === 'string' ? undefined : parts.network;
    this.hasDisks = parts.hasDisks;
    [this.#clocks] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
    this.folders = Array.from({ length: COUNT }, (_, index) => join(diskAt(parts.base, index), 'i'));
    this.missing = [
      ...(typeof parts.network === 'string' ? [parts.network] : []),
      ...(parts.hasDisks ? [] : ['No file system can be mounted here.']),
      ...(this.#clocks === undefined ? ['The package libfaketime is not installed.'] : []),
    ];
  }

  /** Starts everything. */
  static async open(): Promise<ClusterGround> {
    const base = await mkdtemp(join(tmpdir(), 'confdit-cluster-'));
    const network = await ClusterNetwork.open(COUNT, COUNT);
    const hasDisks = await mountDisks(base);
    const { members: places, outside } =
      typeof network === 'string' ? { members: undefined, outside: ANYWHERE } : network;
    const etcd = await EtcdCluster.start({
      members: COUNT,
      isSynced: true,
      args: [`--quota-backend-bytes=${QUOTA_OCTETS}`],
      runCtlBy: outside.runBy,
      ...(places === undefined ? {} : { places }),
    });
    const ground = new ClusterGround({ base, etcd, network, hasDisks });
    await ground.#begin();
    return ground;
  }

  get password(): string {
    return this.#password;
  }

  get hasClocks(): boolean {
    return this.#clocks !== undefined;
  }

  /** The server with this index; undefined while it is not there. */
  server(index: number): RunningServer | undefined {
    return this.#servers[index];
  }

  /** Resolves when the server is ready. Rejects if it does not become so. */
  async startServer(index: number): Promise<void> {
    const runBy = this.network?.servers[index]?.runBy ?? [];
    const [folder = '', environment] = [this.folders[index], this.#environmentOf(index)];
    this.#servers[index] = await startServer({ folder, environment, password: this.#password, runBy });
  }

  async endServer(index: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const server = this.#servers[index];
    this.#servers[index] = undefined;
    await server?.stop(signal);
  }

  /** Sends a signal that ends nothing. */
  signalServer(index: number, signal: NodeJS.Signals): void {
    const server = this.#servers[index];
    if (server !== undefined) process.kill(server.pid, signal);
  }

  /** Puts the calendar of a server forward or back. It sees that within a second. */
  async setClock(index: number, seconds: number): Promise<void> {
    // At once as a whole: the server may read it at any time.
    await writeFile(`${this.#clockOf(index)}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${this.#clockOf(index)}.new`, this.#clockOf(index));
  }

  /** Leaves no space on the disk of a server, until the function that this resolves to is called. */
  async fillDisk(index: number): Promise<() => Promise<void>> {
    const disk = diskAt(this.#base, index);
    await fill(disk);
    return () => removeFolder(join(disk, 'filler'));
  }

  async close(): Promise<void> {
    for (let index = 0; index < COUNT; index++) await this.endServer(index);
    await this.etcd.close();
    this.network?.close();
    if (this.hasDisks) for (let index = 0; index < COUNT; index++) await unmount(diskAt(this.#base, index));
    await removeFolder(this.#base);
    bases.delete(this.#base);
  }

  /** Makes an instance, shares it, and has the others join. */
  async #begin(): Promise<void> {
    const [first = '', ...others] = this.folders;
    const alone = await startServer({ folder: first });
    await alone.stop();
    this.#password = alone.password;
    const environment = this.#environment;
    const { runBy } = this.network?.outside ?? ANYWHERE;
    await command(['init', '--instance', first], environment, runBy);
    const key = join(first, 'config', 'keys', 'master.key');
    for (const folder of others)
      await command(['join', '--instance', folder, '--master-key', key], environment, runBy);
    for (let index = 0; index < COUNT; index++) {
      await this.setClock(index, 0);
      await this.startServer(index);
    }
  }

  get #environment(): Readonly<Record<string, string>> {
    return { CONFDIT_ETCD: this.etcd.urls.join(), CONFDIT_ACCESS_LOG: 'off' };
  }

  #environmentOf(index: number): Readonly<Record<string, string>> {
    if (this.#clocks === undefined) return this.#environment;
    return {
      ...this.#environment,
      LD_PRELOAD: this.#clocks,
      FAKETIME_TIMESTAMP_FILE: this.#clockOf(index),
      FAKETIME_CACHE_DURATION: '1',
      // A calendar that jumps is no reason for other clocks to.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  #clockOf(index: number): string {
    return join(this.#base, `clock${index}`);
  }
}

function diskAt(base: string, index: number): string {
  return join(base, `s${index}`);
}

/** Returns false where nothing can be mounted. */
async function mountDisks(base: string): Promise<boolean> {
  let isMounted = true;
  bases.add(base);
  for (let index = 0; index < COUNT; index++) {
    const disk = diskAt(base, index);
    await mkdir(disk);
    const { code } = await runProgram('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', disk]);
    isMounted &&= code === 0;
  }
  return isMounted;
}

async function command(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  runBy: readonly string[],
): Promise<void> {
  const all = ['cluster', ...words];
  const { code, stderr } =
    runBy.length === 0 ? await runHere(all, { environment }) : await runThere(all, environment, runBy);
  if (code !== 0) throw new Error(`confdit ${all.join(' ')}: ${stderr}`);
}

/** As runHere, in another network. */
async function runThere(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  [program = '', ...before]: readonly string[],
) {
  const all = [...before, process.execPath, programPath(), ...words];
  return runProgram(program, all, '', { PATH: process.env.PATH, HOME: '/nonexistent', ...environment });
}
