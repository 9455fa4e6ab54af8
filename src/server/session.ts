// What one client is in the middle of: who it is, which of its requests are under way. The session decides when a
// request is done, the operations what it does. Requests run side by side, but a bind waits for those before it
// and holds up those behind it (RFC 4511 §4.2.1).

import type { Requester } from '../backend/backend.ts';
import { ANONYMOUS } from '../backend/backend.ts';
import type { Control } from '../ldap/control.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { RESULT_TYPE, type Request, type Response } from '../ldap/message.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { AccessLog } from './access-log.ts';
import type { Connection, IncomingMessage } from './connection.ts';
import { type Answer, type Dispatch, type Operation, SUCCESS } from './operation.ts';

export class Session {
  readonly #connection: Connection;
  readonly #dispatch: Dispatch;
  readonly #accessLog: AccessLog;
  readonly #requestsMax: number;
  readonly #underWay = new Map<number, Operation>();
  readonly #waiting: IncomingMessage[] = [];
  #isBinding = false;
  requester: Requester = ANONYMOUS;

  constructor(connection: Connection, dispatch: Dispatch, accessLog: AccessLog, requestsMax: number) {
    this.#connection = connection;
    this.#dispatch = dispatch;
    this.#accessLog = accessLog;
    this.#requestsMax = requestsMax;
  }

  open(): void {
    this.#accessLog.connected(this.#connection);
    this.#connection.open({
      message: (message) => this.#receive(message),
      closed: () => this.#closed(),
      failed: (error) => this.#accessLog.failed(this.#connection, error),
    });
  }

  /** Tells the client why and closes, as when the server stops. */
  close(code: ResultCode, diagnosticMessage: string): void {
    this.#connection.close(code, diagnosticMessage);
  }

  #receive(message: IncomingMessage): void {
    if (this.#mustWait(message)) {
      this.#waiting.push(message);
      this.#holdIfBusy();
    } else {
      this.#start(message);
    }
  }

  #mustWait({ operation }: IncomingMessage): boolean {
    if (operation.type === 'abandonRequest' || operation.type === 'unbindRequest') return false;
    if (this.#isBinding || this.#waiting.length > 0) return true;
    return operation.type === 'bindRequest' && this.#underWay.size > 0;
  }

  #start(message: IncomingMessage): void {
    const { id, operation } = message;
    if (operation.type === 'unbindRequest') {
      this.#accessLog.unbound(this.#connection, this.requester);
      this.#connection.close();
    } else if (operation.type === 'abandonRequest') {
      this.#underWay.get(operation.messageId)?.abandon();
    } else if (this.#underWay.has(id)) {
      this.#connection.close(
        ResultCode.protocolError,
        `The message ID ${id} belongs to a request that is still under way.`,
      );
    } else if (operation.type === 'invalidRequest') {
      this.#finish(id, operation.requestType, performance.now(), answerOf(operation.error));
    } else {
      this.#run(id, operation, message.controls);
    }
  }

  #run(id: number, request: AnsweredRequest, controls: readonly Control[]): void {
    const startedAt = performance.now();
    const operation = new RunningOperation(id, this, this.#connection, controls);
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.#dispatch(request, operation);
    } catch (error) {
      answer = this.#answerOfError(error);
    }
    if (!(answer instanceof Promise)) {
      this.#finish(id, request.type, startedAt, answer, request);
      return;
    }
    this.#underWay.set(id, operation);
    if (request.type === 'bindRequest') this.#isBinding = true;
    this.#holdIfBusy();
    answer
      .catch((error: unknown) => this.#answerOfError(error))
      .then((settled) => {
        this.#underWay.delete(id);
        if (request.type === 'bindRequest') this.#isBinding = false;
        if (operation.isAbandoned && request.type === 'searchRequest')
          this.#accessLog.abandoned(this.#connection, this.requester, request);
        else this.#finish(id, request.type, startedAt, settled, request);
        this.#continue();
      });
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
  ): void {
    this.#connection.send({ id, operation: responseOf(type, answer), controls: NO_CONTROLS });
    this.#accessLog.answered(
      this.#connection,
      this.requester,
      type,
      request,
      answer,
      performance.now() - startedAt,
    );
  }

  /** Lets in what had to wait. */
  #continue(): void {
    if (!this.#connection.isOpen) return;
    this.#connection.together(() => {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        const isBind = next.operation.type === 'bindRequest';
        if (this.#isBinding || (isBind && this.#underWay.size > 0)) break;
        this.#waiting.shift();
        this.#start(next);
      }
    });
    if (this.#load < this.#requestsMax) this.#connection.resume();
  }

  get #load(): number {
    return this.#underWay.size + this.#waiting.length;
  }

  #holdIfBusy(): void {
    if (this.#load >= this.#requestsMax) this.#connection.hold();
  }

  #closed(): void {
    for (const operation of this.#underWay.values()) operation.abandon();
    this.#waiting.length = 0;
    this.#accessLog.disconnected(this.#connection);
  }
}

class RunningOperation implements Operation {
  readonly session: Session;
  readonly connection: Connection;
  readonly controls: readonly Control[];
  isAbandoned = false;
  readonly #id: number;

  constructor(id: number, session: Session, connection: Connection, controls: readonly Control[]) {
    this.#id = id;
    this.session = session;
    this.connection = connection;
    this.controls = controls;
  }

  abandon(): void {
    this.isAbandoned = true;
  }

  send(response: Response): void {
    this.connection.send({ id: this.#id, operation: response, controls: NO_CONTROLS });
  }
}

const NO_CONTROLS: readonly Control[] = [];

type AnsweredType = keyof typeof RESULT_TYPE;
type AnsweredRequest = Extract<Request, { type: AnsweredType }>;

function answerOf(error: LdapError): Answer {
  return {
    ...SUCCESS,
    code: error.code,
    matchedDn: error.matchedDn?.toString() ?? '',
    diagnosticMessage: error.message,
  };
}

/** The kind of the response follows from the kind of the request: no answer can be of another. */
function responseOf(requestType: AnsweredType, answer: Answer): Response {
  const { code, matchedDn, diagnosticMessage, value } = answer;
  const result = { code, matchedDn, diagnosticMessage, referrals: undefined };
  const type = RESULT_TYPE[requestType];
  if (type === 'bindResponse') return { type, ...result, serverSaslCredentials: undefined };
  if (type === 'extendedResponse') return { type, ...result, oid: undefined, value };
  return { type, ...result };
}
