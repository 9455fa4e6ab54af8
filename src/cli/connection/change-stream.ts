// Very many changes for a running server, or very many entries from it, on one connection. Many changes are under way at a
// time, and results come in any order, each to who waits for it; entries come by pages, so that nobody holds them all.

import type { ConnectionOptions } from 'node:tls';
import { readPagedResults, writePagedResults } from '../../codec/paged-results-control.ts';
import { Reason } from '../../files/program-error.ts';
import type { Change } from '../../ldap/change.ts';
import type { Control } from '../../ldap/control.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type LdapResult, SearchScope } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import { requestOf } from '../../ldap-client/change-request.ts';
import type { OneAnswered } from '../../ldap-client/exchange.ts';
import type { CommandError } from '../command.ts';
import { notUnderstood } from './connect-failure.ts';
import type { ConnectionChoice } from './connection-choice.ts';
import { ServerClient } from './server-client.ts';

/** Requests under way at a time: more than a server stores with one sync. */
const OUTSTANDING_MAX = 512;
const PAGE_ENTRIES = 1000;
/** Pages without an entry, one after the other: a server that gives more of them gives them for ever. */
const EMPTY_PAGES_MAX = 100;
const SEARCH = {
  type: 'searchRequest',
  scope: SearchScope.wholeSubtree,
  derefAliases: 0,
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
} as const;

/** A control of a search, and what receives the value of the control that answers it. */
export interface AskedControl {
  readonly control: Control;
  readonly answered: (value: string | undefined) => void;
}

export class ChangeStream {
  readonly #client: ServerClient;
  readonly #choice: ConnectionChoice;
  #failure: CommandError | undefined;
  /** Resolved when an answer came, or the connection ended. */
  #moved = Promise.withResolvers<void>();

  /** Connects, secures the connection and logs in; rejects with CommandError. */
  static async open(choice: ConnectionChoice, tls: ConnectionOptions): Promise<ChangeStream> {
    return new ChangeStream(await ServerClient.open(choice, tls), choice);
  }

  private constructor(client: ServerClient, choice: ConnectionChoice) {
    this.#client = client;
    this.#choice = choice;
  }

  /**
   * Sends a change as soon as not too many are under way; `answered` is called when its result is there. Rejects with
   * CommandError when the connection is lost.
   */
  async send(
    change: Change,
    controls: readonly Control[],
    answered: (result: LdapResult) => void,
  ): Promise<void> {
    while (this.#client.waitingCount >= OUTSTANDING_MAX) await this.#wait();
    if (this.#failure !== undefined) throw this.#failure;
    this.#client.send(requestOf(change), controls, {
      answered: ({ result }) => {
        answered(result);
        this.#moved.resolve();
      },
      failed: (error) => {
        this.#failure ??= error;
        this.#moved.resolve();
      },
    });
  }

  /** Resolves when everything that was sent is answered. Rejects with CommandError when the connection is lost. */
  async drain(): Promise<void> {
    while (this.#client.waitingCount > 0) await this.#wait();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * The subtree, page by page (RFC 2696). Rejects with CommandError.
   * @param more A control besides that for pages, and what receives its answer.
   */
  async *search(
    base: string,
    filter: Filter,
    attributes: readonly string[],
    more?: AskedControl,
  ): AsyncGenerator<readonly Entry[], void> {
    const request: OneAnswered = { ...SEARCH, base, filter, attributes };
    let emptyPages = 0;
    for (let cookie = ''; ; ) {
      const value = writePagedResults({ size: PAGE_ENTRIES, cookie });
      const { entries, controls } = await this.#client.ask(request, [
        { oid: Oid.pagedResults, criticality: true, value },
        ...(more === undefined ? [] : [more.control]),
      ]);
      more?.answered(controls.find(({ oid }) => oid === more.control.oid)?.value);
      yield entries;
      cookie = this.#cookieOf(controls);
      if (cookie === '') return;
      emptyPages = entries.length === 0 ? emptyPages + 1 : 0;
      if (emptyPages > EMPTY_PAGES_MAX) {
        throw notUnderstood(this.#choice, new Reason(`it gives more than ${EMPTY_PAGES_MAX} empty pages`));
      }
    }
  }

  close(): void {
    this.#client.close();
  }

  async #wait(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#moved.promise;
    this.#moved = Promise.withResolvers();
  }

  #cookieOf(controls: readonly Control[]): string {
    const paged = controls.find(({ oid }) => oid === Oid.pagedResults);
    try {
      return paged === undefined ? '' : readPagedResults(paged.value).cookie;
    } catch (error) {
      if (error instanceof LdapError) throw notUnderstood(this.#choice, error);
      throw error;
    }
  }
}
