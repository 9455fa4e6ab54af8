// Verifies mail servers periodically, as a component of the runtime. Limits the number of verifications at once
// and spreads them over time, so that many mail servers cause no burst of connections.

import { Stopped } from '../files/program-error.ts';
import type { Later } from '../mail/pauses.ts';
import type { MailFailure } from '../mail/smtp/failure.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { RunningPart } from './description.ts';
import type { MailServers } from './mail-servers.ts';
import { onCommit, renameKeys } from './renamed-keys.ts';

export interface MailVerificationOptions {
  readonly servers: Pick<MailServers, 'find'>;
  /** Called when a mail server fails; again only after it worked in between. */
  readonly failed: (name: string, failure: MailFailure) => void;
  /** Returns a number from 0 to 1 that sets when in the first interval a mail server is verified. */
  readonly random: () => number;
  readonly later: Later;
}

/** A mail server that is verified periodically. */
interface Verified {
  /** Key of its DN, which a rename changes. */
  key: string;
  readonly intervalMs: number;
  /** Cancels the timer of the next verification. */
  cancel(): void;
  isFailing: boolean;
}

/** Maximum number of verifications at once; others wait. */
const UNDER_WAY_MAX = 4;

const INTERVAL_KEY = 'ds-cfg-verification-interval';

/** Component that verifies mail servers periodically. */
export class MailVerification implements Component {
  readonly kind = 'mail-server';
  readonly #options: MailVerificationOptions;
  readonly #verified = new Map<string, Verified>();
  /** Mail servers that are due. */
  readonly #due = new Set<Verified>();
  #underWay = 0;
  readonly #abort = new AbortController();

  constructor(options: MailVerificationOptions) {
    this.#options = options;
  }

  /** Renames mail servers; their timers stay. */
  renamed(keys: NewKeys): Prepared {
    return onCommit(() => {
      renameKeys(this.#verified, keys);
      for (const [key, one] of this.#verified) one.key = key;
    });
  }

  prepare(difference: ObjectDifference): Prepared | undefined {
    // Of very many mail servers, most have no interval and need not be decoded.
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

  /** Stops the verifications in progress and starts no others. */
  stop(): void {
    this.#abort.abort(new Stopped('The server is stopping.'));
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
        // A change may have started another verification meanwhile.
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
