// Tries mail servers in order until every recipient of a message has a result. The next one is tried if a
// connection, TLS or a login fails, and for deferred recipients (4xx); never for an accepted or refused one
// (5xx). If a mail server does not support what a message needs, the next one is tried; if none supports it,
// the message is refused.

import type { MailServer } from './mail-server.ts';
import type { MailFailure } from './smtp/failure.ts';
import type { HandOver, ReadyMessage } from './transport.ts';

export interface Accepted {
  readonly mailServer: string;
  readonly recipients: readonly string[];
  readonly reply: string;
}

export interface Failed {
  readonly mailServer: string;
  /** Undefined for all remaining recipients. */
  readonly recipient: string | undefined;
  readonly failure: MailFailure;
}

export interface Delivery {
  /** Recipients without a final result. */
  readonly remaining: readonly string[];
  readonly accepted: readonly Accepted[];
  /** Recipients that were refused for good. */
  readonly refused: readonly Failed[];
  /** Recipients to try later, or whose result is unknown. */
  readonly deferred: readonly Failed[];
  /** Sentences: why mail servers were not tried. */
  readonly notTried: readonly string[];
}

/**
 * Delivers a message.
 *
 * @param answered Called when a mail server has answered for some recipients, with all results so far.
 */
export async function deliver(
  message: ReadyMessage,
  servers: readonly MailServer[],
  answered: (delivery: Delivery) => void = () => {},
): Promise<Delivery> {
  const attempt = new Attempt(message.to);
  for (const server of servers) {
    if (attempt.remaining.length === 0) break;
    const outcome = await server.hand({ ...message, to: attempt.remaining });
    if (outcome.kind === 'not tried') {
      attempt.notTried.push(outcome.reason);
      continue;
    }
    const before = attempt.remaining.length;
    attempt.add(server.name, outcome);
    if (attempt.remaining.length < before) answered(attempt);
  }
  attempt.conclude();
  return attempt;
}

/** Returns the mail servers that may be tried now. A server that has stopped answering comes last. */
export function usableServers(servers: readonly MailServer[]): readonly MailServer[] {
  const usable = servers.filter(({ restsForMs }) => restsForMs === 0);
  return [...usable.filter(({ isStalled }) => !isStalled), ...usable.filter(({ isStalled }) => isStalled)];
}

class Attempt implements Delivery {
  remaining: readonly string[];
  readonly accepted: Accepted[] = [];
  readonly refused: Failed[] = [];
  readonly deferred: Failed[] = [];
  readonly notTried: string[] = [];

  /** True if a mail server has answered for some recipients. */
  #isAnswered = false;

  constructor(recipients: readonly string[]) {
    this.remaining = recipients;
  }

  /** Refuses the recipients if no mail server supports what the message needs. Trying later would not help. */
  conclude(): void {
    const isOffered = this.deferred.some(({ failure }) => !failure.isNotOffered);
    if (this.#isAnswered || isOffered || this.deferred.length === 0 || this.notTried.length > 0) return;
    this.refused.push(...this.deferred.splice(0));
    this.remaining = [];
  }

  add(mailServer: string, outcome: HandOver): void {
    if (outcome.kind === 'failed') {
      const { failure } = outcome;
      (failure.isFinal ? this.refused : this.deferred).push({ mailServer, recipient: undefined, failure });
      if (failure.isFinal) this.remaining = [];
      return;
    }
    const { accepted, refused, deferred, reply } = outcome;
    if (accepted.length > 0) this.accepted.push({ mailServer, recipients: accepted, reply });
    for (const failure of refused) this.refused.push({ mailServer, recipient: failure.recipient, failure });
    for (const failure of deferred) this.deferred.push({ mailServer, recipient: failure.recipient, failure });
    this.#isAnswered = true;
    const answered = new Set([...accepted, ...refused.map(({ recipient }) => recipient)]);
    this.remaining = this.remaining.filter((recipient) => !answered.has(recipient));
  }
}
