// One line for each operation: who, what, result, milliseconds. Values of attributes and passwords never get here.
// A line is put together by hand, because it is the one thing besides the answer that every request pays for.

import type { Requester } from '../backend/backend.ts';
import { type Request, SearchScope } from '../ldap/message.ts';
import { nameOfResultCode, ResultCode } from '../ldap/result-code.ts';
import type { Connection } from './connection.ts';
import type { Answer } from './operation.ts';

/** What of a logger is needed here: pino has it. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const SCOPE_NAMES: Record<SearchScope, string> = {
  [SearchScope.baseObject]: 'base',
  [SearchScope.singleLevel]: 'one',
  [SearchScope.wholeSubtree]: 'sub',
  [SearchScope.subordinates]: 'children',
};

export class AccessLog {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  connected(connection: Connection): void {
    this.#log.info({ connection: connection.id, from: connection.remoteAddress }, 'connect');
  }

  disconnected(connection: Connection): void {
    this.#log.info({ connection: connection.id }, 'disconnect');
  }

  unbound(connection: Connection, requester: Requester): void {
    this.#log.info({ connection: connection.id, who: requester.name }, 'unbind');
  }

  abandoned(connection: Connection, requester: Requester, request: Request): void {
    this.#log.info({ connection: connection.id, who: requester.name, ...describe(request) }, 'abandon');
  }

  answered(
    connection: Connection,
    requester: Requester,
    type: string,
    request: Request | undefined,
    answer: Answer,
    milliseconds: number,
  ): void {
    const fields = {
      connection: connection.id,
      who: requester.name,
      ...(request === undefined ? {} : describe(request)),
      result: nameOfResultCode(answer.code),
      ...(answer.entries === undefined ? {} : { entries: answer.entries }),
      ms: Math.round(milliseconds * 1000) / 1000,
      ...(isRefusal(answer) ? { why: answer.diagnosticMessage } : {}),
    };
    this.#log.info(fields, type.replace('Request', ''));
  }

  failed(connection: Connection, error: unknown): void {
    this.#log.error({ connection: connection.id, err: error }, 'an operation failed unexpectedly');
  }
}

function isRefusal({ code, diagnosticMessage }: Answer): boolean {
  return diagnosticMessage !== '' && code !== ResultCode.success;
}

function describe(request: Request): object {
  switch (request.type) {
    case 'searchRequest':
      return { base: request.base, scope: SCOPE_NAMES[request.scope] };
    case 'bindRequest':
      return { name: request.name };
    case 'compareRequest':
      return { dn: request.dn, attribute: request.attribute };
    case 'modifyRequest':
      return {
        dn: request.dn,
        attributes: request.modifications.map(
          ({ operation, attribute }) => `${operation} ${attribute.description}`,
        ),
      };
    case 'addRequest':
    case 'deleteRequest':
    case 'modifyDnRequest':
      return { dn: request.dn };
    case 'extendedRequest':
      return { oid: request.oid };
    default:
      return {};
  }
}
