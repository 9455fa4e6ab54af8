// Sends what a search finds as it is found: when the client does not keep up, or the search has had its turn, the rest
// waits.

import type { Found } from '../../backend/backend.ts';
import { Reference } from '../../ldap/reference.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';

/** Entries looked at between two looks at the clock. */
const STEPS_PER_LOOK = 64;
/** One search works so long, then others have their turn. */
const TURN_MS = 4;

export interface SendLimits {
  readonly entriesMax: number;
  /** On the clock of performance.now(). */
  readonly endsAt: number;
  /** After so many entries it is enough for now, and the rest is left where it is. */
  readonly pageSize: number;
}

/** What it needs of an operation. */
export type EntrySink = Pick<Operation, 'connection' | 'isAbandoned' | 'send'>;

export class EntrySender {
  readonly #entries: Iterator<Found>;
  readonly #operation: EntrySink;
  readonly #limits: SendLimits;
  #sent = 0;
  #isPageFull = false;

  constructor(entries: Iterator<Found>, operation: EntrySink, limits: SendLimits) {
    this.#entries = entries;
    this.#operation = operation;
    this.#limits = limits;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Whether it ended because the page is full. */
  get isPageFull(): boolean {
    return this.#isPageFull;
  }

  /** Most searches end in their first turn and are answered at once. */
  start(): Answer | Promise<Answer> {
    return this.#turn(performance.now() + TURN_MS) ?? this.#goOn();
  }

  async #goOn(): Promise<Answer> {
    const { connection } = this.#operation;
    for (;;) {
      await connection.congestion;
      await nextTurn();
      if (this.#operation.isAbandoned || !connection.isOpen) {
        this.#entries.return?.();
        return this.#end(ResultCode.canceled, 'The search was abandoned.');
      }
      // Another search of the client may have been quicker to use the room.
      if (connection.congestion !== undefined) continue;
      if (performance.now() >= this.#limits.endsAt) return this.#tooLong();
      let answer: Answer | undefined;
      connection.together(() => {
        answer = this.#turn(performance.now() + TURN_MS);
      });
      if (answer !== undefined) return answer;
    }
  }

  /** Sends until all is sent, a limit is reached, the turn is over or the client is behind. */
  #turn(turnEndsAt: number): Answer | undefined {
    const { connection } = this.#operation;
    for (let step = 1; ; step++) {
      if (this.#sent === this.#limits.pageSize) return this.#pageFull();
      const { value: found, done } = this.#entries.next();
      if (done === true) return this.#end(ResultCode.success, '');
      if (found !== undefined) {
        if (this.#sent === this.#limits.entriesMax) return this.#tooMany();
        this.#send(found);
      }
      const isBehind = connection.congestion !== undefined;
      if (found !== undefined && step % STEPS_PER_LOOK !== 0 && !isBehind) continue;
      const now = performance.now();
      if (now >= this.#limits.endsAt) return this.#tooLong();
      if (now >= turnEndsAt || isBehind) return undefined;
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

  #pageFull(): Answer {
    this.#isPageFull = true;
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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
