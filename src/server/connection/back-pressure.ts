// What becomes of a connection whose peer does not take its answers: above a bound it is blocked, and after a while dropped.

import type { ConnectionLimits } from '../../operations/limits.ts';
import type { SlowReader, UnsentAnswers } from './unsent-answers.ts';

export class BackPressure {
  readonly #reader: SlowReader;
  readonly #limits: ConnectionLimits;
  /** Of all connections of the server. */
  readonly #unsent: UnsentAnswers;
  #isBlocked = false;
  #since: NodeJS.Timeout | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(reader: SlowReader, limits: ConnectionLimits, unsent: UnsentAnswers) {
    this.#reader = reader;
    this.#limits = limits;
    this.#unsent = unsent;
  }

  /** Whether the peer leaves so much unread that nothing more is read from it. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Undefined while the peer keeps up; otherwise a promise for the moment it has caught up or is gone. */
  get congestion(): Promise<void> | undefined {
    if (!this.#isBlocked) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** So many octets wait for the peer now. May drop the connection, or another one. */
  waits(octets: number): void {
    const { pendingWriteOctetsMax, pendingWriteOctetsBeforeBindMax, blockedWriteTimeMs } = this.#limits;
    this.#unsent.waits(this.#reader, octets);
    const ownMax = this.#reader.rank === 'known' ? pendingWriteOctetsMax : pendingWriteOctetsBeforeBindMax;
    this.#isBlocked ||= octets >= this.#unsent.shareOf(ownMax);
    this.#since ??= setTimeout(() => this.#reader.destroy(), blockedWriteTimeMs).unref();
  }

  /** The peer has taken everything; returns whether it had been blocked. */
  caughtUp(): boolean {
    this.#unsent.taken(this.#reader);
    return this.release();
  }

  /** Nobody waits for the peer any more, whether it has caught up or the connection ends. */
  release(): boolean {
    const wasBlocked = this.#isBlocked;
    clearTimeout(this.#since);
    this.#since = undefined;
    this.#isBlocked = false;
    this.#drained?.resolve();
    this.#drained = undefined;
    return wasBlocked;
  }
}
