// Counters of a mail server. They exist as long as its entry, through changes of its properties.

import type { MailServerCheck } from './check-mail-server.ts';
import type { MailFailure } from './smtp/failure.ts';

/** Number of latencies that are kept; the latest represent all. */
const LATENCIES_MAX = 1000;

export interface DatedFailure {
  readonly failure: MailFailure;
  readonly at: Date;
}

export interface DatedCheck {
  readonly check: MailServerCheck;
  readonly at: Date;
}

/** Counters of one mail server. */
export class MailServerFigures {
  /** Messages that were accepted for at least one recipient. */
  sent = 0;
  /** Messages and recipients that were refused for good. */
  refused = 0;
  /** Attempts after which a message was tried elsewhere or later. */
  deferred = 0;
  /** Attempts that failed before the mail server could answer for the message. */
  failed = 0;
  lastSentAt: Date | undefined;
  lastFailure: DatedFailure | undefined;
  lastCheck: DatedCheck | undefined;
  /** Earliest expiry in the last certificate chain. */
  certificateExpiresAt: Date | undefined;
  readonly #latenciesMs: number[] = [];
  #next = 0;

  /** True if the last verification failed and no message was accepted since. */
  get isFailing(): boolean {
    const { lastCheck, lastSentAt } = this;
    if (lastCheck?.check.failure === undefined) return false;
    return lastSentAt === undefined || lastSentAt < lastCheck.at;
  }

  addLatency(ms: number): void {
    this.#latenciesMs[this.#next] = ms;
    this.#next = (this.#next + 1) % LATENCIES_MAX;
  }

  /**
   * Returns a percentile of the time from the start of an attempt to its acceptance, in milliseconds; undefined
   * before the first accepted message.
   */
  latencyMs(percentile: number): number | undefined {
    const sorted = this.#latenciesMs.toSorted((one, other) => one - other);
    return sorted[Math.min(Math.ceil((percentile / 100) * sorted.length) - 1, sorted.length - 1)];
  }
}
