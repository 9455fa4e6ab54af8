// How much a server may say to a client, and what an answer costs in memory. A server that says more loses the connection:
// a client must not run out of memory because a server is broken, or means harm.

import type { Response } from '../ldap/message.ts';
import { LdapClientError } from './client-error.ts';

export interface AnswerLimits {
  /** The octets of one message. It is refused at its length, before it is read. */
  readonly messageOctetsMax: number;
  /** What all that is said to one request may cost in memory, about, in octets. */
  readonly answerOctetsMax: number;
  /** Messages in all that belong to no request: notices, and answers to what nobody has asked. */
  readonly strayMessagesMax: number;
}

export const DEFAULT_ANSWER_LIMITS: AnswerLimits = {
  messageOctetsMax: 16 * 1024 * 1024,
  answerOctetsMax: 512 * 1024 * 1024,
  strayMessagesMax: 1000,
};

/** What objects cost in V8 beside the text in them, about. */
const MESSAGE_OCTETS = 200;
const ATTRIBUTE_OCTETS = 120;
const VALUE_OCTETS = 24;

/** About how much memory a message takes while it is kept, in octets. `octets` is its length on the wire. */
export function costOf(operation: Response, octets: number): number {
  let cost = MESSAGE_OCTETS + octets;
  if (operation.type === 'searchResultEntry') {
    for (const { values } of operation.entry.attributes)
      cost += ATTRIBUTE_OCTETS + VALUE_OCTETS * values.length;
  }
  return cost;
}

/** What is said to one request, summed up. */
export class AnswerBudget {
  readonly #octetsMax: number;
  #octets = 0;

  constructor({ answerOctetsMax }: AnswerLimits) {
    this.#octetsMax = answerOctetsMax;
  }

  /** Throws LdapClientError (`too-much`). */
  spend(octets: number): void {
    this.#octets += octets;
    if (this.#octets <= this.#octetsMax) return;
    const megabytes = Math.floor(this.#octetsMax / (1024 * 1024));
    throw new LdapClientError(
      'too-much',
      `its answer to one request takes more than ${megabytes} MiB of memory`,
    );
  }
}
