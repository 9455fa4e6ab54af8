// Content synchronization (RFC 4533): a client learns the result of a search and, whenever it comes again, what has
// become of it. A cookie is the number of a commit. While the changes since then are remembered the client is told of
// those (delete phase); when they are not, it is told of all there is and forgets the rest (present phase). With
// refreshAndPersist it then hears of every change, each once and in order.

import type { Backend, ChangeEvent, Search, Watching } from '../../backend/backend.ts';
import {
  type SyncEntryState,
  type SyncInfo,
  type SyncRequest,
  writeSyncDone,
  writeSyncInfo,
  writeSyncState,
} from '../../codec/sync-control.ts';
import type { Control } from '../../ldap/control.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { SearchRequest } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { requireRead } from '../access.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { Operation } from '../operation.ts';
import { EntrySender, type EntrySink } from './entry-sender.ts';
import { EventQueue } from './event-queue.ts';
import { requireBase } from './persistent-search.ts';
import { SyncCookies } from './sync-cookie.ts';

/** Deleted entries that one message tells of. */
const IDS_PER_MESSAGE = 256;
/** More changes than these are not told one by one. */
const MISSED_EVENTS_MAX = 2048;
const ID_KEY = 'entryuuid';

/** Runs a content synchronization (RFC 4533 §3). Resolves to the answer that ends it. Rejects with LdapError. */
export async function contentSync(
  request: SearchRequest,
  query: Search,
  backend: Backend,
  operation: Operation,
  asked: SyncRequest,
): Promise<Answer> {
  operation.becomeWatch();
  const sync = new ContentSync(request, query, backend, operation, asked);
  const ahead = sync.numberAhead;
  if (ahead === undefined) return sync.run();
  // The client comes from a server that knew more. It goes on here as soon as this one knows as much.
  await sync.reach(ahead);
  return new ContentSync(request, query, backend, operation, asked).run();
}

class ContentSync {
  readonly #request: SearchRequest;
  readonly #query: Search;
  readonly #backend: Backend;
  readonly #operation: Operation;
  readonly #asked: SyncRequest;
  readonly #queue: EventQueue;
  readonly #watching: Watching;
  readonly #cookies: SyncCookies;
  /** Of the rights at the beginning, by which the refresh stage shows the result. */
  readonly #rightsId: string;

  constructor(
    request: SearchRequest,
    query: Search,
    backend: Backend,
    operation: Operation,
    asked: SyncRequest,
  ) {
    this.#request = request;
    this.#query = query;
    this.#backend = backend;
    this.#operation = operation;
    this.#asked = asked;
    this.#queue = new EventQueue({ operation, send: (events) => this.#sendCommit(events) });
    this.#watching = backend.watch(query, this.#queue);
    this.#cookies = new SyncCookies(this.#watching, query);
    this.#rightsId = this.#watching.rightsId;
  }

  /** The number in the cookie, if it is of this search and higher than that of the last commit here. */
  get numberAhead(): number | undefined {
    const { cookie = '' } = this.#asked;
    const number = this.#cookies.parse(cookie, this.#rightsId)?.number;
    return number !== undefined && number > this.#watching.number ? number : undefined;
  }

  /** Ends this watch, and resolves when another one may begin at the commit, or there is no such commit. */
  reach(number: number): Promise<void> {
    this.#watching.stop();
    return this.#watching.reach(number);
  }

  async run(): Promise<Answer> {
    try {
      requireBase(this.#query, this.#backend);
      const { cookie } = this.#asked;
      const known = cookie === undefined || cookie === '' ? undefined : this.#numberIn(cookie);
      const missed = known === undefined ? undefined : this.#missedSince(known);
      if (known !== undefined && missed !== undefined) return await this.#bringUpToDate(known, missed);
      return await this.#sendEverything(cookie === undefined || cookie === '');
    } finally {
      this.#watching.stop();
    }
  }

  /**
   * Returns the number in a cookie. Undefined if everything is to be sent, so that the client forgets what it may not read any
   * more. Throws syncRefreshRequired for a cookie that says nothing here, unless the client would begin again (§3.2).
   */
  #numberIn(cookie: string): number | undefined {
    const known = this.#cookies.parse(cookie, this.#rightsId);
    if (known !== undefined && known.number <= this.#watching.number)
      return known.isOfRights ? known.number : undefined;
    if (this.#asked.reloadHint) return undefined;
    throw new LdapError(
      'syncRefreshRequired',
      'The cookie is of another search or of entries that are not here any more. Start over without a cookie.',
    );
  }

  /** Undefined when they are not remembered, or so many that all there is is told as quickly. */
  #missedSince(number: number): readonly (readonly ChangeEvent[])[] | undefined {
    const remembered = this.#watching.eventsSince(number);
    if (remembered === undefined) return undefined;
    const missed = [...remembered];
    return missed.flat().length > MISSED_EVENTS_MAX ? undefined : missed;
  }

  /** All that is found. A client that knew something forgets what is not mentioned. */
  async #sendEverything(isFirst: boolean): Promise<Answer> {
    const { number } = this.#watching;
    const limits = {
      entriesMax: this.#request.sizeLimit === 0 ? Number.POSITIVE_INFINITY : this.#request.sizeLimit,
      endsAt: Number.POSITIVE_INFINITY,
      pageSize: Number.POSITIVE_INFINITY,
    };
    const entries = this.#backend.search({ ...this.#query, selectors: this.#selectorsWithId() });
    const sender = new EntrySender(entries[Symbol.iterator](), this.#sink(), limits);
    const answer = await sender.start();
    if (answer.code !== ResultCode.success) return answer;
    return this.#refreshed(number, isFirst, answer);
  }

  /** Sends the changes since the client was here last. */
  async #bringUpToDate(known: number, missed: readonly (readonly ChangeEvent[])[]): Promise<Answer> {
    if (this.#asked.mode === 'refreshOnly') {
      await this.#sendChanged(missed.flat());
      return this.#refreshed(this.#watching.number, true, SUCCESS);
    }
    // The result as it was then is complete; all that came after it is told as if the client had been here.
    for (const events of missed) this.#queue.changed(events);
    return this.#refreshed(known, true, SUCCESS);
  }

  /** The end of the refresh stage: the end of all, or the beginning of the persist stage. */
  async #refreshed(number: number, refreshDeletes: boolean, answer: Answer): Promise<Answer> {
    const cookie = this.#cookies.format(number, this.#rightsId);
    if (this.#asked.mode === 'refreshOnly') {
      this.#operation.addFinalControl(Oid.syncDone, writeSyncDone({ cookie, refreshDeletes }));
      return answer;
    }
    this.#sendInfo({ type: refreshDeletes ? 'refreshDelete' : 'refreshPresent', cookie, refreshDone: true });
    return this.#queue.run();
  }

  /** The entries as they are now, each once, as fast as the client takes them; then those that are gone. */
  async #sendChanged(events: readonly ChangeEvent[]): Promise<void> {
    const { connection } = this.#operation;
    const first = new Map<string, ChangeEvent>();
    const last = new Map<string, ChangeEvent>();
    for (const event of events) {
      if (!first.has(event.id)) first.set(event.id, event);
      last.delete(event.id);
      last.set(event.id, event);
    }
    const gone: string[] = [];
    for (const [id, { after }] of last) {
      while (connection.congestion !== undefined) await connection.congestion;
      if (this.#operation.isAbandoned) return;
      const wasKnown = first.get(id)?.before !== undefined;
      if (after !== undefined) this.#sendEntry(after, { state: wasKnown ? 'modify' : 'add', id });
      else if (wasKnown) gone.push(id);
    }
    for (let start = 0; start < gone.length; start += IDS_PER_MESSAGE) {
      const ids = gone.slice(start, start + IDS_PER_MESSAGE);
      this.#sendInfo({ type: 'idSet', cookie: undefined, refreshDeletes: true, ids });
    }
  }

  /** The events of one commit; the cookie comes with the last, so that a broken connection loses none of them. */
  #sendCommit(events: readonly ChangeEvent[]): void {
    requireRead(this.#backend, this.#query.requester);
    for (const [index, { before, after, id, number, rightsId }] of events.entries()) {
      const cookie = index === events.length - 1 ? this.#cookies.format(number, rightsId) : undefined;
      const entry = after ?? before?.withAttributes([]);
      const state = after === undefined ? 'delete' : before === undefined ? 'add' : 'modify';
      if (entry !== undefined) this.#sendEntry(entry, { state, id, cookie });
    }
  }

  #sendEntry(
    entry: Entry,
    { state, id, cookie }: Pick<SyncEntryState, 'state' | 'id'> & { cookie?: string | undefined },
  ): void {
    const shown = this.#request.typesOnly ? entry.withoutValues() : entry;
    const value = writeSyncState({ state, id, cookie });
    const controls: readonly Control[] = [{ oid: Oid.syncState, criticality: false, value }];
    this.#operation.send({ type: 'searchResultEntry', entry: shown }, controls);
  }

  #sendInfo(info: SyncInfo): void {
    this.#operation.send({ type: 'intermediateResponse', oid: Oid.syncInfo, value: writeSyncInfo(info) });
  }

  /** Where the sender of entries sends them: each gets its state on the way. */
  #sink(): EntrySink {
    const operation = this.#operation;
    const isIdWanted = this.#isIdWanted();
    return {
      connection: operation.connection,
      get isAbandoned() {
        return operation.isAbandoned;
      },
      send: (response) => {
        if (response.type !== 'searchResultEntry') return operation.send(response);
        const { entry } = response;
        this.#sendEntry(isIdWanted ? entry : withoutId(entry), {
          state: 'add',
          id: entry.first(ID_KEY) ?? '',
        });
      },
    };
  }

  #isIdWanted(): boolean {
    return this.#query.selectors.some((selector) => selector === '+' || selector.toLowerCase() === ID_KEY);
  }

  #selectorsWithId(): readonly string[] {
    const { selectors } = this.#query;
    if (this.#isIdWanted()) return selectors;
    return selectors.length === 0 ? ['*', ID_KEY] : [...selectors, ID_KEY];
  }
}

function withoutId(entry: Entry): Entry {
  return entry.withAttributes(entry.attributes.filter(({ key }) => key !== ID_KEY));
}
