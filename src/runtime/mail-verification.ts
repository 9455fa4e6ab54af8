// Mail servers that are to be verified from time to time: a component of the runtime. Only a few at once, each at its
// own time, so that many mail servers are no storm of connections.

import type { Later } from '../mail/pauses.ts';
import type { MailFailure } from '../mail/smtp/failure.ts';
import type { Component, ObjectDifference, Prepared } from './component.ts';
import type { RunningPart } from './description.ts';
import type { MailServers } from './mail-servers.ts';

export interface MailVerificationOptions {
  readonly servers: Pick<MailServers, 'find'>;
  /** Told when a mail server cannot be used any more; not again before it could be used once. */
  readonly failed: (name: string, failure: MailFailure) => void;
  /** From 0 to 1: when within its first interval a mail server has its turn. */
  readonly random: () => number;
  readonly later: Later;
}

/** Verifications that are under way at once; the others wait for their turn. */
const UNDER_WAY_MAX = 4;

const INTERVAL_KEY = 'ds-cfg-verification-interval';

export class MailVerification implements Component {
  readonly kind = 'mail-server';
  readonly #options: MailVerificationOptions;
  readonly #timers = new Map<string, { readonly intervalMs: number; readonly cancel: () => void }>();
  /** Keys of those whose time has come. */
  readonly #due = new Set<string>();
  readonly #failing = new Set<string>();
  #underWay = 0;
  readonly #abort = new AbortController();

  constructor(options: MailVerificationOptions) {
    this.#options = options;
  }

  prepare(difference: ObjectDifference): Prepared | undefined {
    // Of very many mail servers most are not to be verified, and need not be decoded.
    if (!difference.mentions(INTERVAL_KEY)) return this.#prepareNone(difference);
    const { key, after } = difference;
    const isWanted = after?.kind === 'mail-server' && after.enabled;
    const intervalMs = isWanted ? after.verificationInterval : undefined;
    return { commit: () => this.#set(key, intervalMs), abort: () => {} };
  }

  #prepareNone({ key }: ObjectDifference): Prepared | undefined {
    if (!this.#timers.has(key)) return undefined;
    return { commit: () => this.#set(key, undefined), abort: () => {} };
  }

  *describe(): Generator<RunningPart> {
    for (const [key, { intervalMs }] of this.#timers) yield { key, facts: { verifiedEveryMs: intervalMs } };
  }

  /** Ends the verifications that are under way, and begins no further one. */
  stop(): void {
    this.#abort.abort(new Error('The server is stopping.'));
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#due.clear();
  }

  #set(key: string, intervalMs: number | undefined): void {
    const known = this.#timers.get(key);
    if (known?.intervalMs === intervalMs) return;
    known?.cancel();
    this.#timers.delete(key);
    this.#due.delete(key);
    this.#failing.delete(key);
    if (intervalMs !== undefined) this.#startTimer(key, intervalMs, intervalMs * this.#options.random());
  }

  #startTimer(key: string, intervalMs: number, firstMs: number): void {
    if (this.#abort.signal.aborted) return;
    // A change may have begun another one while the server was being verified.
    this.#timers.get(key)?.cancel();
    const cancel = this.#options.later(firstMs, () => {
      this.#due.add(key);
      this.#verifyDue();
    });
    this.#timers.set(key, { intervalMs, cancel });
  }

  #verifyDue(): void {
    for (const key of this.#due) {
      if (this.#underWay >= UNDER_WAY_MAX) return;
      this.#due.delete(key);
      this.#underWay += 1;
      void this.#verify(key).finally(() => {
        this.#underWay -= 1;
        const known = this.#timers.get(key);
        if (known !== undefined) this.#startTimer(key, known.intervalMs, known.intervalMs);
        this.#verifyDue();
      });
    }
  }

  async #verify(key: string): Promise<void> {
    const known = this.#options.servers.find(key);
    if (known === undefined) return;
    const { failure } = await known.server.check(this.#abort.signal);
    if (this.#abort.signal.aborted) return;
    const hadFailed = this.#failing.has(key);
    if (failure === undefined) this.#failing.delete(key);
    else this.#failing.add(key);
    if (failure !== undefined && !hadFailed) this.#options.failed(known.name, failure);
  }
}
