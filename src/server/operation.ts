// What an operation is given and what it gives back: the seam between a session and the operations.

import type { Control } from '../ldap/control.ts';
import type { Request, Response } from '../ldap/message.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { Connection } from './connection.ts';
import type { Session } from './session.ts';

/** A request under way. */
export interface Operation {
  readonly session: Session;
  readonly connection: Connection;
  readonly controls: readonly Control[];
  readonly isAbandoned: boolean;
  abandon(): void;
  /** For what comes before the final answer: entries, references, intermediate responses. */
  send(response: Response): void;
}

/** How an operation ends; the session makes the response of the right kind from it. */
export interface Answer {
  readonly code: ResultCode;
  readonly matchedDn: string;
  readonly diagnosticMessage: string;
  /** The value of an extended response. */
  readonly value: string | undefined;
  /** How many entries were sent, for the access log. */
  readonly entries: number | undefined;
}

export const SUCCESS: Answer = {
  code: ResultCode.success,
  matchedDn: '',
  diagnosticMessage: '',
  value: undefined,
  entries: undefined,
};

/** Runs a request: at once where it can, by a promise where it must wait. Throws LdapError to refuse. */
export type Dispatch = (
  request: Exclude<Request, { type: 'unbindRequest' | 'abandonRequest' }>,
  operation: Operation,
) => Answer | Promise<Answer>;
