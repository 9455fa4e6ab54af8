/**
 * Starts three members of etcd on loopback as their users run them: a write counts when most of them have synced it.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdClient } from '../../src/etcd/etcd-client.ts';
import { EtcdError } from '../../src/etcd/etcd-error.ts';
import { FileReader } from '../../src/files/file-reader.ts';
import { BOTH_CORES, findFreePort, type Stage } from '../stage.ts';

const MEMBERS = 3;
const READY_TIMEOUT_MS = 60_000;
const LOOK_MS = 50;

/** Members that are up and have a leader. */
export interface RunningEtcd {
  readonly urls: readonly string[];
  readonly pids: readonly number[];
  /** A client of its own; the caller closes it. */
  connect(): EtcdClient;
  stop(): Promise<void>;
}

/** Starts the members on new folders, each on both cores as all servers of the part `cluster`. */
export async function startEtcd(stage: Stage, folder: string): Promise<RunningEtcd> {
  const names = Array.from({ length: MEMBERS }, (_, index) => `n${index + 1}`);
  const places = await Promise.all(
    names.map(async (name) => ({
      name,
      url: `http://127.0.0.1:${await findFreePort()}`,
      peer: `http://127.0.0.1:${await findFreePort()}`,
    })),
  );
  const all = places.map(({ name, peer }) => `${name}=${peer}`).join();
  const children = places.map(({ name, url, peer }) => {
    const log = openSync(join(folder, `${name}.log`), 'a');
    const command = [
      ...['etcd', '--name', name, '--data-dir', join(folder, name), '--initial-cluster', all],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--log-level', 'warn'],
    ];
    const child = stage.spawn(BOTH_CORES, command, { stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  });
  const urls = places.map(({ url }) => url);
  const connect = () => new EtcdClient({ urls, files: new FileReader() });
  const client = connect();
  const startedAt = performance.now();
  while (!(await hasLeader(client))) {
    if (performance.now() - startedAt > READY_TIMEOUT_MS)
      throw new Error(`etcd was not ready: ${readFileSync(join(folder, 'n1.log'), 'utf8').slice(-2000)}`);
    await sleep(LOOK_MS);
  }
  client.close();
  return {
    urls,
    pids: children.map(({ pid }) => pid ?? 0),
    connect,
    async stop() {
      await Promise.all(children.map((child) => stage.stop(child)));
    },
  };
}

async function hasLeader(client: EtcdClient): Promise<boolean> {
  try {
    await client.put({ key: 'ready', value: Buffer.from('yes') });
    return true;
  } catch (error) {
    if (error instanceof EtcdError) return false;
    throw error;
  }
}
