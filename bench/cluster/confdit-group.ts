/**
 * Three confdit servers on three members of etcd, set up as docs/cluster.md says.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { confditCommand, startConfditWith } from '../servers/confdit.ts';
import type { RunningEtcd } from '../servers/etcd.ts';
import type { RunningServer } from '../servers/server.ts';
import { BOTH_CORES, type Stage } from '../stage.ts';
import type { CaughtUp, ServerGroup } from './group.ts';

const SERVERS = 3;
const CATCH_UP_TIMEOUT_MS = 600_000;

/** Starts the servers on new folders. @param prefix of the cluster's keys in etcd */
export async function startConfditGroup(
  stage: Stage,
  etcd: RunningEtcd,
  prefix: string,
): Promise<ServerGroup> {
  const environment = { CONFDIT_ETCD: etcd.urls.join(), CONFDIT_ETCD_PREFIX: prefix };
  const start = (folder: string) =>
    startConfditWith(stage, folder, { environment, core: BOTH_CORES, readyTimeoutMs: CATCH_UP_TIMEOUT_MS });
  const command = (...words: readonly string[]) => runConfdit(stage, environment, words);
  const folders = [stage.makeFolder('confdit')];
  const instanceOf = (index: number) => join(folders[index] ?? '', 'instance');
  const servers: RunningServer[] = [];
  const joinOne = async (index: number): Promise<CaughtUp> => {
    const startedAt = performance.now();
    folders[index] = stage.makeFolder('confdit');
    const key = join(instanceOf(0), 'config', 'keys', 'master.key');
    await command('cluster', 'join', '--instance', instanceOf(index), '--master-key', key);
    const server = await start(folders[index] ?? '');
    servers[index] = server;
    return { server, ms: performance.now() - startedAt };
  };
  const alone = await startConfditWith(stage, folders[0] ?? '', { core: BOTH_CORES });
  await alone.stop();
  await command('cluster', 'init', '--instance', instanceOf(0));
  servers[0] = await start(folders[0] ?? '');
  for (let index = 1; index < SERVERS; index += 1) await joinOne(index);
  return {
    name: 'confdit',
    servers,
    get pids() {
      return [...servers.map(({ pid }) => pid), ...etcd.pids];
    },
    async end(index, isKilled) {
      const server = servers[index];
      if (server === undefined) throw new RangeError(`There is no server ${index}.`);
      if (isKilled) process.kill(server.pid, 'SIGKILL');
      await server.stop();
    },
    // A server is ready when it has what the others have.
    async restart(index) {
      const server = await start(folders[index] ?? '');
      servers[index] = server;
      return { server, ms: server.startMs };
    },
    join: () => joinOne(servers.length),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function runConfdit(
  stage: Stage,
  environment: NodeJS.ProcessEnv,
  words: readonly string[],
): Promise<void> {
  const child = stage.spawn(BOTH_CORES, confditCommand(...words), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  if (child.stderr === null) throw new Error('the command has no output');
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`confdit ${words.join(' ')} ended with ${code}: ${errors.slice(-2000)}`);
}
