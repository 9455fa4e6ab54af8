// Threads for key derivations. A thread starts if all others are busy, up to a maximum, and ends after idling.
// Derivations wait in order; the callers limit their number.

import { Worker } from 'node:worker_threads';
import { Reason } from '../../files/program-error.ts';
import type { Derivation } from './derivation.ts';
import type { DerivationAnswer } from './derivation-worker.ts';

interface Job {
  readonly derivation: Derivation;
  readonly outcome: PromiseWithResolvers<Uint8Array>;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  idle: NodeJS.Timeout | undefined;
}

const IDLE_MS = 60_000;
const WORKER_HEAP_MB = 64;

/** A pool of derivation threads. */
export class DerivationThreads {
  readonly #threadsMax: number;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];
  #isClosed = false;

  constructor(threadsMax: number) {
    this.#threadsMax = threadsMax;
  }

  /** Computes a derivation. Rejects if the threads are closed, or one ends during the work. */
  readonly derive = (derivation: Derivation): Promise<Uint8Array> => {
    const outcome = Promise.withResolvers<Uint8Array>();
    if (this.#isClosed) outcome.reject(closed());
    else {
      this.#waiting.push({ derivation, outcome });
      this.#next();
    }
    return outcome.promise;
  };

  /** Ends all threads; current and waiting derivations are rejected. */
  close(): void {
    this.#isClosed = true;
    for (const { outcome } of this.#waiting.splice(0)) outcome.reject(closed());
    for (const thread of [...this.#threads]) this.#end(thread);
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const free = [...this.#threads].find(({ job }) => job === undefined) ?? this.#start();
    const job = free === undefined ? undefined : this.#waiting.shift();
    if (free === undefined || job === undefined) return;
    clearTimeout(free.idle);
    free.job = job;
    free.worker.postMessage(job.derivation);
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= this.#threadsMax) return undefined;
    // The published files end in .js.
    const name = import.meta.url.replace(/derivation-threads(\.[jt]s)$/, 'derivation-worker$1');
    const resourceLimits = { maxOldGenerationSizeMb: WORKER_HEAP_MB };
    const worker = new Worker(new URL(name), { resourceLimits });
    const thread: Thread = { worker, job: undefined, idle: undefined };
    worker.unref();
    worker.on('message', (answer: DerivationAnswer) => this.#answered(thread, answer));
    worker.on('error', () => {});
    worker.once('exit', () => this.#ended(thread));
    this.#threads.add(thread);
    return thread;
  }

  #answered(thread: Thread, answer: DerivationAnswer): void {
    const { job } = thread;
    thread.job = undefined;
    thread.idle = setTimeout(() => this.#end(thread), IDLE_MS).unref();
    if ('derived' in answer) job?.outcome.resolve(answer.derived);
    else job?.outcome.reject(new Reason(answer.problem));
    this.#next();
  }

  #end(thread: Thread): void {
    clearTimeout(thread.idle);
    void thread.worker.terminate();
    this.#ended(thread);
  }

  #ended(thread: Thread): void {
    if (!this.#threads.delete(thread)) return;
    thread.job?.outcome.reject(
      this.#isClosed ? closed() : new Reason('The thread that computed a hash has ended.'),
    );
    if (!this.#isClosed) this.#next();
  }
}

function closed(): Error {
  return new Reason('No password is hashed any more: the server stops.');
}
