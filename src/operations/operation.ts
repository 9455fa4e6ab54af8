// What an operation is given and what it gives back: the seam between a session and the operations.

import type { Requester } from '../backend/backend.ts';
import type { NamingContexts } from '../backend/naming-contexts.ts';
import type { WriteOrder } from '../backend/write-order.ts';
import type { HeldOctets, OctetBudget } from '../directory/octet-budget.ts';
import type { HistoryService } from '../history/history-service.ts';
import type { Control } from '../ldap/control.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Request, Response } from '../ldap/message.ts';
import type { ResultCode } from '../ldap/result-code.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import type { Answer } from './answer.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ConnectionLimits } from './limits.ts';
import type { Authentication } from './login/authentication.ts';
import type { PagedSearches } from './paged-searches.ts';
import type { SaslExchange } from './sasl/mechanism.ts';
import type { Transactions } from './transactions.ts';

/** Services that the operations of a connection use. */
export interface Services {
  readonly contexts: NamingContexts;
  readonly authentication: Authentication;
  readonly history: HistoryService;
  readonly findPolicy: FindPolicy;
  readonly secretExport: SecretExport;
  /** The key of a name; throws invalidDnSyntax. */
  readonly keyOf: (dn: string) => string;
  readonly limits: ConnectionLimits;
}

/** How secrets leave the server in an export. */
export interface SecretExport {
  /** The data key of what is encrypted, as a comment of LDIF that whoever has the master key can use. */
  readonly keyLine: string;
  /** Returns an entry with encrypted secrets. */
  encrypt(entry: Entry): Entry;
  /** Reports that somebody exports secrets in clear text. */
  reportClear(who: string, base: string): void;
}

/** The session of a connection, as the operations see it. */
export interface ClientSession {
  /** Who is bound. */
  requester: Requester;
  /** A SASL bind that goes on with the next request; ended by taking it. */
  saslExchange: SaslExchange | undefined;
  takeSaslExchange(mechanism: string | undefined): SaslExchange | undefined;
  readonly budget: OctetBudget;
  readonly pagedSearches: PagedSearches;
  readonly transactions: Transactions;
  readonly writeOrder: WriteOrder;
  /** Number of requests under way and waiting. */
  readonly load: number;
  /** Number of searches that go on until they are abandoned. */
  readonly watches: number;
  /** Resolves when all requests under way have been answered, searches aside. */
  changesAnswered(): Promise<void>;
  /** Ends a request (RFC 3909); resolves to the code of the answer to the cancel. */
  cancel(id: number): Promise<ResultCode>;
}

/** A request under way. */
export interface Operation {
  /** The message ID. */
  readonly id: number;
  /** On the clock of performance.now(). */
  readonly startedAt: number;
  readonly session: ClientSession;
  readonly connection: ClientConnection;
  readonly controls: readonly Control[];
  /** On whose behalf: who is bound, or whom proxied authorization names. */
  readonly requester: Requester;
  /** Memory that it holds of the budget of the connection, given back after its answer. */
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
  /**
   * Resolves when the requests before it have been answered, searches aside. Those behind it wait until it is answered, as with a
   * bind. Must be called before the operation first waits.
   */
  becomeAlone(): Promise<void>;
  /** Called once, at once when it has happened already. */
  whenAbandoned(listener: () => void): void;
  abandon(): void;
  /** For what comes before the final answer: entries, references, intermediate responses. */
  send(response: Response, controls?: readonly Control[]): void;
}

/** Runs a request: at once where it can, by a promise where it must wait. Throws LdapError to refuse. */
export type Dispatch = (
  request: Exclude<Request, { type: 'unbindRequest' | 'abandonRequest' }>,
  operation: Operation,
) => Answer | Promise<Answer>;
