// A running server as a command sees it: finished entries and changes; refusals are CommandErrors with the server's own
// words and the exit code that belongs to them.

import type { ConnectionOptions } from 'node:tls';
import { writeAssertion, writeEffectiveRights } from '../../codec/entry-controls.ts';
import { writeEndTransaction } from '../../codec/extended-value.ts';
import { parseFilter } from '../../codec/filter-text.ts';
import type { Change, Modification } from '../../ldap/change.ts';
import type { Control } from '../../ldap/control.ts';
import { Dn } from '../../ldap/dn.ts';
import { RIGHTS_INFO_NAME, RIGHTS_NAME } from '../../ldap/effective-right.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';
import { SearchScope } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import type { Rdn } from '../../ldap/rdn.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { requestOf } from '../../ldap-client/change-request.ts';
import type { OneAnswered } from '../../ldap-client/exchange.ts';
import { persistentSearch } from '../../ldap-client/persistent-search.ts';
import { CommandError } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { ConnectionChoice } from './connection-choice.ts';
import type { Directory, DirectoryStep, SearchRequest } from './directory.ts';
import { refusalOf, ServerClient } from './server-client.ts';

const NO_ATTRIBUTES = '1.1';
const SCOPES = {
  base: SearchScope.baseObject,
  one: SearchScope.singleLevel,
  sub: SearchScope.wholeSubtree,
} as const;

const SEARCH = {
  type: 'searchRequest',
  derefAliases: 0,
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
} as const;
const RIGHTS = [RIGHTS_NAME, RIGHTS_INFO_NAME];
const ANY: Filter = { type: 'present', attribute: 'objectClass' };

export class ServerConnection implements Directory {
  readonly #client: ServerClient;

  /** Connects, secures the connection and logs in; rejects with CommandError. */
  static async open(choice: ConnectionChoice, tls: ConnectionOptions): Promise<ServerConnection> {
    return new ServerConnection(await ServerClient.open(choice, tls));
  }

  private constructor(client: ServerClient) {
    this.#client = client;
  }

  async search(request: SearchRequest): Promise<Entry[]> {
    const { base, scope, filter = '(objectClass=*)', attributes = ['*'] } = request;
    const { entries } = await this.#client.ask({
      ...SEARCH,
      base,
      scope: SCOPES[scope],
      filter: parseFilter(filter),
      attributes: attributes.length === 0 ? [NO_ATTRIBUTES] : attributes,
    });
    return [...entries];
  }

  /** Resolves to the entry with the rights of somebody, who is named by an authorization identity. */
  async effectiveRights(
    dn: string,
    authzId: string,
    attributes: readonly string[],
  ): Promise<readonly Entry[]> {
    const request = { ...SEARCH, base: dn, scope: SCOPES.base, filter: ANY, attributes: RIGHTS };
    const value = writeEffectiveRights(authzId, attributes);
    const control = { oid: Oid.effectiveRights, criticality: true, value };
    return (await this.#client.ask(request, [control])).entries;
  }

  add(entry: Entry): Promise<string> {
    return this.#change({ type: 'add', entry }, []);
  }

  modify(dn: string, modifications: readonly Modification[]): Promise<string> {
    return this.#change({ type: 'modify', dn: Dn.parse(dn), modifications }, []);
  }

  delete(dn: string): Promise<string> {
    return this.#change({ type: 'delete', dn: Dn.parse(dn) }, []);
  }

  rename(dn: string, newRdn: Rdn): Promise<string> {
    const change = { type: 'modifyDn', dn: Dn.parse(dn), newRdn, deleteOldRdn: true } as const;
    return this.#change({ ...change, newSuperior: undefined }, []);
  }

  /** One transaction (RFC 5805). */
  async changeAll(steps: readonly DirectoryStep[]): Promise<string> {
    const { result } = await this.#client.ask(await this.#transactionOf(steps));
    return result.diagnosticMessage;
  }

  /** Sends the transaction and ends it with the no-op control. */
  async tryAll(steps: readonly DirectoryStep[]): Promise<readonly string[]> {
    const { result } = await this.#client.ask(
      await this.#transactionOf(steps),
      [{ oid: Oid.noOp, criticality: true, value: undefined }],
      ResultCode.noOperation,
    );
    // The last line says that nothing was changed.
    return result.diagnosticMessage.split('\n').slice(0, -1);
  }

  /** Sends the changes; returns the request that ends their transaction. */
  async #transactionOf(steps: readonly DirectoryStep[]): Promise<OneAnswered> {
    const id = await this.extended(Oid.startTransaction, undefined);
    const ofTransaction = { oid: Oid.transaction, criticality: true, value: id };
    const sent = Promise.all(
      steps.map(({ change, assertion }) => {
        const asserted = assertion && {
          oid: Oid.assertion,
          criticality: true,
          value: writeAssertion(assertion),
        };
        return this.#change(change, [ofTransaction, ...(asserted === undefined ? [] : [asserted])]);
      }),
    );
    const end = (isCommit: boolean): OneAnswered => ({
      type: 'extendedRequest',
      oid: Oid.endTransaction,
      value: writeEndTransaction({ isCommit, id }),
    });
    try {
      await sent;
    } catch (error) {
      // A server keeps few open transactions. That it may have ended this one is no news.
      await this.#client.ask(end(false)).catch(() => {});
      throw error;
    }
    return end(true);
  }

  /**
   * Calls `heard` after each change of the entry or of one below it. The promise is only ever rejected: with CommandError,
   * when changes are no longer reported.
   */
  watch(base: string, heard: () => void): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    const ended = new CommandError('The server no longer reports changes.', ExitCode.serverDown);
    const request = { ...SEARCH, base, scope: SCOPES.sub, filter: ANY, attributes: [NO_ATTRIBUTES] };
    this.#client.send(request, [persistentSearch({ changesOnly: true })], {
      found: heard,
      answered: ({ result }) => reject(refusalOf(result) ?? ended),
      failed: reject,
    });
    return promise;
  }

  /** An extended operation; resolves to the value of the answer. */
  async extended(oid: string, value: string | undefined): Promise<string> {
    const answer = await this.#client.ask({ type: 'extendedRequest', oid, value });
    return answer.value ?? '';
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** Resolves to the diagnostic message of a success. */
  async #change(change: Change, controls: readonly Control[]): Promise<string> {
    const { result } = await this.#client.ask(requestOf(change), controls);
    return result.diagnosticMessage;
  }
}
