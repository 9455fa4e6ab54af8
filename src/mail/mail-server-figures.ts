// What is counted for a mail server, as long as its entry is there: it outlives every change of its properties.

import type { MailServerCheck } from './check-mail-server.ts';
import type { MailFailure } from './smtp/failure.ts';

/** The latest of them stand for all. */
const LATENCIES_MAX = 1000;

export interface DatedFailure {
  readonly failure: MailFailure;
  readonly at: Date;
}

export interface DatedCheck {
  readonly check: MailServerCheck;
  readonly at: Date;
}

export class MailServerFigures {
  /** Messages that were accepted, for at least one of their addresses. */
  sent = 0;
  /** Messages and addresses that were refused for good. */
  refused = 0;
  /** Attempts after which a message was tried elsewhere or later. */
  deferred = 0;
  /** Attempts that failed before the mail server could answer for the message. */
  failed = 0;
  lastSentAt: Date | undefined;
  lastFailure: DatedFailure | undefined;
  lastCheck: DatedCheck | undefined;
  /** When the first certificate of the chain expires that it sent last. */
  certificateExpiresAt: Date | undefined;
  readonly #latenciesMs: number[] = [];
  #next = 0;

  /** Whether it could not be used when it was verified last, and no message was accepted since. */
  get isFailing(): boolean {
    const { lastCheck, lastSentAt } = this;
    if (lastCheck?.check.failure === undefined) return false;
    return lastSentAt === undefined || lastSentAt < lastCheck.at;
  }

  addLatency(ms: number): void {
    this.#latenciesMs[this.#next] = ms;
    this.#next = (this.#next + 1) % LATENCIES_MAX;
  }

  /** How long a message took from the beginning of an attempt to its acceptance; undefined when none was accepted yet. */
  latencyMs(percentile: number): number | undefined {
    const sorted = this.#latenciesMs.toSorted((one, other) => one - other);
    return sorted[Math.min(Math.ceil((percentile / 100) * sorted.length) - 1, sorted.length - 1)];
  }
}
