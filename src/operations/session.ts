// What one client is in the middle of: who it is, which of its requests are under way. The session decides when a
// request is done, the operations what it does. Requests run side by side, but a bind waits for those before it
// and holds up those behind it (RFC 4511 §4.2.1). So does a change that first proves a password.

import type { Requester } from '../backend/backend.ts';
import { ANONYMOUS } from '../backend/backend.ts';
import { WriteOrder } from '../backend/write-order.ts';
import { OctetBudget } from '../directory/octet-budget.ts';
import type { Control } from '../ldap/control.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { RESULT_TYPE, Request } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { AccessLog } from './access-log.ts';
import { type Answer, answerOf, responseOf } from './answer.ts';
import type { ClientConnection, ConnectionPlace, IncomingMessage } from './client-connection.ts';
import type { HandlerFigures } from './handler-figures.ts';
import type { ClientSession, Dispatch } from './operation.ts';
import { PagedSearches } from './paged-searches.ts';
import { RunningOperation } from './running-operation.ts';
import type { SaslExchange } from './sasl/mechanism.ts';
import { Transactions } from './transactions.ts';

export interface SessionOptions {
  readonly connection: ClientConnection;
  readonly dispatch: Dispatch;
  readonly accessLog: AccessLog;
  /** Requests that are under way at once; with more the client has to wait. */
  readonly requestsMax: number;
  readonly figures: HandlerFigures;
  /** Told when somebody has logged in, or is not logged in any more. */
  readonly place: ConnectionPlace;
  /** Memory that the requests of all clients may hold. */
  readonly budget: OctetBudget;
}

/** So many connections use up the budget of all. */
const CONNECTIONS_PER_BUDGET = 4;
/** Memory of a request in proportion to its octets, and at least. */
const REQUEST_FACTOR = 8;
const REQUEST_OCTETS_MIN = 512;

/** A request that waits for its turn, and what it takes in memory. */
interface WaitingRequest {
  readonly message: IncomingMessage;
  readonly octets: number;
}

export class Session implements ClientSession {
  readonly #connection: ClientConnection;
  readonly #dispatch: Dispatch;
  readonly #accessLog: AccessLog;
  readonly #requestsMax: number;
  readonly #figures: HandlerFigures;
  readonly #place: ConnectionPlace;
  readonly #underWay = new Map<number, RunningOperation>();
  readonly #waiting: WaitingRequest[] = [];
  /** A bind, or another request that those behind it wait for, is under way. */
  #isHeldUp = false;
  /** When it has to let others go on; on the clock of performance.now(). */
  #continuesUntil: number | undefined;
  #isPausing = false;
  /** The client sends nothing more: the last answer is followed by the end. */
  #isEnding = false;
  #watches = 0;
  requester: Requester = ANONYMOUS;
  /** Memory that the requests of this connection may hold. */
  readonly budget: OctetBudget;
  readonly pagedSearches: PagedSearches;
  readonly transactions: Transactions;
  readonly writeOrder = new WriteOrder();
  /** SASL exchange that the client continues with its next bind (RFC 4513 §5.2.1). */
  #saslExchange: SaslExchange | undefined;

  constructor({ connection, dispatch, accessLog, requestsMax, figures, place, budget }: SessionOptions) {
    this.#connection = connection;
    this.#figures = figures;
    this.#place = place;
    place.placed = this;
    this.#dispatch = dispatch;
    this.#accessLog = accessLog;
    this.#requestsMax = requestsMax;
    this.budget = new OctetBudget(budget.octetsMax / CONNECTIONS_PER_BUDGET, budget);
    this.pagedSearches = new PagedSearches(this.budget);
    this.transactions = new Transactions(connection, this.budget);
  }

  open(): void {
    this.#accessLog.connected(this.#connection);
    this.#connection.open({
      message: (message, octets) => this.#receive(message, octets),
      ended: () => this.#ended(),
      authenticated: (isAuthenticated) => this.#place.authenticated(isAuthenticated),
      closed: () => this.#closed(),
      failed: (error) => this.#accessLog.failed(this.#connection, error),
    });
  }

  get saslExchange(): SaslExchange | undefined {
    return this.#saslExchange;
  }

  set saslExchange(exchange: SaslExchange | undefined) {
    if (this.#saslExchange !== exchange) this.#saslExchange?.abandon?.();
    this.#saslExchange = exchange;
    // A client that has gone while it was waiting for the first answer goes on with nothing.
    if (!this.#connection.isOpen) exchange?.abandon?.();
  }

  /** Gives away the exchange that a bind with this mechanism goes on with; any other is abandoned. */
  takeSaslExchange(mechanism: string | undefined): SaslExchange | undefined {
    const exchange = this.#saslExchange;
    if (exchange?.mechanism === mechanism) this.#saslExchange = undefined;
    else this.saslExchange = undefined;
    return exchange?.mechanism === mechanism ? exchange : undefined;
  }

  /** How many requests are under way or wait, besides one that is being answered at once. */
  get load(): number {
    return this.#underWay.size + this.#waiting.length;
  }

  /** How many of them are searches that go on until they are ended. */
  get watches(): number {
    return this.#watches;
  }

  async changesAnswered(): Promise<void> {
    const changes = [...this.#underWay.values()].filter(({ type }) => type !== 'searchRequest');
    await Promise.all(changes.map((operation) => operation.whenEnded()));
  }

  /** Ends a request (RFC 3909 §2.2); resolves to what the cancel request is to be answered with. */
  async cancel(id: number): Promise<ResultCode> {
    const operation = this.#underWay.get(id);
    if (operation === undefined) return ResultCode.noSuchOperation;
    if (operation.type === 'bindRequest' || operation.type === 'extendedRequest')
      return ResultCode.cannotCancel;
    // A change is on its way to the disk.
    if (operation.type !== 'searchRequest') return ResultCode.tooLate;
    return (await operation.cancel()) === ResultCode.canceled ? ResultCode.success : ResultCode.tooLate;
  }

  /** Tells the client why and closes, as when the server stops. */
  close(code: ResultCode, diagnosticMessage: string): void {
    this.#connection.close(code, diagnosticMessage);
  }

  /** Closes the connection at once, because another client gets its place. */
  evict(code: ResultCode, diagnosticMessage: string): void {
    this.#connection.evict(code, diagnosticMessage);
  }

  /** Takes a message and how many octets it had. */
  #receive(message: IncomingMessage, messageOctets: number): void {
    const octets = REQUEST_OCTETS_MIN + REQUEST_FACTOR * messageOctets;
    if (!this.#mustWait(message)) {
      this.#start(message, octets);
      return;
    }
    try {
      this.budget.take(octets);
    } catch (error) {
      this.#refuse(message, error);
      return;
    }
    this.#waiting.push({ message, octets });
    this.#holdIfBusy();
  }

  /** Answers a request that is not looked at any further. */
  #refuse({ id, operation }: IncomingMessage, error: unknown): void {
    if (operation.type === 'abandonRequest' || operation.type === 'unbindRequest') return;
    this.#figures.received(operation);
    if (isBind(operation)) this.#becomeAnonymous();
    const type = operation.type === 'invalidRequest' ? operation.requestType : operation.type;
    this.#finish(id, type, performance.now(), this.#answerOfError(error));
  }

  #mustWait({ operation }: IncomingMessage): boolean {
    if (operation.type === 'abandonRequest' || operation.type === 'unbindRequest') return false;
    // StartTLS is refused where other requests have to wait.
    if (this.#isHeldUp || this.#waiting.length > 0) return !isStartTls(operation);
    return isBind(operation) && this.#underWay.size > this.#watches;
  }

  #start(message: IncomingMessage, octets: number): void {
    const { id, operation } = message;
    this.#figures.received(operation);
    if (operation.type === 'unbindRequest') {
      this.#accessLog.unbound(this.#connection, this.requester.name);
      this.#connection.close();
    } else if (operation.type === 'abandonRequest') {
      this.#underWay.get(operation.messageId)?.abandon();
    } else if (this.#underWay.has(id)) {
      this.#connection.close(
        ResultCode.protocolError,
        `The message ID ${id} belongs to a request that is still under way.`,
      );
    } else if (operation.type === 'invalidRequest') {
      if (isBind(operation)) this.#becomeAnonymous();
      this.#finish(id, operation.requestType, performance.now(), answerOf(operation.error));
    } else {
      this.#run(id, operation, message.controls, octets);
    }
  }

  #run(id: number, request: AnsweredRequest, controls: readonly Control[], octets: number): void {
    const operation = new RunningOperation(id, this, this.#connection, request.type, controls);
    if (isBind(request)) this.#becomeAnonymous();
    let answer: Answer | Promise<Answer>;
    try {
      // A search says itself what it holds; of all else the request is what is held until it is answered.
      if (request.type !== 'searchRequest') operation.held.take(octets);
      answer = this.#dispatch(request, operation);
    } catch (error) {
      answer = this.#answerOfError(error);
    }
    if (answer instanceof Promise) this.#await(answer, request, operation);
    else {
      this.#finish(id, request.type, operation.startedAt, answer, request, operation);
      operation.release();
    }
  }

  #await(answer: Promise<Answer>, request: AnsweredRequest, operation: RunningOperation): void {
    const { id } = operation;
    this.#underWay.set(id, operation);
    if (!isBind(request)) operation.who = this.requester.name;
    if (operation.isWatch) this.#countWatch(1);
    const holdsUp = request.type === 'bindRequest' || operation.isAlone;
    if (holdsUp) this.#isHeldUp = true;
    this.#holdIfBusy();
    answer
      .catch((error: unknown) => this.#answerOfError(error))
      .then((settled) => {
        this.#underWay.delete(id);
        if (operation.isWatch) this.#countWatch(-1);
        if (holdsUp) this.#isHeldUp = false;
        if (operation.isAbandoned && !operation.isCanceled && isUnanswered(request, settled))
          this.#accessLog.abandoned(this.#connection, operation.who ?? '', request, operation);
        else this.#finish(id, request.type, operation.startedAt, settled, request, operation);
        operation.ended(settled.code);
        operation.release();
        this.#continue();
      })
      // What goes wrong with the answer to one client must not end the process.
      .catch((error: unknown) => {
        this.#accessLog.failed(this.#connection, error);
        operation.ended();
        operation.release();
        this.#connection.destroy();
      });
  }

  #countWatch(more: number): void {
    this.#watches += more;
    this.#figures.watches += more;
  }

  /** A bind that fails, for whatever reason, leaves nobody bound (RFC 4513 §4). */
  #becomeAnonymous(): void {
    // What was begun as somebody does not go on as somebody else (RFC 4511 §4.2.1 leaves it to the server).
    for (const operation of this.#underWay.values()) if (operation.isWatch) operation.abandon();
    this.pagedSearches.clear();
    this.transactions.abortAll('The connection is bound again.');
    this.requester = ANONYMOUS;
  }

  #answerOfError(error: unknown): Answer {
    if (error instanceof LdapError) return answerOf(error);
    this.#accessLog.failed(this.#connection, error);
    return answerOf(new LdapError('other', 'The server failed on this request; its log says more.'));
  }

  #finish(
    id: number,
    type: AnsweredType,
    startedAt: number,
    answer: Answer,
    request?: AnsweredRequest,
    operation?: RunningOperation,
  ): void {
    if (type === 'bindRequest') this.#bindEnded(answer);
    const finalControls = operation?.finalControls ?? NO_CONTROLS;
    const controls = finalControls.length === 0 ? answer.controls : [...answer.controls, ...finalControls];
    this.#connection.send({ id, operation: responseOf(type, answer), controls });
    this.#figures.answered(answer.code);
    this.#accessLog.answered(
      this.#connection,
      operation?.who ?? this.requester.name,
      type,
      request,
      answer,
      startedAt,
      operation,
    );
    if (answer.afterwards === undefined) return;
    this.#connection.flush();
    answer.afterwards();
  }

  /** Only now, and not at its start: a client that binds again and again keeps its place among those that are known. */
  #bindEnded({ code }: Answer): void {
    if (code !== ResultCode.saslBindInProgress) this.saslExchange = undefined;
    this.#connection.authenticated(this.requester.dn !== '');
  }

  /** Lets in what had to wait. */
  #continue(): void {
    if (!this.#connection.isOpen) return;
    this.#continuesUntil = undefined;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { message, octets } = next;
      if (this.#mustTakeTurns()) break;
      if (this.#isHeldUp || (isBind(message.operation) && this.#underWay.size > this.#watches)) break;
      this.#waiting.shift();
      this.budget.give(octets);
      this.#start(message, octets);
    }
    if (!this.#isBusy) this.#connection.resume();
    this.#endIfDone();
  }

  /** Returns true if waiting requests must wait on: others have their turn, or the client is slow to read. */
  #mustTakeTurns(): boolean {
    if (this.#isPausing) return true;
    const now = performance.now();
    this.#continuesUntil ??= this.#connection.sliceEndsAt(now);
    if (now < this.#continuesUntil && this.#connection.congestion === undefined) return false;
    if (!this.#isPausing) {
      this.#isPausing = true;
      void this.#connection.nextTurn().then(() => {
        this.#isPausing = false;
        this.#continue();
      });
    }
    return true;
  }

  /** A client that has closed its side is still answered, but no longer told of changes: it could not end that. */
  #ended(): void {
    this.#isEnding = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isEnding && this.load <= this.#watches) this.#connection.finish();
  }

  #holdIfBusy(): void {
    if (this.#isBusy) this.#connection.hold();
  }

  /** Searches that go on for ever do not count: the client could not abandon them any more. */
  get #isBusy(): boolean {
    return this.load - this.#watches >= this.#requestsMax;
  }

  #closed(): void {
    for (const operation of this.#underWay.values()) operation.abandon();
    this.saslExchange = undefined;
    for (const { octets } of this.#waiting.splice(0)) this.budget.give(octets);
    this.pagedSearches.clear();
    this.transactions.clear();
    this.#accessLog.disconnected(this.#connection);
  }
}

const NO_CONTROLS: readonly Control[] = [];

type AnsweredType = keyof typeof RESULT_TYPE;
type AnsweredRequest = Extract<Request, { type: AnsweredType }>;

function isBind(operation: IncomingMessage['operation']): boolean {
  const type = operation.type === 'invalidRequest' ? operation.requestType : operation.type;
  return type === 'bindRequest';
}

/** Returns true if an abandoned request has had no effect: a change, for example, is made all the same. */
function isUnanswered({ type }: AnsweredRequest, { code }: Answer): boolean {
  return type === 'searchRequest' || code === ResultCode.canceled;
}

function isStartTls(operation: IncomingMessage['operation']): boolean {
  return operation.type === 'extendedRequest' && operation.oid === Oid.startTls;
}
