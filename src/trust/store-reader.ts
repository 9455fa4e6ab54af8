// Reads key stores without keeping anybody waiting: the file asynchronously, its contents in a thread of its own. The
// thread is started when it is needed and ends by itself when it has not been for a while.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setImmediate as otherWork } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { KeyStore, KeyStoreFile } from './key-store.ts';
import { type ServerKey, serverKey } from './server-key.ts';
import type { StoreAnswer, StoreContents, StoreQuestion } from './store-worker.ts';
import { reasonOf, TrustError } from './trust-error.ts';

const FILE_OCTETS_MAX = 16 * 1024 * 1024;
/** A store may ask for any number of rounds; one that takes longer than this is not opened. */
const OPEN_MS_MAX = 60_000;
const IDLE_MS = 10_000;
const WORKER_HEAP_MB = 256;
/** So many certificates take about a millisecond. */
const CERTIFICATES_AT_ONCE = 20;

export class StoreReader {
  #worker: Worker | undefined;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  /** Throws TrustError: the file is not there, is of no known format, does not open with the PIN. */
  async read(file: KeyStoreFile): Promise<KeyStore> {
    const octets = await readOctets(file.path);
    return unsealed(await this.#ask({ file, octets }));
  }

  /** The authorities of a store, as a trust manager wants them. Throws TrustError, also when there is none. */
  async readAuthorities(file: KeyStoreFile): Promise<readonly X509Certificate[]> {
    const { authorities } = await this.read(file);
    if (authorities.length === 0)
      throw new TrustError(`The trust store ${file.path} has no trusted certificate.`);
    return authorities;
  }

  /** The authorities of the runtime and of the operating system. */
  async readSystem(): Promise<readonly X509Certificate[]> {
    const file = { path: 'of the operating system', pin: undefined, type: undefined };
    return (await unsealed(await this.#ask({ file, octets: undefined }))).authorities;
  }

  /** Ends the thread; what it was about to open is not opened, nor anything else. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#stop();
  }

  /** One store after the other: several at once would only take the processor from everybody else. */
  #ask(question: StoreQuestion): Promise<StoreContents> {
    const answer = this.#last.then(() => this.#askNow(question));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #askNow(question: StoreQuestion): Promise<StoreContents> {
    clearTimeout(this.#idle);
    const answer = this.#isClosed ? undefined : await answerOf(this.#worker ?? this.#start(), question);
    if (this.#isClosed) throw new TrustError('No key store is opened any more: the server stops.');
    if (answer === undefined) {
      this.#stop();
      throw new TrustError(
        `The key store ${question.file.path} could not be opened within ${OPEN_MS_MAX / 1000} seconds, or takes too much memory. Write it anew with fewer rounds of key derivation.`,
      );
    }
    this.#idle = setTimeout(() => this.#stop(), IDLE_MS).unref();
    if ('problem' in answer) throw new TrustError(answer.problem);
    return answer;
  }

  #start(): Worker {
    // Published, the files end in .js.
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

/** Undefined when the thread has ended, or is ended because it takes too long. */
async function answerOf(worker: Worker, question: StoreQuestion): Promise<StoreAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<StoreAnswer | undefined>();
  const giveUp = () => resolve(undefined);
  const timer = setTimeout(giveUp, OPEN_MS_MAX);
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

async function readOctets(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > FILE_OCTETS_MAX)
      throw new TrustError(`The file ${path} is larger than ${FILE_OCTETS_MAX} octets.`);
    return await file.readFile();
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw new TrustError(`The file ${path} cannot be read: ${reasonOf(error)}.`);
  }
}
