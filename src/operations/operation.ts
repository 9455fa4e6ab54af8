// What an operation is given and what it gives back: the seam between a session and the operations.

import type { Requester } from '../backend/backend.ts';
import type { NamingContexts } from '../backend/naming-contexts.ts';
import type { HeldOctets } from '../directory/octet-budget.ts';
import type { HistoryService } from '../history/history-service.ts';
import type { Control } from '../ldap/control.ts';
import type { Request, Response } from '../ldap/message.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ConnectionLimits } from './limits.ts';
import type { Authentication } from './login/authentication.ts';
import type { Session } from './session.ts';

/** What the operations of a connection work with. */
export interface Services {
  readonly contexts: NamingContexts;
  readonly authentication: Authentication;
  readonly history: HistoryService;
  /** The key of a name; throws invalidDnSyntax. */
  readonly keyOf: (dn: string) => string;
  readonly limits: ConnectionLimits;
}

/** A request under way. */
export interface Operation {
  /** The message ID. */
  readonly id: number;
  /** On the clock of performance.now(). */
  readonly startedAt: number;
  readonly session: Session;
  readonly connection: ClientConnection;
  readonly controls: readonly Control[];
  /** On whose behalf: who is bound, or whom proxied authorization names. */
  readonly requester: Requester;
  /** What it holds of the memory budget of the connection, given back when it has been answered. */
  readonly held: HeldOctets;
  /** Nobody waits for the answer any more. */
  readonly isAbandoned: boolean;
  /** Somebody asked for its end and waits for that: the answer is `canceled`. */
  readonly isCanceled: boolean;
  actAs(requester: Requester): void;
  /** For the final answer, whatever it will be. */
  addFinalControl(oid: string, value: string): void;
  /** From now on it goes on until it is ended from outside. Throws adminLimitExceeded when there are too many. */
  becomeWatch(): void;
  /** Called once, at once when it has happened already. */
  whenAbandoned(listener: () => void): void;
  abandon(): void;
  /** For what comes before the final answer: entries, references, intermediate responses. */
  send(response: Response, controls?: readonly Control[]): void;
}

/** How an operation ends; the session makes the response of the right kind from it. */
export interface Answer {
  readonly code: ResultCode;
  readonly matchedDn: string;
  readonly diagnosticMessage: string;
  /** Where to turn to, of a referral (RFC 4511 §4.1.10). */
  readonly referrals: readonly string[] | undefined;
  /** The name of an extended response (RFC 4511 §4.12); most have none. */
  readonly oid: string | undefined;
  /** The value of an extended response. */
  readonly value: string | undefined;
  /** What a SASL mechanism tells the client with a bind response. */
  readonly serverSaslCredentials: string | undefined;
  /** The controls of the final response. */
  readonly controls: readonly Control[];
  /** Called once the response is handed to the socket, before the next request is looked at. */
  readonly afterwards: (() => void) | undefined;
  /** How many entries were sent, for the access log. */
  readonly entries: number | undefined;
}

export const SUCCESS: Answer = {
  code: ResultCode.success,
  matchedDn: '',
  diagnosticMessage: '',
  referrals: undefined,
  oid: undefined,
  value: undefined,
  serverSaslCredentials: undefined,
  controls: [],
  afterwards: undefined,
  entries: undefined,
};

/** Runs a request: at once where it can, by a promise where it must wait. Throws LdapError to refuse. */
export type Dispatch = (
  request: Exclude<Request, { type: 'unbindRequest' | 'abandonRequest' }>,
  operation: Operation,
) => Answer | Promise<Answer>;
