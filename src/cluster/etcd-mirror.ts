// What a few keys of etcd have now: read once, then watched. Reads again after whatever the watch cannot survive, and from time to
// time: old versions of etcd lose events, and nothing else would show that here.

import type { EtcdClient } from '../etcd/etcd-client.ts';
import { EtcdError } from '../etcd/etcd-error.ts';
import type { KeyRange, KeyValue } from '../etcd/messages.ts';
import { pause } from '../time/pause.ts';

/** Anyone who may write to etcd may write here: what is beyond these limits is left out. */
const KEYS_MAX = 10_000;
const VALUE_OCTETS_MAX = 65_536;
const OCTETS_MAX = 4 * 1024 * 1024;
const RETRY_PAUSE_MS = 250;
const READ_AGAIN_MS = 30_000;

export class EtcdMirror {
  readonly #client: EtcdClient;
  readonly #range: KeyRange;
  readonly #isWanted: (key: string) => boolean;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #running: Promise<void>;
  #kept = new KeptKeys();
  #isCurrent = false;

  /** @param isWanted returns true for the keys of the range that are kept */
  constructor(client: EtcdClient, range: KeyRange, isWanted: (key: string) => boolean) {
    this.#client = client;
    this.#range = range;
    this.#isWanted = isWanted;
    this.#running = this.#watch();
  }

  /** The keys, as last seen. */
  get values(): ReadonlyMap<string, KeyValue> {
    return this.#kept.values;
  }

  /** True while changes of the keys are seen; false before the first answer too. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Calls back when something has changed. Returns how to end that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const enough = new AbortController();
      try {
        const revision = await this.#read();
        void pause(READ_AGAIN_MS, AbortSignal.any([signal, enough.signal])).then(() => enough.abort());
        await this.#follow(revision + 1n, AbortSignal.any([signal, enough.signal]));
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        if (error.problem === 'compacted') continue;
        if (this.#isCurrent) {
          this.#isCurrent = false;
          this.#changed();
        }
        await pause(RETRY_PAUSE_MS, signal);
      } finally {
        enough.abort();
      }
    }
  }

  /** Reads all keys. Returns the revision at which they were so. */
  async #read(): Promise<bigint> {
    const read = new KeptKeys();
    let revision = 0n;
    let count = 0;
    for await (const { header, values } of this.#client.pages(this.#range)) {
      if (revision === 0n) revision = header.revision;
      for (const value of values) if (this.#isWanted(value.key)) read.put(value);
      count += values.length;
      if (count >= KEYS_MAX) break;
    }
    this.#kept = read;
    this.#isCurrent = true;
    this.#changed();
    return revision;
  }

  async #follow(fromRevision: bigint, signal: AbortSignal): Promise<void> {
    for await (const { events } of this.#client.watch({ ...this.#range, fromRevision }, signal)) {
      for (const { type, value } of events) {
        if (type === 'delete') this.#kept.delete(value.key);
        else if (this.#isWanted(value.key)) this.#kept.put(value);
      }
      if (events.length > 0) this.#changed();
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Keys with their values, within the limits. */
class KeptKeys {
  readonly #values = new Map<string, KeyValue>();
  #octets = 0;

  get values(): ReadonlyMap<string, KeyValue> {
    return this.#values;
  }

  /** Keeps a value instead of the one before, or neither. */
  put(value: KeyValue): void {
    this.delete(value.key);
    const octets = sizeOf(value);
    const isSmall = value.value.length <= VALUE_OCTETS_MAX && this.#octets + octets <= OCTETS_MAX;
    if (!isSmall || this.#values.size >= KEYS_MAX) return;
    this.#values.set(value.key, value);
    this.#octets += octets;
  }

  delete(key: string): void {
    const before = this.#values.get(key);
    if (before === undefined) return;
    this.#values.delete(key);
    this.#octets -= sizeOf(before);
  }
}

function sizeOf({ key, value }: KeyValue): number {
  return key.length + value.length;
}
