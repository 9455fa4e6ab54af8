// One line for each operation: who, what, result, milliseconds. Values of attributes and passwords never get here.
//
// The lines are the JSON that the log's other lines are, but put together by hand and handed over as text: besides
// the answer they are the one thing that every request pays for.

import { formatFilter } from '../codec/filter-text.ts';
import type { Log } from '../files/log.ts';
import type { Control } from '../ldap/control.ts';
import type { Filter } from '../ldap/filter.ts';
import { type BindRequest, type Request, SearchScope } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import { nameOfResultCode, ResultCode } from '../ldap/result-code.ts';
import type { Answer } from './answer.ts';
import type { ClientConnection } from './client-connection.ts';
import { nameOfControl } from './controls/request-controls.ts';
import { maskFilter } from './mask-filter.ts';

export interface OperationsLog extends Log {
  /** Takes a finished line, JSON and a line end; undefined when operations are not logged. */
  readonly line: ((text: string) => void) | undefined;
}

/** Circumstances of a request: its controls, and on whose behalf it is, if that is not who is bound. */
export interface Carried {
  readonly controls: readonly Control[];
  readonly actsAs: string | undefined;
}

const FILTER_CHARACTERS_MAX = 1024;
/** Controls of a request that are named, and characters of the OID of one that nobody knows. */
const CONTROLS_MAX = 16;
const OID_CHARACTERS_MAX = 64;

/** Of what clients call their transactions. */
const TRANSACTION_ID_CHARACTERS_MAX = 128;

/** pino's number for the level `info`. */
const LEVEL = 30;

const SCOPE_NAMES: Record<SearchScope, string> = {
  [SearchScope.baseObject]: 'base',
  [SearchScope.singleLevel]: 'one',
  [SearchScope.wholeSubtree]: 'sub',
  [SearchScope.subordinates]: 'children',
};

export class AccessLog {
  readonly #log: OperationsLog;
  readonly #writeLine: ((text: string) => void) | undefined;
  readonly #isSecret: (attribute: string) => boolean;
  #lastName = '';
  #lastNameJson = '""';

  /** Takes whether an attribute, as a client may write its name, holds secrets. */
  constructor(log: OperationsLog, isSecret: (attribute: string) => boolean) {
    this.#log = log;
    this.#isSecret = isSecret;
    this.#writeLine = log.line;
  }

  connected(connection: ClientConnection): void {
    const { id, remoteAddress, security } = connection;
    this.#log.info({ connection: id, from: remoteAddress, tls: security.protocol }, 'connect');
  }

  disconnected(connection: ClientConnection): void {
    this.#log.info({ connection: connection.id }, 'disconnect');
  }

  unbound(connection: ClientConnection, who: string): void {
    this.#log.info({ connection: connection.id, who }, 'unbind');
  }

  abandoned(connection: ClientConnection, who: string, request: Request, carried: Carried): void {
    this.#write(connection, who, request, 'abandon', '', carried);
  }

  /**
   * The request is undefined when it could not be understood.
   * @param startedAt on the clock of performance.now(), which is looked at only where there is a log
   */
  answered(
    connection: ClientConnection,
    who: string,
    type: Request['type'],
    request: Request | undefined,
    answer: Answer,
    startedAt: number,
    carried: Carried | undefined,
  ): void {
    if (this.#writeLine === undefined) return;
    const milliseconds = performance.now() - startedAt;
    const entries = answer.entries === undefined ? '' : `,"entries":${answer.entries}`;
    const why = isRefusal(answer) ? `,"why":${JSON.stringify(answer.diagnosticMessage)}` : '';
    const result = `,"result":"${nameOfResultCode(answer.code)}"${entries},"ms":${roundToMicroseconds(milliseconds)}${why}`;
    this.#write(connection, who, request, OPERATION_NAMES[type], result, carried);
  }

  /**
   * Logs a login over HTTP. Takes the name as the client has written it, and nothing else of its header.
   * @param why the refusal, a sentence; undefined if it has logged in
   */
  httpLogin(from: string, name: string, result: ResultCode, why: string | undefined): void {
    if (this.#writeLine === undefined) return;
    this.#log.info({ from, name, result: nameOfResultCode(result), why }, 'http login');
  }

  failed(connection: ClientConnection, error: unknown): void {
    this.#log.error({ connection: connection.id, err: error }, 'an operation failed unexpectedly');
  }

  /** As a JSON string; the same requester comes many times in a row. */
  #nameOf(name: string): string {
    if (name !== this.#lastName) {
      this.#lastName = name;
      this.#lastNameJson = JSON.stringify(name);
    }
    return this.#lastNameJson;
  }

  #write(
    connection: ClientConnection,
    who: string,
    request: Request | undefined,
    operation: string,
    result: string,
    carried: Carried | undefined,
  ): void {
    const what = request === undefined ? '' : describe(request, this.#isSecret);
    const name = this.#nameOf(who);
    const how = carried === undefined ? '' : describeCarried(carried);
    this.#writeLine?.(
      `{"level":${LEVEL},"time":${Date.now()},"connection":${connection.id},"who":${name}${how}${what}${result},"msg":"${operation}"}\n`,
    );
  }
}

const OPERATION_NAMES: Record<Request['type'], string> = {
  bindRequest: 'bind',
  unbindRequest: 'unbind',
  searchRequest: 'search',
  modifyRequest: 'modify',
  addRequest: 'add',
  deleteRequest: 'delete',
  modifyDnRequest: 'modifyDn',
  compareRequest: 'compare',
  abandonRequest: 'abandon',
  extendedRequest: 'extended',
};

function isRefusal({ code, diagnosticMessage }: Answer): boolean {
  return diagnosticMessage !== '' && code !== ResultCode.success;
}

function roundToMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** As a JSON string, cut where it is very long. */
function describeFilter(filter: Filter, isSecret: (attribute: string) => boolean): string {
  const text = formatFilter(maskFilter(filter, isSecret));
  return JSON.stringify(
    text.length > FILTER_CHARACTERS_MAX ? `${text.slice(0, FILTER_CHARACTERS_MAX)}…` : text,
  );
}

/** Names of controls, and OIDs where they have none here; of what is in them the transaction ID, which is there for logs. */
function describeCarried({ controls, actsAs }: Carried): string {
  const as = actsAs === undefined ? '' : `,"as":${JSON.stringify(actsAs)}`;
  if (controls.length === 0) return as;
  const names = controls
    .slice(0, CONTROLS_MAX)
    .map(({ oid }) => nameOfControl(oid) ?? oid.slice(0, OID_CHARACTERS_MAX));
  if (controls.length > CONTROLS_MAX) names.push('…');
  const transaction = controls.find(({ oid }) => oid === Oid.transactionId)?.value;
  return `${as},"controls":${JSON.stringify(names)}${describeTransaction(transaction)}`;
}

function describeTransaction(id: string | undefined): string {
  if (id === undefined) return '';
  return `,"transactionId":${JSON.stringify(id.slice(0, TRANSACTION_ID_CHARACTERS_MAX).toWellFormed())}`;
}

const MECHANISM_CHARACTERS_MAX = 20;

/** The name of the mechanism and nothing of what it was given. */
function describeMechanism({ authentication }: BindRequest): string {
  if (authentication.type === 'simple') return '';
  return `,"mechanism":${JSON.stringify(authentication.mechanism.slice(0, MECHANISM_CHARACTERS_MAX))}`;
}

/** Returns the request as members of a JSON object, each with a comma before it. */
function describe(request: Request, isSecret: (attribute: string) => boolean): string {
  switch (request.type) {
    case 'searchRequest':
      return `,"base":${JSON.stringify(request.base)},"scope":"${SCOPE_NAMES[request.scope]}","filter":${describeFilter(request.filter, isSecret)}`;
    case 'bindRequest':
      return `,"name":${JSON.stringify(request.name)}${describeMechanism(request)}`;
    case 'compareRequest':
      return `,"dn":${JSON.stringify(request.dn)},"attribute":${JSON.stringify(request.attribute)}`;
    case 'modifyRequest': {
      const attributes = request.modifications.map(
        ({ operation, attribute }) => `${operation} ${attribute.description}`,
      );
      return `,"dn":${JSON.stringify(request.dn)},"attributes":${JSON.stringify(attributes)}`;
    }
    case 'addRequest':
    case 'deleteRequest':
    case 'modifyDnRequest':
      return `,"dn":${JSON.stringify(request.dn)}`;
    case 'extendedRequest':
      return `,"oid":${JSON.stringify(request.oid)}`;
    default:
      return '';
  }
}
