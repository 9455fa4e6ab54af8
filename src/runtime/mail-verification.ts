// Mail servers that are to be verified from time to time: a component of the runtime. Only a few at once, each at its
// own time, so that many mail servers are no storm of connections.

import type { Later } from '../mail/pauses.ts';
import type { MailFailure } from '../mail/smtp/failure.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { RunningPart } from './description.ts';
import type { MailServers } from './mail-servers.ts';
import { onCommit, renameKeys } from './renamed-keys.ts';

export interface MailVerificationOptions {
  readonly servers: Pick<MailServers, 'find'>;
  /** Told when a mail server cannot be used any more; not again before it could be used once. */
  readonly failed: (name: string, failure: MailFailure) => void;
  /** From 0 to 1: when within its first interval a mail server has its turn. */
  readonly random: () => number;
  readonly later: Later;
}

/** A mail server that is verified now and then. */
interface Verified {
  /** The key of its name, which may become another one. */
  key: string;
  readonly intervalMs: number;
  /** Ends the waiting for its next turn. */
  cancel(): void;
  isFailing: boolean;
}

/** Verifications that are under way at once; the others wait for their turn. */
const UNDER_WAY_MAX = 4;

const INTERVAL_KEY = 'ds-cfg-verification-interval';

export class MailVerification implements Component {
  readonly kind = 'mail-server';
  readonly #options: MailVerificationOptions;
  readonly #verified = new Map<string, Verified>();
  /** Those whose time has come. */
  readonly #due = new Set<Verified>();
  #underWay = 0;
  readonly #abort = new AbortController();

  constructor(options: MailVerificationOptions) {
    this.#options = options;
  }

  /** Its turn comes when it would have come. */
  renamed(keys: NewKeys): Prepared {
    return onCommit(() => {
      renameKeys(this.#verified, keys);
      for (const [key, one] of this.#verified) one.key = key;
    });
  }

  prepare(difference: ObjectDifference): Prepared | undefined {
    // Of very many mail servers most are not to be verified, and need not be decoded.
    if (!difference.mentions(INTERVAL_KEY)) return this.#prepareNone(difference);
    const { key, after } = difference;
    const isWanted = after?.kind === 'mail-server' && after.enabled;
    const intervalMs = isWanted ? after.verificationInterval : undefined;
    return { commit: () => this.#set(key, intervalMs), abort: () => {} };
  }

  #prepareNone({ key, from }: ObjectDifference): Prepared | undefined {
    if (!this.#verified.has(from ?? key)) return undefined;
    return { commit: () => this.#set(key, undefined), abort: () => {} };
  }

  *describe(): Generator<RunningPart> {
    for (const [key, { intervalMs }] of this.#verified) yield { key, facts: { verifiedEveryMs: intervalMs } };
  }

  /** Ends the verifications that are under way, and begins no further one. */
  stop(): void {
    this.#abort.abort(new Error('The server is stopping.'));
    for (const one of this.#verified.values()) one.cancel();
    this.#verified.clear();
    this.#due.clear();
  }

  #set(key: string, intervalMs: number | undefined): void {
    const known = this.#verified.get(key);
    if (known?.intervalMs === intervalMs) return;
    if (known !== undefined) {
      known.cancel();
      this.#verified.delete(key);
      this.#due.delete(known);
    }
    if (intervalMs === undefined || this.#abort.signal.aborted) return;
    const one: Verified = { key, intervalMs, cancel: () => {}, isFailing: false };
    this.#verified.set(key, one);
    this.#wait(one, intervalMs * this.#options.random());
  }

  #wait(one: Verified, ms: number): void {
    one.cancel = this.#options.later(ms, () => {
      this.#due.add(one);
      this.#verifyDue();
    });
  }

  #verifyDue(): void {
    for (const one of this.#due) {
      if (this.#underWay >= UNDER_WAY_MAX) return;
      this.#due.delete(one);
      this.#underWay += 1;
      void this.#verify(one).finally(() => {
        this.#underWay -= 1;
        // A change may have begun another one while the server was being verified.
        const isWanted = this.#verified.get(one.key) === one && !this.#abort.signal.aborted;
        if (isWanted) this.#wait(one, one.intervalMs);
        this.#verifyDue();
      });
    }
  }

  async #verify(one: Verified): Promise<void> {
    const known = this.#options.servers.find(one.key);
    if (known === undefined) return;
    const { failure } = await known.server.check(this.#abort.signal);
    if (this.#abort.signal.aborted) return;
    const hadFailed = one.isFailing;
    one.isFailing = failure !== undefined;
    if (failure !== undefined && !hadFailed) this.#options.failed(known.name, failure);
  }
}
