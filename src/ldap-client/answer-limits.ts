// How much a server may send to a client, and what an answer costs in memory. A server over the limit loses the connection:
// a client must not run out of memory because of a broken or hostile server.

import type { Response } from '../ldap/message.ts';
import { LdapClientError } from './client-error.ts';

export interface AnswerLimits {
  /** Octets of one message, checked before it is read. */
  readonly messageOctetsMax: number;
  /** Estimated memory of all messages for one request, in octets. */
  readonly answerOctetsMax: number;
  /** Number of messages that belong to no request: notices and unrequested answers. */
  readonly strayMessagesMax: number;
}

export const DEFAULT_ANSWER_LIMITS: AnswerLimits = {
  messageOctetsMax: 16 * 1024 * 1024,
  answerOctetsMax: 512 * 1024 * 1024,
  strayMessagesMax: 1000,
};

/** Estimated octets of V8's objects, apart from text. */
const MESSAGE_OCTETS = 200;
const ATTRIBUTE_OCTETS = 120;
const VALUE_OCTETS = 24;

/** Estimates the memory of a message, in octets. `octets` is its length on the wire. */
export function costOf(operation: Response, octets: number): number {
  let cost = MESSAGE_OCTETS + octets;
  if (operation.type === 'searchResultEntry') {
    for (const { values } of operation.entry.attributes)
      cost += ATTRIBUTE_OCTETS + VALUE_OCTETS * values.length;
  }
  return cost;
}

/** Sums up the messages for one request. */
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
