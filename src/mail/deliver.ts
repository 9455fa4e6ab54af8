// Tries mail servers one after the other until every address of a message has its answer. The next one is tried when a
// connection, TLS or a login fails, and for addresses that are deferred (4xx); never for an address that was accepted, or
// refused for good (5xx). A message that a mail server does not offer to take goes to the next one; when none offers it, it
// is refused for good.

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
  /** Undefined: all that still had to be reached. */
  readonly recipient: string | undefined;
  readonly failure: MailFailure;
}

export interface Delivery {
  /** Those that have no answer yet. */
  readonly remaining: readonly string[];
  readonly accepted: readonly Accepted[];
  /** For good. */
  readonly refused: readonly Failed[];
  /** What may be better another time, or is not known. */
  readonly deferred: readonly Failed[];
  /** Why mail servers were not tried, in sentences. */
  readonly notTried: readonly string[];
}

/**
 * @param answered called at once when a mail server has answered for some addresses, with all that is known by then.
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

/** Those that may be tried now; who has stopped answering comes last. */
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

  /** Whether a mail server has answered for some addresses. */
  #isAnswered = false;

  constructor(recipients: readonly string[]) {
    this.remaining = recipients;
  }

  /** Nobody offers to take it: the same would come of it another time. */
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
