// A cluster whose servers run one version of confdit, and are replaced by another version one after the other while writers go on
// at all of them. A program is a copy of the project that is run from source.

import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EtcdCluster } from '../etcd/etcd-cluster.ts';
import { removeFolder } from '../folders.ts';
import { LdapTools } from '../ldap-tools.ts';
import { type RunningServer, startServer } from '../server-process.ts';
import { passes, until } from '../until.ts';

export interface RollingUpgradeOptions {
  /** Folders of the two versions. */
  readonly older: string;
  readonly newer: string;
  /** What the newer version knows and the older one does not; undefined if there is nothing. */
  readonly unknown: Unknown | undefined;
  readonly tell: (step: string) => void;
}

interface Unknown {
  /** Schema that servers of the newer version get into their instance. */
  readonly schema: string;
  /** LDIF of an entry that needs it. */
  readonly entry: string;
}

export interface RollingUpgradeReport {
  readonly acknowledged: number;
  readonly refused: number;
  /** What must not be; empty when all is well. */
  readonly problems: readonly string[];
}

const SERVERS = 3;
const WRITER_PAUSE_MS = 50;
/** Changes that each writer makes between two steps. */
const CHANGES = 5;

/** Upgrades the servers. Rejects if one of them does not start. */
export async function upgradeCluster(options: RollingUpgradeOptions): Promise<RollingUpgradeReport> {
  const base = await mkdtemp(join(tmpdir(), 'confdit-upgrade-'));
  const etcd = await EtcdCluster.start({ members: 1 });
  try {
    return await new RollingUpgrade(options, etcd, base).run();
  } finally {
    await etcd.close();
    await removeFolder(base);
  }
}

class RollingUpgrade {
  readonly #options: RollingUpgradeOptions;
  readonly #base: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #servers: (RunningServer | undefined)[] = [];
  readonly #folders: string[] = [];
  readonly #acknowledged = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #counts = Array.from({ length: SERVERS }, () => 0);
  readonly #problems: string[] = [];
  #isOver = false;

  constructor(options: RollingUpgradeOptions, etcd: EtcdCluster, base: string) {
    this.#options = options;
    this.#base = base;
    this.#environment = { CONFDIT_ETCD: etcd.urls.join(), CONFDIT_ACCESS_LOG: 'off' };
  }

  async run(): Promise<RollingUpgradeReport> {
    const { older, newer, unknown, tell } = this.#options;
    await this.#begin(older);
    const writers = this.#servers.map((_, index) => this.#write(index));
    for (let index = 0; index < SERVERS; index++) {
      await this.#written();
      tell(`server ${index} is replaced`);
      await this.#replace(index, newer);
      if (index === 0 && unknown !== undefined) await this.#makeUnknown(unknown.entry);
    }
    await this.#written();
    this.#isOver = true;
    await Promise.all(writers);
    tell('all are compared');
    await this.#compare();
    const [acknowledged, refused] = [this.#acknowledged.size, this.#refused.size];
    return { acknowledged, refused, problems: this.#problems };
  }

  async #begin(program: string): Promise<void> {
    const alone = await startServer({ checkout: program });
    await alone.stop();
    this.#folders.push(alone.folder);
    await this.#command(program, 'init', alone.folder);
    const key = join(alone.folder, 'config', 'keys', 'master.key');
    for (let index = 1; index < SERVERS; index++) {
      const folder = join(this.#base, `s${index}`);
      await this.#command(program, 'join', folder, '--master-key', key);
      this.#folders.push(folder);
    }
    for (let index = 0; index < SERVERS; index++) await this.#start(index, program);
  }

  async #start(index: number, program: string): Promise<void> {
    const [folder = '', environment] = [this.#folders[index], this.#environment];
    const { newer, unknown } = this.#options;
    const files =
      unknown === undefined || program !== newer ? {} : { 'schema/99-newer.ldif': unknown.schema };
    this.#servers[index] = await startServer({ folder, environment, checkout: program, files });
  }

  async #replace(index: number, program: string): Promise<void> {
    const server = this.#servers[index];
    this.#servers[index] = undefined;
    await server?.stop();
    await this.#start(index, program);
  }

  /** The servers of the older version follow no further, and say so; nothing that they take is lost, since they take nothing. */
  async #makeUnknown(ldif: string): Promise<void> {
    const [first, ...others] = this.#servers;
    if (first === undefined) return;
    const { code, stderr } = await new LdapTools(first).add(ldif);
    if (code !== 0) this.#problems.push(`The newer version refuses what only it knows: ${stderr}`);
    for (const server of others)
      await server?.waitForLog(({ msg }) => /follows (?:the cluster )?no further/.test(msg));
    this.#options.tell('the servers of the older version follow no further, and say so');
  }

  /** Adds entries at one server, as long as it is there. */
  async #write(index: number): Promise<void> {
    for (let count = 1; !this.#isOver; count++) {
      const server = this.#servers[index];
      if (server !== undefined) {
        const name = `Writer ${index} ${count}`;
        const { code } = await new LdapTools(server).add(ldifOf(name));
        (code === 0 ? this.#acknowledged : this.#refused).add(name);
        this.#counts[index] = (this.#counts[index] ?? 0) + 1;
      }
      await passes(WRITER_PAUSE_MS);
    }
  }

  /** Resolves when each writer has made some more changes. */
  async #written(): Promise<void> {
    const wanted = this.#counts.map((count) => count + CHANGES);
    await until(async () => this.#counts.every((count, index) => count >= (wanted[index] ?? 0)));
  }

  async #compare(): Promise<void> {
    const tools = this.#servers.flatMap((server) => (server === undefined ? [] : [new LdapTools(server)]));
    const last = 'The last one';
    await until(async () => [0, 68].includes((await tools[0]?.add(ldifOf(last)))?.code ?? 0));
    const found: string[][] = [];
    for (const one of tools) {
      await until(async () => (await namesAt(one)).includes(last));
      found.push(await namesAt(one));
    }
    const [first = []] = found;
    const names = new Set(first);
    for (const [index, other] of found.entries())
      if (other.join() !== first.join())
        this.#problems.push(`Server ${index} has other entries than server 0.`);
    for (const name of this.#acknowledged)
      if (!names.has(name)) this.#problems.push(`${name} was acknowledged and is lost.`);
    for (const name of this.#refused)
      if (names.has(name)) this.#problems.push(`${name} was refused and is there.`);
  }

  async #command(program: string, word: string, folder: string, ...words: readonly string[]): Promise<void> {
    const path = join(program, 'src', 'bin', 'confdit.ts');
    const all = [path, 'cluster', word, '--instance', folder, ...words];
    const child = spawn(process.execPath, all, { env: { PATH: process.env.PATH, ...this.#environment } });
    const [stderr, code] = await Promise.all([
      text(child.stderr),
      new Promise((resolve) => child.once('close', resolve)),
    ]);
    if (code !== 0) throw new Error(`confdit cluster ${word}: ${stderr}`);
  }
}

function ldifOf(name: string): string {
  return `dn: cn=${name},cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: ${name}
ds-cfg-enabled: false
ds-cfg-smtp-server: smtp.example.com
`;
}

async function namesAt(tools: LdapTools): Promise<string[]> {
  const entries = await tools.entries('cn=Mail Servers,cn=config', '-s', 'one', 'cn');
  return entries.map((entry) => entry.first('cn') ?? '').sort();
}
