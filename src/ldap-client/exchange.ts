// One request and what is said to it: only what may answer it does (RFC 4511 §4), and no more than the limits allow.

import type { Control } from '../ldap/control.ts';
import type { Entry } from '../ldap/entry.ts';
import { type LdapResult, RESULT_TYPE, type Request, type ResponseMessage } from '../ldap/message.ts';
import { AnswerBudget, type AnswerLimits } from './answer-limits.ts';
import { LdapClientError } from './client-error.ts';

/** What has an answer: not unbind and abandon. */
export type OneAnswered = Extract<Request, { type: keyof typeof RESULT_TYPE }>;

export interface Answer {
  readonly result: LdapResult;
  /** The value of an extended response. */
  readonly value: string | undefined;
  readonly controls: readonly Control[];
  /** What a search has found, unless its listener takes each entry. */
  readonly entries: readonly Entry[];
}

export interface Listener {
  /** Takes each entry as it comes, of a search that may go on for ever: it is not kept, and not waited for. */
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

  /** Whether somebody waits for the end of it. */
  get isWaitedFor(): boolean {
    return this.#listener.found === undefined;
  }

  /** What is not kept costs nothing. Throws LdapClientError (`too-much`). */
  spend(octets: number): void {
    if (this.isWaitedFor) this.#budget.spend(octets);
  }

  /** Returns whether it was the last message. Throws LdapClientError when it answers another kind of request. */
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
