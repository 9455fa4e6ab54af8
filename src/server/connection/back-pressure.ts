// Back-pressure for one connection: above a bound of unread answers it is blocked, and after a while dropped.

import type { ConnectionLimits } from '../../operations/limits.ts';
import { Deadline } from '../../time/deadline.ts';
import type { SlowReader, UnsentAnswers } from './unsent-answers.ts';

export class BackPressure {
  readonly #reader: SlowReader;
  readonly #limits: ConnectionLimits;
  /** Shared by all connections of the server. */
  readonly #unsent: UnsentAnswers;
  #isBlocked = false;
  readonly #deadline: Deadline;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(reader: SlowReader, limits: ConnectionLimits, unsent: UnsentAnswers) {
    this.#reader = reader;
    this.#limits = limits;
    this.#unsent = unsent;
    this.#deadline = new Deadline(limits.blockedWriteTimeMs, () => reader.destroy());
  }

  /** True while nothing is read, because the peer leaves too much unread. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Undefined while the peer keeps up; otherwise a promise that resolves when it has caught up or is gone. */
  get congestion(): Promise<void> | undefined {
    if (!this.#isBlocked) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Takes the number of octets that wait for the peer now. May drop this connection or another. */
  waits(octets: number): void {
    const { pendingWriteOctetsMax, pendingWriteOctetsBeforeBindMax } = this.#limits;
    this.#unsent.waits(this.#reader, octets);
    const ownMax = this.#reader.rank === 'known' ? pendingWriteOctetsMax : pendingWriteOctetsBeforeBindMax;
    this.#isBlocked ||= octets >= this.#unsent.shareOf(ownMax);
    if (!this.#deadline.isRunning) this.#deadline.begin();
  }

  /** Notes that the peer has read everything. Returns true if it was blocked. */
  caughtUp(): boolean {
    this.#unsent.taken(this.#reader);
    return this.release();
  }

  /** Stops waiting for the peer, because it has caught up or the connection ends. Returns true if it was blocked. */
  release(): boolean {
    const wasBlocked = this.#isBlocked;
    this.#deadline.close();
    this.#isBlocked = false;
    this.#drained?.resolve();
    this.#drained = undefined;
    return wasBlocked;
  }
}
