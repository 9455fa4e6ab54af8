// A lease of etcd that this server keeps alive. Keys that are bound to it go when the server is gone, without anybody's help.
//
// The lease is renewed three times while it lives. A server counts it as lost by its own clock, from the moment it sent the last
// successful renewal: never later than etcd does, unless the clock stands still with the machine. So an act that must happen once
// is a transaction that compares a key of the lease.

import type { EtcdClient } from '../etcd/etcd-client.ts';
import { EtcdError } from '../etcd/etcd-error.ts';
import { idleTimer } from '../time/deadline.ts';
import { pause } from '../time/pause.ts';

export interface EtcdLeaseOptions {
  /** A client with short limits: a member that does not answer must be left before the lease ends. */
  readonly client: EtcdClient;
  /** Returns milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
  /** Seconds that the lease lives without this server. */
  readonly ttl: number;
}

/** Something that is done with the lease: after each renewal, and not again before it has ended. */
interface Work {
  readonly run: (lease: bigint) => Promise<void>;
  isRunning: boolean;
}

const RENEWALS = 3;
const RETRY_PAUSE_MS = 250;
const MS = 1000;

export class EtcdLease {
  readonly #options: EtcdLeaseOptions;
  readonly #closing = new AbortController();
  readonly #works = new Set<Work>();
  readonly #losses = new Set<() => void>();
  readonly #running: Promise<void>;
  #id: bigint | undefined;
  /** Time on the own clock until which etcd certainly keeps the lease. */
  #until = 0;
  #cancelExpiry: () => void = () => {};
  #wake: () => void = () => {};

  constructor(options: EtcdLeaseOptions) {
    this.#options = options;
    this.#running = this.#keep();
  }

  /** Identifier of the lease while etcd certainly keeps it; undefined without one. */
  get id(): bigint | undefined {
    return this.#options.elapsed() < this.#until ? this.#id : undefined;
  }

  /**
   * Does some work after each renewal, with the identifier of the lease: put a key, or try to become the leader. Errors of etcd are
   * ignored: the work is done again after the next renewal. Returns how to end that.
   */
  each(run: (lease: bigint) => Promise<void>): () => void {
    const work = { run, isRunning: false };
    this.#works.add(work);
    this.wake();
    return () => this.#works.delete(work);
  }

  /** Calls back when the lease is lost, no later than etcd deletes its keys. Returns how to end that. */
  onLost(listener: () => void): () => void {
    this.#losses.add(listener);
    return () => this.#losses.delete(listener);
  }

  /** Renews the lease now, and does all work after it. */
  wake(): void {
    this.#wake();
  }

  /** Renews the lease no more: it ends by itself. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#drop();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const waking = new AbortController();
      this.#wake = () => waking.abort();
      let waitMs = (this.#options.ttl * MS) / RENEWALS;
      try {
        await this.#renew();
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        if (error.problem === 'absent') this.#drop();
        waitMs = RETRY_PAUSE_MS;
      }
      if (!signal.aborted) await pause(waitMs, AbortSignal.any([signal, waking.signal]));
    }
  }

  async #renew(): Promise<void> {
    const { client, elapsed, ttl } = this.#options;
    const sentAt = elapsed();
    const answer = this.#id === undefined ? await client.grantLease(ttl) : await client.keepAlive(this.#id);
    if (answer.ttl <= 0) {
      this.#drop();
      return this.#renew();
    }
    this.#id = answer.id;
    this.#until = sentAt + answer.ttl * MS;
    this.#expireOnTime();
    for (const work of this.#works) void this.#do(work, answer.id);
  }

  async #do(work: Work, lease: bigint): Promise<void> {
    if (work.isRunning) return;
    work.isRunning = true;
    try {
      await work.run(lease);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
    } finally {
      work.isRunning = false;
    }
  }

  /** The lease ends on time, also while a renewal gets no answer. */
  #expireOnTime(): void {
    this.#cancelExpiry();
    const left = this.#until - this.#options.elapsed();
    if (left <= 0) this.#drop();
    else this.#cancelExpiry = idleTimer(left, () => this.#expireOnTime());
  }

  #drop(): void {
    this.#cancelExpiry();
    if (this.#id === undefined) return;
    this.#id = undefined;
    this.#until = 0;
    for (const listener of this.#losses) listener();
  }
}
