// One connection to confdit: secured, bound, used for searches and one persistent search. A lost connection is not reopened
// here.

import type { ConnectionOptions } from 'node:tls';
import { Reason, ThrownValue } from '../files/program-error.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { type LdapResult, SearchScope } from '../ldap/message.ts';
import { nameOfResultCode, ResultCode } from '../ldap/result-code.ts';
import type { AnswerLimits } from '../ldap-client/answer-limits.ts';
import { LdapClientError } from '../ldap-client/client-error.ts';
import type { Answer } from '../ldap-client/exchange.ts';
import { LdapClient } from '../ldap-client/ldap-client.ts';
import { persistentSearch } from '../ldap-client/persistent-search.ts';
import { Deadline } from '../time/deadline.ts';
import { refusalOf } from '../trust/refusal.ts';
import { MailServerError, type MailServerProblem } from './mail-server-error.ts';
import type { DirectoryAddress } from './open-options.ts';

export interface Search {
  readonly base: string;
  readonly filter: Filter;
  readonly attributes: readonly string[];
}

const PROBLEM_BY_CODE: ReadonlyMap<number, MailServerProblem> = new Map([
  [ResultCode.inappropriateAuthentication, 'credentials'],
  [ResultCode.invalidCredentials, 'credentials'],
  [ResultCode.insufficientAccessRights, 'access'],
]);
/** One mail server and the trust managers take some kilobytes. */
const LIMITS: Partial<AnswerLimits> = {
  messageOctetsMax: 1024 * 1024,
  answerOctetsMax: 16 * 1024 * 1024,
};
const WHOLE_SUBTREE = {
  type: 'searchRequest',
  scope: SearchScope.wholeSubtree,
  derefAliases: 0,
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
} as const;

export class DirectoryConnection {
  readonly #client: LdapClient;
  readonly #address: DirectoryAddress;
  readonly #lost: (error: MailServerError, connection: DirectoryConnection) => void;
  #isEnded = false;
  /** Why the connection was lost; pending searches fail with it. */
  #reason: MailServerError | undefined;

  /**
   * Connects and binds. Rejects with MailServerError.
   *
   * @param lost called once, if the open connection is lost.
   */
  static async open(
    address: DirectoryAddress,
    lost: (error: MailServerError, connection: DirectoryConnection) => void,
  ): Promise<DirectoryConnection> {
    let connection: DirectoryConnection | undefined;
    try {
      const client = await connect(address, (error) => connection?.end(error));
      connection = new DirectoryConnection(client, address, lost);
      await connection.#logIn(await address.password());
      return connection;
    } catch (error) {
      connection?.close();
      throw problemOf(error, address);
    }
  }

  private constructor(
    client: LdapClient,
    address: DirectoryAddress,
    lost: (error: MailServerError, connection: DirectoryConnection) => void,
  ) {
    this.#client = client;
    this.#address = address;
    this.#lost = lost;
  }

  /** Searches. Rejects with MailServerError; a timeout ends the connection. */
  async search(search: Search): Promise<readonly Entry[]> {
    return (await this.#inTime(this.#client.ask({ ...WHOLE_SUBTREE, ...search }))).entries;
  }

  /** Calls `hear` for every entry found, now and after each change of it. */
  watch(search: Search, hear: () => void): void {
    this.#client.send({ ...WHOLE_SUBTREE, ...search }, [persistentSearch()], {
      found: hear,
      answered: ({ result }) =>
        this.end(
          result.code === ResultCode.success
            ? new Reason('confdit ended the search for changes')
            : refusal(result, this.#address),
        ),
      failed: (error) => this.end(error),
    });
  }

  close(): void {
    this.#isEnded = true;
    this.#client.close();
  }

  /** Ends the connection because it was lost or cannot be used. */
  end(error: Error): void {
    if (this.#isEnded) return;
    this.#reason = problemOf(error, this.#address);
    this.close();
    this.#lost(this.#reason, this);
  }

  async #logIn(password: string): Promise<void> {
    const { bindDn } = this.#address;
    if (bindDn !== undefined && password === '') {
      throw new MailServerError('options', `The password of ${bindDn} is empty.`);
    }
    await this.#inTime(this.#client.bind(bindDn === undefined ? undefined : { dn: bindDn, password }));
  }

  /** Limits the time of a whole answer: its messages might never end. */
  async #inTime(answer: Promise<Answer>): Promise<Answer> {
    const { timeoutMs } = this.#address;
    const late = Promise.withResolvers<never>();
    const missed = () => {
      const error = new LdapClientError('silent', `it has not answered for ${timeoutMs} ms`);
      late.reject(error);
      this.end(error);
    };
    const deadline = new Deadline(timeoutMs, missed);
    deadline.begin();
    try {
      const told = await Promise.race([answer, late.promise]);
      if (told.result.code !== ResultCode.success) throw refusal(told.result, this.#address);
      return told;
    } catch (error) {
      throw this.#reason ?? problemOf(error, this.#address);
    } finally {
      deadline.close();
    }
  }
}

function connect(address: DirectoryAddress, lost: (error: LdapClientError) => void): Promise<LdapClient> {
  const { socketPath, host, port, security, ca, timeoutMs } = address;
  const tls: ConnectionOptions = ca === undefined ? {} : { ca: listOf(ca) };
  const place = socketPath === undefined ? { host, port } : { path: socketPath };
  return LdapClient.open({ place, security, tls, timeoutMs, limits: LIMITS, lost });
}

function refusal({ code, diagnosticMessage }: LdapResult, address: DirectoryAddress): MailServerError {
  const { url, bindDn } = address;
  const problem = PROBLEM_BY_CODE.get(code) ?? 'refused';
  const who = bindDn ?? 'the account of this process';
  const does = problem === 'credentials' ? `does not let ${who} log in` : 'refuses';
  const words = sentence(diagnosticMessage || nameOfResultCode(code));
  return new MailServerError(problem, `confdit at ${url} ${does}: ${words}`);
}

/** Returns what is wrong with the certificate and what to do; undefined if the error has another cause. */
function trustProblemOf(error: unknown, host: string): string | undefined {
  const store = { does: 'the authorities given do', add: (what: string) => `name ${what} in the option ca` };
  const facts = { host, chain: [], authorities: [], store, storeName: 'the option ca', now: new Date() };
  return refusalOf(error, facts)?.message;
}

function problemOf(error: unknown, { url, host }: DirectoryAddress): MailServerError {
  if (error instanceof MailServerError) return error;
  const reason = error instanceof Error ? error : new ThrownValue(error);
  const text = sentence(reason.message || 'the connection was closed');
  const untrusted = trustProblemOf(reason.cause, host);
  if (untrusted !== undefined) {
    const message = `${untrusted} It is that of confdit at ${url}; authorities are named in the option ca.`;
    return new MailServerError('untrusted', message, { cause: reason });
  }
  const isWrong = reason instanceof LdapClientError && ['wrong-answer', 'too-much'].includes(reason.problem);
  const does = isWrong ? 'does not answer as an LDAP server does' : 'cannot be reached';
  return new MailServerError('unreachable', `confdit at ${url} ${does}: ${text}`, { cause: reason });
}

function sentence(text: string): string {
  return text.replace(/\.?$/, '.');
}

function listOf(certificates: NonNullable<DirectoryAddress['ca']>): (string | Buffer)[] {
  return typeof certificates === 'string' || Buffer.isBuffer(certificates)
    ? [certificates]
    : [...certificates];
}
