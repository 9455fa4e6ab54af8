// Snapshots of a cluster in etcd: parts, and one key that names the newest whole one.

import { randomUUID } from 'node:crypto';
import type { EtcdClient } from '../etcd/etcd-client.ts';
import type { KeyValue } from '../etcd/messages.ts';
import { LogError, type LogSnapshot } from './cluster-log.ts';
import { readParts, writeParts } from './etcd-parts.ts';
import type { EtcdService } from './etcd-service.ts';
import { folder, type LogKeys } from './log-keys.ts';
import {
  decodeSnapshot,
  encodeSnapshot,
  requireFormat,
  type SnapshotValue,
  unreadable,
} from './log-values.ts';

/** A server that reads for so long that its snapshot is replaced and compacted meanwhile reads the next one. */
const READS_MAX = 5;

export class EtcdSnapshots {
  readonly #client: EtcdClient;
  readonly #service: EtcdService;
  readonly #keys: LogKeys;

  constructor(client: EtcdClient, service: EtcdService, keys: LogKeys) {
    this.#client = client;
    this.#service = service;
    this.#keys = keys;
  }

  /** Puts the parts of a snapshot, which do not count yet. Returns the value that names them. Throws LogError. */
  async prepare(snapshot: LogSnapshot): Promise<SnapshotValue> {
    const { number, historyId, code, seal } = snapshot;
    const id = randomUUID();
    const folderName = this.#keys.snapshotParts(number, id);
    const parts = await writeParts(this.#client, this.#service, folderName, octetsOf(snapshot.pieces));
    return { number, historyId, code, seal, id, parts };
  }

  /** Deletes the parts of a snapshot that was not taken. Throws LogError. */
  async discard({ number, id }: SnapshotValue): Promise<void> {
    await this.#service.do(() => this.#client.delete(folder(this.#keys.snapshotParts(number, id))));
  }

  async write(snapshot: LogSnapshot): Promise<void> {
    const before = await this.#newest();
    if (before !== undefined && decodeSnapshot(before.value).number >= snapshot.number) return;
    const value = await this.prepare(snapshot);
    const key = this.#keys.snapshot;
    const { succeeded } = await this.#service.ask(() =>
      this.#client.transaction({
        comparisons: [{ target: 'modRevision', key, equals: before?.modRevision ?? 0n }],
        success: [
          { type: 'put', key, value: encodeSnapshot(value) },
          { type: 'delete', ...this.#keys.snapshotPartsBefore(value.number, value.id) },
        ],
        failure: [],
      }),
    );
    // Another server was faster.
    if (!succeeded) await this.discard(value);
  }

  async read(): Promise<LogSnapshot | undefined> {
    for (let reads = 1; ; reads++) {
      const { header, ranges } = await this.#service.ask(() =>
        this.#client.readTogether([{ key: this.#keys.snapshot }, { key: this.#keys.format }]),
      );
      const newest = ranges[0]?.values[0];
      if (newest === undefined) return undefined;
      requireFormat(ranges[1]?.values[0]?.value);
      const value = decodeSnapshot(newest.value);
      try {
        const { number, historyId, code, seal } = value;
        const folderName = this.#keys.snapshotParts(number, value.id);
        const parts = await readParts(this.#client, this.#service, folderName, header.revision);
        if (parts.length !== value.parts) throw unreadable(folderName);
        return { number, historyId, code, seal, pieces: textsOf(parts) };
      } catch (error) {
        const isGone = error instanceof LogError && error.problem === 'compacted';
        if (!isGone || reads === READS_MAX) throw error;
      }
    }
  }

  /** Returns the number of the newest snapshot; undefined without one. Throws LogError. */
  async number(): Promise<number | undefined> {
    const newest = await this.#newest();
    return newest === undefined ? undefined : decodeSnapshot(newest.value).number;
  }

  async #newest(): Promise<KeyValue | undefined> {
    const { values } = await this.#service.ask(() => this.#client.range({ key: this.#keys.snapshot }));
    return values[0];
  }
}

function* octetsOf(pieces: Iterable<string>): Generator<Uint8Array, void> {
  for (const piece of pieces) yield Buffer.from(piece, 'utf8');
}

/** A part may end within a character. */
function textsOf(parts: readonly Uint8Array[]): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return [...parts.map((part) => decoder.decode(part, { stream: true })), decoder.decode()];
  } catch (error) {
    throw new LogError('format', 'The snapshot of the cluster in etcd is not UTF-8.', { cause: error });
  }
}
