// One request and its answers: accepts only messages that may answer it (RFC 4511 §4), within the limits.

import type { Control } from '../ldap/control.ts';
import type { Entry } from '../ldap/entry.ts';
import { type LdapResult, RESULT_TYPE, type Request, type ResponseMessage } from '../ldap/message.ts';
import { AnswerBudget, type AnswerLimits } from './answer-limits.ts';
import { LdapClientError } from './client-error.ts';

/** A request that has an answer: not unbind or abandon. */
export type OneAnswered = Extract<Request, { type: keyof typeof RESULT_TYPE }>;

export interface Answer {
  readonly result: LdapResult;
  /** The value of an extended response. */
  readonly value: string | undefined;
  readonly controls: readonly Control[];
  /** Entries found by a search, unless the listener receives each of them. */
  readonly entries: readonly Entry[];
}

export interface Listener {
  /** Receives each entry of a search that may never end. Entries are not kept. */
  readonly found?: (entry: Entry) => void;
  /** Called with the result, whatever its code. */
  readonly answered: (answer: Answer) => void;
  /** Called instead of `answered` when there will be no answer. */
  readonly failed: (error: LdapClientError) => void;
}

export class Exchange {
  readonly #request: OneAnswered;
  readonly #listener: Listener;
  readonly #budget: AnswerBudget;
  readonly #entries: Entry[] = [];

  constructor(request: OneAnswered, listener: Listener, limits: AnswerLimits) {
    this.#request = request;
    this.#listener = listener;
    this.#budget = new AnswerBudget(limits);
  }

  /** True if somebody waits for its end. */
  get isWaitedFor(): boolean {
    return this.#listener.found === undefined;
  }

  /** Counts a message, unless it is not kept. Throws LdapClientError (`too-much`). */
  spend(octets: number): void {
    if (this.isWaitedFor) this.#budget.spend(octets);
  }

  /** Takes a message. Returns true for the last one. Throws LdapClientError if it answers another kind of request. */
  take({ operation, controls }: ResponseMessage): boolean {
    const { type } = this.#request;
    switch (operation.type) {
      case 'searchResultEntry':
        if (type !== 'searchRequest') throw wrong(type, operation.type);
        if (this.#listener.found === undefined) this.#entries.push(operation.entry);
        else this.#listener.found(operation.entry);
        return false;
      case 'searchResultReference':
        if (type !== 'searchRequest') throw wrong(type, operation.type);
        return false;
      case 'intermediateResponse':
        return false;
      default: {
        if (operation.type !== RESULT_TYPE[type]) throw wrong(type, operation.type);
        const value = operation.type === 'extendedResponse' ? operation.value : undefined;
        this.#listener.answered({ result: operation, value, controls, entries: this.#entries });
        return true;
      }
    }
  }

  fail(error: LdapClientError): void {
    this.#listener.failed(error);
  }
}

function wrong(asked: string, answered: string): LdapClientError {
  return new LdapClientError('wrong-answer', `it answers a ${asked} with a ${answered}`);
}
