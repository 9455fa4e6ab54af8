// Takes a server out of what a cluster knows of its servers.

import { EtcdClient } from '../etcd/etcd-client.ts';
import { EtcdError } from '../etcd/etcd-error.ts';
import type { FileReader } from '../files/file-reader.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { logErrorOf } from './etcd-service.ts';
import { LogKeys } from './log-keys.ts';
import { ID_SHOWN, nameIn } from './member-values.ts';

interface Found {
  readonly id: string;
  readonly name: string;
  isHere: boolean;
}

/** Reaches the servers that etcd has entries of. */
export class KnownServers {
  readonly #client: EtcdClient;
  readonly #keys: LogKeys;

  constructor(settings: ClusterSettings, files: FileReader) {
    this.#client = new EtcdClient({ ...settings, files });
    this.#keys = new LogKeys(settings.prefix);
  }

  /**
   * Returns the servers with this identifier, or this name: alone, or with the beginning of the identifier as it is shown where
   * several have the same. Throws LogError.
   */
  async find(wanted: string): Promise<readonly Found[]> {
    const range = this.#keys.servers;
    const found = new Map<string, Found>();
    const here = new Set<string>();
    try {
      for await (const { values } of this.#client.pages(range)) {
        for (const { key, value } of values) {
          const [id = '', kind] = key.slice(range.key.length).split('/');
          if (kind === 'here') here.add(id);
          if (kind === 'about') found.set(id, { id, name: nameIn(value) ?? '', isHere: false });
        }
      }
    } catch (error) {
      throw error instanceof EtcdError ? logErrorOf(error) : error;
    }
    for (const id of here) {
      const known = found.get(id);
      if (known !== undefined) known.isHere = true;
    }
    return [...found.values()].filter(
      ({ id, name }) => wanted === id || wanted === name || wanted === `${name} ${id.slice(0, ID_SHOWN)}`,
    );
  }

  /** Deletes all that etcd has of a server. Returns why that is not possible for now; undefined if it is done. */
  async forget(id: string): Promise<string | undefined> {
    try {
      await this.#client.delete(this.#keys.server(id));
      return undefined;
    } catch (error) {
      if (error instanceof EtcdError) return logErrorOf(error).message;
      throw error;
    }
  }

  close(): void {
    this.#client.close();
  }
}
