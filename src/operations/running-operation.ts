// A request under way, from its start to its final answer: for whom it is, whether anybody still wants its answer.

import { ANONYMOUS, type Requester } from '../backend/backend.ts';
import type { HeldOctets } from '../directory/octet-budget.ts';
import type { Control } from '../ldap/control.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Request, Response } from '../ldap/message.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { ClientConnection } from './client-connection.ts';
import { connectionFactsOf } from './connection-facts.ts';
import type { ClientSession, Operation } from './operation.ts';

/** Searches of one connection that go on for ever: each looks at every change. */
const WATCHES_MAX = 16;
const NO_CONTROLS: readonly Control[] = [];

export class RunningOperation implements Operation {
  readonly id: number;
  readonly session: ClientSession;
  readonly connection: ClientConnection;
  readonly controls: readonly Control[];
  readonly type: Request['type'];
  readonly startedAt = performance.now();
  isAbandoned = false;
  isCanceled = false;
  isWatch = false;
  /** Requests behind it wait for its answer. */
  isAlone = false;
  /** Who asked, of what is not answered at once: the change itself may end the login. */
  who: string | undefined;
  #finalControls: Control[] | undefined;
  /** The name of whom proxied authorization names, when the request came. */
  actsAs: string | undefined;
  #actsAs: Requester | undefined;
  #abandoned: (() => void) | undefined;
  #held: HeldOctets | undefined;
  #ended: PromiseWithResolvers<number> | undefined;

  constructor(
    id: number,
    session: ClientSession,
    connection: ClientConnection,
    type: Request['type'],
    controls: readonly Control[],
  ) {
    this.id = id;
    this.session = session;
    this.connection = connection;
    this.type = type;
    this.controls = controls;
  }

  get requester(): Requester {
    const who = this.#actsAs ?? this.session.requester;
    return who === ANONYMOUS ? { ...who, connection: connectionFactsOf(this.connection) } : who;
  }

  get held(): HeldOctets {
    this.#held ??= this.session.budget.hold();
    return this.#held;
  }

  /** It has been answered, and holds nothing any more. */
  release(): void {
    this.#held?.release();
  }

  get finalControls(): readonly Control[] {
    return this.#finalControls ?? NO_CONTROLS;
  }

  actAs(requester: Requester): void {
    this.#actsAs = requester;
    this.actsAs = requester.name;
  }

  addFinalControl(oid: string, value: string): void {
    this.#finalControls ??= [];
    this.#finalControls.push({ oid, criticality: false, value });
  }

  becomeWatch(): void {
    if (this.session.watches >= WATCHES_MAX) {
      throw new LdapError(
        'adminLimitExceeded',
        `A connection may have ${WATCHES_MAX} persistent searches. Abandon one, or open another connection.`,
      );
    }
    this.isWatch = true;
  }

  becomeAlone(): Promise<void> {
    this.isAlone = true;
    return this.session.changesAnswered();
  }

  whenAbandoned(listener: () => void): void {
    if (this.isAbandoned) listener();
    else this.#abandoned = listener;
  }

  abandon(): void {
    if (this.isAbandoned) return;
    this.isAbandoned = true;
    this.held.isWanted = false;
    this.#abandoned?.();
  }

  /** Asks the operation to end soon; resolves to the code it ended with (RFC 3909). */
  cancel(): Promise<number> {
    this.isCanceled = true;
    this.abandon();
    return this.whenEnded();
  }

  /** Resolves to the code it ends with. */
  whenEnded(): Promise<number> {
    this.#ended ??= Promise.withResolvers<number>();
    return this.#ended.promise;
  }

  ended(code: number = ResultCode.canceled): void {
    this.#ended?.resolve(code);
  }

  send(response: Response, controls: readonly Control[] = NO_CONTROLS): void {
    this.connection.send({ id: this.id, operation: response, controls });
  }
}
