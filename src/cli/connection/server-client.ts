// The guarded client of ldap-client/ as commands use it: connected and logged in by what was typed, with CommandErrors in
// words for whoever sits at the terminal.

import type { ConnectionOptions } from 'node:tls';
import type { Control } from '../../ldap/control.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { LdapResult } from '../../ldap/message.ts';
import { nameOfResultCode, ResultCode } from '../../ldap/result-code.ts';
import { LdapClientError } from '../../ldap-client/client-error.ts';
import type { Answer, OneAnswered } from '../../ldap-client/exchange.ts';
import { LdapClient } from '../../ldap-client/ldap-client.ts';
import { CommandError, RefusedByServer } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { connectFailure, connectionLost, notUnderstood, sentence, silence } from './connect-failure.ts';
import type { ConnectionChoice, Patience } from './connection-choice.ts';

export interface CommandListener {
  /** Takes each entry as it comes, of a search that goes on. */
  readonly found?: (entry: Entry) => void;
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: CommandError) => void;
}

export class ServerClient {
  readonly #client: LdapClient;
  readonly #choice: ConnectionChoice;
  #patience: Patience;

  /** Connects, secures the connection and logs in; rejects with CommandError. */
  static async open(choice: ConnectionChoice, tls: ConnectionOptions): Promise<ServerClient> {
    const server = new ServerClient(await openClient(choice, tls), choice);
    try {
      requireSuccess((await server.#told(server.#client.bind(choice.login))).result);
      server.#patience = choice.requestPatience;
      server.#client.timeoutMs = choice.requestPatience.ms;
      return server;
    } catch (error) {
      server.close();
      throw error;
    }
  }

  private constructor(client: LdapClient, choice: ConnectionChoice) {
    this.#client = client;
    this.#choice = choice;
    this.#patience = choice.connectPatience;
  }

  /** How many requests wait for an answer. */
  get waitingCount(): number {
    return this.#client.waitingCount;
  }

  /** The answer to a request that succeeded, or ended with the other code that is hoped for; rejects with CommandError. */
  async ask(
    request: OneAnswered,
    controls: readonly Control[] = [],
    hopedFor: ResultCode = ResultCode.success,
  ): Promise<Answer> {
    const answer = await this.#told(this.#client.ask(request, controls));
    if (answer.result.code !== hopedFor) requireSuccess(answer.result);
    return answer;
  }

  /** Sends a request among many; its answer is passed on whatever the result code is. */
  send(request: OneAnswered, controls: readonly Control[], { failed, ...others }: CommandListener): void {
    this.#client.send(request, controls, { ...others, failed: (error) => failed(this.#failure(error)) });
  }

  close(): void {
    this.#client.close();
  }

  async #told<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): CommandError {
    return commandErrorOf(error, this.#choice, this.#patience);
  }
}

/** Connects and secures the connection; rejects with CommandError. */
export async function openClient(choice: ConnectionChoice, tls: ConnectionOptions): Promise<LdapClient> {
  const { socket, host, port, security, connectPatience } = choice;
  try {
    return await LdapClient.open({
      place: socket === undefined ? { host, port } : { path: socket },
      security: security === 'ssl' ? 'tls' : security,
      tls,
      timeoutMs: connectPatience.ms,
    });
  } catch (error) {
    throw commandErrorOf(error, choice, connectPatience);
  }
}

function commandErrorOf(error: unknown, choice: ConnectionChoice, patience: Patience): CommandError {
  if (!(error instanceof LdapClientError)) return connectFailure(choice, error);
  switch (error.problem) {
    case 'unreachable':
      return connectFailure(choice, error.cause);
    case 'no-tls':
      return new CommandError(
        `The server makes no TLS by StartTLS: ${sentence(error.message)}`,
        ExitCode.connectError,
        { cause: error },
      );
    case 'silent':
      return silence(choice, patience);
    case 'lost':
      return connectionLost(choice, error.message === '' ? undefined : error.message);
    case 'wrong-answer':
    case 'too-much':
    case 'closed':
      return notUnderstood(choice, error);
  }
}

function requireSuccess(result: LdapResult): void {
  const refusal = refusalOf(result);
  if (refusal !== undefined) throw refusal;
}

/** The server's words for a result; undefined for success. */
export function refusalOf({ code, diagnosticMessage }: LdapResult): CommandError | undefined {
  if (code === ResultCode.success) return undefined;
  return new RefusedByServer(sentence(diagnosticMessage || nameOfResultCode(code)), code);
}
