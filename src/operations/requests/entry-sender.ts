// Sends what a search finds as it is found: when the client does not keep up, or the search has had its turn, the rest
// waits.

import type { Found } from '../../backend/backend.ts';
import { Reference } from '../../ldap/reference.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { Operation } from '../operation.ts';

/** Entries looked at between two looks at the clock. */
const STEPS_PER_LOOK = 64;

export interface SendLimits {
  /** For all pages together. */
  readonly entriesMax: number;
  /** Entries on earlier pages. */
  readonly sentBefore?: number;
  /** On the clock of performance.now(). */
  readonly endsAt: number;
  /** After so many entries it is enough for now, and the rest is left where it is, but for what comes next. */
  readonly pageSize: number;
}

/** Part of an operation that it needs. */
export type EntrySink = Pick<Operation, 'connection' | 'isAbandoned' | 'send'>;

export class EntrySender {
  readonly #entries: Iterator<Found>;
  readonly #operation: EntrySink;
  readonly #limits: SendLimits;
  readonly #entriesLeft: number;
  #sent = 0;
  #next: Exclude<Found, undefined> | undefined;

  constructor(entries: Iterator<Found>, operation: EntrySink, limits: SendLimits) {
    this.#entries = entries;
    this.#operation = operation;
    this.#limits = limits;
    this.#entriesLeft = limits.entriesMax - (limits.sentBefore ?? 0);
  }

  get sent(): number {
    return this.#sent;
  }

  /** First result of the next page; undefined if there is none. */
  get next(): Exclude<Found, undefined> | undefined {
    return this.#next;
  }

  /** Most searches end in their first turn and are answered at once. */
  start(): Answer | Promise<Answer> {
    return this.#turn() ?? this.#goOn();
  }

  async #goOn(): Promise<Answer> {
    const { connection } = this.#operation;
    for (;;) {
      await connection.nextTurn();
      if (this.#operation.isAbandoned || !connection.isOpen) {
        this.#entries.return?.();
        return this.#end(ResultCode.canceled, 'The search was abandoned.');
      }
      if (performance.now() >= this.#limits.endsAt) return this.#tooLong();
      const answer = this.#turn();
      if (answer !== undefined) return answer;
    }
  }

  /** Works until the turn is over. An error ends the search and gives back what it holds. */
  #turn(): Answer | undefined {
    try {
      return this.#sendSome();
    } catch (error) {
      this.#entries.return?.();
      throw error;
    }
  }

  /** Sends until all is sent, a limit is reached, the turn is over or the client is behind. */
  #sendSome(): Answer | undefined {
    const { connection } = this.#operation;
    for (let step = 1; ; step++) {
      const { value: found, done } = this.#entries.next();
      if (done === true) return this.#end(ResultCode.success, '');
      if (found !== undefined) {
        if (this.#sent === this.#limits.pageSize) return this.#pageFull(found);
        if (this.#sent >= this.#entriesLeft) return this.#tooMany();
        this.#send(found);
      }
      const isBehind = connection.congestion !== undefined;
      if (found !== undefined && step % STEPS_PER_LOOK !== 0 && !isBehind) continue;
      const now = performance.now();
      if (now >= this.#limits.endsAt) return this.#tooLong();
      if (isBehind || now >= connection.turnEndsAt(now)) return undefined;
    }
  }

  #send(found: Exclude<Found, undefined>): void {
    if (found instanceof Reference) {
      this.#operation.send({ type: 'searchResultReference', uris: found.uris });
      return;
    }
    this.#operation.send({ type: 'searchResultEntry', entry: found });
    this.#sent += 1;
  }

  #pageFull(next: Exclude<Found, undefined>): Answer {
    this.#next = next;
    return this.#end(ResultCode.success, '');
  }

  #tooMany(): Answer {
    this.#entries.return?.();
    return this.#end(
      ResultCode.sizeLimitExceeded,
      `There are more entries than the ${this.#limits.entriesMax} allowed.`,
    );
  }

  #tooLong(): Answer {
    this.#entries.return?.();
    return this.#end(ResultCode.timeLimitExceeded, 'The search took too long.');
  }

  #end(code: ResultCode, diagnosticMessage: string): Answer {
    return { ...SUCCESS, code, diagnosticMessage, entries: this.#sent };
  }
}
