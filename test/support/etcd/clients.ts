// Clients of etcd for tests, with short limits: members of a test are near, and fail often.

import { EtcdClient, type EtcdClientOptions } from '../../../src/etcd/etcd-client.ts';
import { EtcdError } from '../../../src/etcd/etcd-error.ts';
import { FileReader } from '../../../src/files/file-reader.ts';

const clients = new Set<EtcdClient>();

/** Returns a client of these members; `closeClients` closes it. */
export function clientOf(
  urls: readonly string[],
  options: Omit<EtcdClientOptions, 'urls' | 'files'> = {},
): EtcdClient {
  const limits = { connectMs: 10_000, callMs: 10_000, patienceMs: 60_000, silenceMs: 500 };
  const client = new EtcdClient({ ...limits, ...options, urls, files: new FileReader() });
  clients.add(client);
  return client;
}

export function closeClients(): void {
  for (const client of clients) client.close();
  clients.clear();
}

/** Puts a value, again if the outcome is not known; returns the revision. */
export async function putSurely(client: EtcdClient, key: string, value: string): Promise<bigint> {
  for (;;) {
    try {
      return (await client.put({ key, value: octets(value) })).revision;
    } catch (error) {
      if (!(error instanceof EtcdError) || error.problem !== 'unknown') throw error;
      const found = (await client.range({ key })).values[0];
      if (found !== undefined && Buffer.from(found.value).toString('utf8') === value)
        return found.modRevision;
    }
  }
}

export function octets(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** What ends a range of keys that begin with this text. */
export function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
}
