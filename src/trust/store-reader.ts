// Reads key stores without blocking: the file asynchronously, its content in a thread. The thread starts on
// demand and ends when it is idle.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FileReader } from '../files/file-reader.ts';
import type { KeyStore, KeyStoreFile } from './key-store.ts';
import { type ServerKey, serverKey } from './server-key.ts';
import type { StoreAnswer, StoreContents, StoreQuestion } from './store-worker.ts';
import { TrustError, trustErrorFrom } from './trust-error.ts';

const FILE_OCTETS_MAX = 16 * 1024 * 1024;
/** Maximum processor time to open a store, in milliseconds. A store may ask for any number of rounds. */
const OPEN_MS_MAX = 30_000;
const WAITS_MAX = 10;
const IDLE_MS = 10_000;
const WORKER_HEAP_MB = 256;
/** Number of certificates that are parsed at once; they take about a millisecond. */
const CERTIFICATES_AT_ONCE = 20;

export interface OpeningLimit {
  /** Maximum processor time to open one store, in milliseconds. */
  readonly openMsMax: number;
  /** Maximum waiting time as a multiple of `openMsMax`, when the processor is busy with other work. */
  readonly waitsMax: number;
  /** Returns the processor time of this process, in milliseconds. */
  readonly processorMs: () => number;
}

const OPENING_LIMIT: OpeningLimit = { openMsMax: OPEN_MS_MAX, waitsMax: WAITS_MAX, processorMs };

/** Reads key stores in a thread. */
export class StoreReader {
  readonly #files: FileReader;
  readonly #limit: OpeningLimit;
  #worker: Worker | undefined;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(files: FileReader, limit = OPENING_LIMIT) {
    this.#files = files;
    this.#limit = limit;
  }

  /**
   * Reads a key store. Throws TrustError if the file does not exist, the format is unknown, or the PIN is
   * wrong.
   */
  async read(file: KeyStoreFile): Promise<KeyStore> {
    const octets = await this.#readOctets(file.path);
    return unsealed(await this.#ask({ file, octets }));
  }

  /** Returns the authorities of a trust store; an empty list if it has none. Throws TrustError. */
  async readAuthorities(file: KeyStoreFile): Promise<readonly X509Certificate[]> {
    return (await this.read(file)).authorities;
  }

  /** Returns the authorities of the runtime and of the operating system. */
  async readSystem(): Promise<readonly X509Certificate[]> {
    const file = { path: 'of the operating system', pin: undefined, type: undefined };
    return (await unsealed(await this.#ask({ file, octets: undefined }))).authorities;
  }

  /** Ends the thread. Pending and later reads fail. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#stop();
  }

  async #readOctets(path: string): Promise<Buffer> {
    try {
      return (await this.#files.read(path, FILE_OCTETS_MAX)).octets;
    } catch (error) {
      throw trustErrorFrom(error);
    }
  }

  /** Queues a question: stores are opened one by one, to leave the processor to others. */
  #ask(question: StoreQuestion): Promise<StoreContents> {
    const answer = this.#last.then(() => this.#askNow(question));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #askNow(question: StoreQuestion): Promise<StoreContents> {
    clearTimeout(this.#idle);
    const answer = this.#isClosed
      ? undefined
      : await answerOf(this.#worker ?? this.#start(), question, this.#limit);
    if (this.#isClosed) throw new TrustError('No key store is opened any more: the server stops.');
    if (answer === undefined) {
      this.#stop();
      throw new TrustError(
        `The key store ${question.file.path} could not be opened: that takes more than ${this.#limit.openMsMax / 1000} seconds of computing or too much memory, or the processor is not to be had. Write it again with fewer rounds of key derivation.`,
      );
    }
    this.#idle = setTimeout(() => this.#stop(), IDLE_MS).unref();
    if ('problem' in answer) throw new TrustError(answer.problem);
    return answer;
  }

  #start(): Worker {
    // The published files end in .js.
    const name = import.meta.url.replace(/store-reader(\.[jt]s)$/, 'store-worker$1');
    const worker = new Worker(new URL(name), { resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB } });
    worker.unref();
    worker.on('error', () => {});
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }

  #stop(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** Returns the answer of the thread; undefined if the thread ended or was stopped because it took too long. */
async function answerOf(
  worker: Worker,
  question: StoreQuestion,
  { openMsMax, waitsMax, processorMs }: OpeningLimit,
): Promise<StoreAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<StoreAnswer | undefined>();
  const giveUp = () => resolve(undefined);
  const startedAt = processorMs();
  let waits = 0;
  // A thread that waits for the processor is not stopped: its processor time cannot exceed that of the process.
  const look = () => {
    waits += 1;
    if (waits >= waitsMax || processorMs() - startedAt >= openMsMax) giveUp();
    else timer = setTimeout(look, openMsMax);
  };
  let timer = setTimeout(look, openMsMax);
  worker.once('message', resolve);
  worker.once('exit', giveUp);
  worker.postMessage(question);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    worker.off('message', resolve);
    worker.off('exit', giveUp);
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function unsealed({ keys, authorities }: StoreContents): Promise<KeyStore> {
  const own: ServerKey[] = [];
  for (const { alias, privateKey, certificates } of keys) {
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    own.push(serverKey(alias, key, await certificatesOf(certificates)));
  }
  return { keys: own, authorities: await certificatesOf(authorities) };
}

async function certificatesOf(encoded: readonly Uint8Array[]): Promise<X509Certificate[]> {
  const certificates: X509Certificate[] = [];
  for (const der of encoded) {
    certificates.push(new X509Certificate(der));
    if (certificates.length % CERTIFICATES_AT_ONCE === 0) await otherWork();
  }
  return certificates;
}
