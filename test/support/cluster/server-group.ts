// Real servers of one cluster, over a real etcd: the first begins it, the others join.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHere } from '../confdit-program.ts';
import { EtcdCluster } from '../etcd/etcd-cluster.ts';
import { removeFolder } from '../folders.ts';
import { LdapTools } from '../ldap-tools.ts';
import { endServers, type RunningServer, type StartOptions, startServer } from '../server-process.ts';
import { until } from '../until.ts';

export interface GroupOptions {
  readonly servers?: number;
  readonly members?: number;
  /** For the instance that the cluster begins with, such as schema files. */
  readonly first?: StartOptions;
  /** For all servers, besides what the cluster needs. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class ServerGroup {
  readonly etcd: EtcdCluster;
  readonly environment: Readonly<Record<string, string>>;
  readonly servers: RunningServer[];
  readonly #base: string;

  private constructor(
    base: string,
    etcd: EtcdCluster,
    environment: Readonly<Record<string, string>>,
    servers: RunningServer[],
  ) {
    this.#base = base;
    this.etcd = etcd;
    this.environment = environment;
    this.servers = servers;
  }

  static async start(options: GroupOptions = {}): Promise<ServerGroup> {
    const { servers: count = 3, members = 1, first = {} } = options;
    const base = await mkdtemp(join(tmpdir(), 'confdit-group-'));
    const etcd = await EtcdCluster.start({ members });
    const environment = {
      ...options.environment,
      CONFDIT_ETCD: etcd.urls.join(),
      CONFDIT_ETCD_PREFIX: '/confdit/tests',
    };
    const alone = await startServer(first);
    await alone.stop();
    const { folder, password } = alone;
    await run(['cluster', 'init', '--instance', folder], environment);
    const group = new ServerGroup(base, etcd, environment, []);
    group.servers.push(await startServer({ folder, password, environment }));
    for (let index = 1; index < count; index++) group.servers.push(await group.join(index));
    return group;
  }

  /** Makes another instance of the cluster, and starts its server. */
  async join(index: number): Promise<RunningServer> {
    const folder = join(this.#base, `server-${index}`);
    const key = join(this.server(0).folder, 'config', 'keys', 'master.key');
    await run(['cluster', 'join', '--instance', folder, '--master-key', key], this.environment);
    return startServer({ folder, password: this.server(0).password, environment: this.environment });
  }

  server(index: number): RunningServer {
    const server = this.servers[index];
    if (server === undefined) throw new RangeError(`There is no server ${index}.`);
    return server;
  }

  /** Starts a server again that was stopped or killed. */
  async restart(index: number, options: StartOptions = {}): Promise<RunningServer> {
    const { folder, password } = this.server(index);
    const server = await startServer({ folder, password, environment: this.environment, ...options });
    this.servers[index] = server;
    return server;
  }

  /** Resolves when these servers show as many changes as the first of them does now. */
  async caughtUp(indexes: readonly number[]): Promise<void> {
    const [first = 0] = indexes;
    const number = await this.#numberAt(first);
    for (const index of indexes) await until(async () => (await this.#numberAt(index)) >= number);
  }

  /** Ends the servers before etcd: one that is left would look for it for ever. */
  async close(): Promise<void> {
    await endServers();
    await this.etcd.close();
    await removeFolder(this.#base);
  }

  async #numberAt(index: number): Promise<number> {
    const [root] = await new LdapTools(this.server(index)).entries('', '-s', 'base', 'lastChangeNumber');
    return Number(root?.first('lastchangenumber'));
  }
}

async function run(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const { code, stderr } = await runHere(words, { environment });
  if (code !== 0) throw new Error(`confdit ${words.join(' ')}: ${stderr}`);
}
