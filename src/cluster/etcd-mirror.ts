// What a few keys of etcd have now: read once, then watched. Reads again after whatever the watch cannot survive, and from time to
// time: old versions of etcd lose events, and nothing else would show that here.

import type { EtcdClient } from '../etcd/etcd-client.ts';
import { EtcdError } from '../etcd/etcd-error.ts';
import type { KeyRange, KeyValue } from '../etcd/messages.ts';
import { pause } from '../time/pause.ts';

/** Anyone who may write to etcd may write here: what is beyond these limits is left out. */
const KEYS_MAX = 10_000;
const VALUE_OCTETS_MAX = 65_536;
const RETRY_PAUSE_MS = 250;
const READ_AGAIN_MS = 30_000;

export class EtcdMirror {
  readonly #client: EtcdClient;
  readonly #range: KeyRange;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #running: Promise<void>;
  #values: Map<string, KeyValue> = new Map();
  #isCurrent = false;

  constructor(client: EtcdClient, range: KeyRange) {
    this.#client = client;
    this.#range = range;
    this.#running = this.#watch();
  }

  /** The keys, as last seen. */
  get values(): ReadonlyMap<string, KeyValue> {
    return this.#values;
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
    const read = new Map<string, KeyValue>();
    let revision = 0n;
    for await (const { header, values } of this.#client.pages(this.#range)) {
      if (revision === 0n) revision = header.revision;
      for (const value of values) note(read, value);
      if (read.size >= KEYS_MAX) break;
    }
    this.#values = read;
    this.#isCurrent = true;
    this.#changed();
    return revision;
  }

  async #follow(fromRevision: bigint, signal: AbortSignal): Promise<void> {
    for await (const { events } of this.#client.watch({ ...this.#range, fromRevision }, signal)) {
      for (const { type, value } of events) {
        if (type === 'put') note(this.#values, value);
        else this.#values.delete(value.key);
      }
      if (events.length > 0) this.#changed();
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function note(values: Map<string, KeyValue>, value: KeyValue): void {
  if (value.value.length > VALUE_OCTETS_MAX) values.delete(value.key);
  else if (values.has(value.key) || values.size < KEYS_MAX) values.set(value.key, value);
}
