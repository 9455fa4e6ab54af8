/**
 * A client that follows one mail server by content synchronization (RFC 4533, refreshAndPersist) and keeps its cookie, so that it
 * can go on at another server. confdit and slapd speak it alike.
 */
import { connect, type Socket } from 'node:net';
import type { ResponseMessage } from '../../src/ldap/message.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { AnswerFrames } from '../../src/ldap-client/answer-frames.ts';
import { bindRequest, control, message, searchRequest } from '../../test/support/ber-bytes.ts';
import { readSyncInfo, readSyncState, writeSyncRequest } from '../../test/support/control-values.ts';
import type { RunningServer } from '../servers/server.ts';

const ANSWER_OCTETS_MAX = 1024 * 1024;
const BIND_ID = 1;
const SEARCH_ID = 2;
const SYNC_REFRESH_REQUIRED = 4096;

export interface WatcherEvents {
  /** The entry came, with this value of the property that modifies write. */
  readonly seen: (value: string) => void;
  /** The server has ended the connection, or the search. */
  readonly lost: (reason: string) => void;
}

export class Watcher {
  /** Resolves when the server has sent what was before, and tells of changes from now on. */
  readonly watching: Promise<void>;
  readonly #socket: Socket;
  readonly #watching = Promise.withResolvers<void>();
  readonly #events: WatcherEvents;
  /** What another server is to go on from. */
  cookie: string | undefined;

  /** Connects, binds and searches. @param cookie of an earlier watcher; undefined for all there is */
  constructor(
    { port, target }: RunningServer,
    dn: string,
    cookie: string | undefined,
    events: WatcherEvents,
  ) {
    this.cookie = cookie;
    this.#events = events;
    this.watching = this.#watching.promise;
    this.watching.catch(() => undefined);
    const frames = new AnswerFrames(ANSWER_OCTETS_MAX);
    const value = octetsFromText(writeSyncRequest({ mode: 'refreshAndPersist', cookie, reloadHint: false }));
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.write(message(BIND_ID, bindRequest(target.bindDn, target.password)));
    this.#socket.write(message(SEARCH_ID, searchRequest(dn), [control(Oid.syncRequest, true, value)]));
    this.#socket.on('data', (piece: Buffer) => {
      for (const answer of frames.take(piece)) this.#take(answer.message);
    });
    this.#socket.once('error', ({ message: reason }) => this.#end(reason));
    this.#socket.once('close', () => this.#end('the server closed the connection'));
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #take({ operation, controls }: ResponseMessage): void {
    switch (operation.type) {
      case 'searchResultEntry': {
        const state = controls.find(({ oid }) => oid === Oid.syncState);
        if (state !== undefined) this.cookie = readSyncState(state.value).cookie ?? this.cookie;
        const property = operation.entry.attributes.find(({ key }) => key === 'ds-cfg-smtp-property');
        this.#events.seen(property?.values[0] ?? '');
        return;
      }
      case 'intermediateResponse': {
        const info = readSyncInfo(operation.value);
        this.cookie = info.cookie ?? this.cookie;
        const isRefresh = info.type === 'refreshDelete' || info.type === 'refreshPresent';
        if (isRefresh && info.refreshDone) this.#watching.resolve();
        return;
      }
      case 'bindResponse':
        if (operation.code !== 0) this.#end(`the login was refused with ${operation.code}`);
        return;
      case 'searchResultDone':
        // The server asks to begin anew (RFC 4533 §2.6).
        if (operation.code === SYNC_REFRESH_REQUIRED) this.cookie = undefined;
        this.#end(`the search ended with ${operation.code}: ${operation.diagnosticMessage}`);
    }
  }

  #end(reason: string): void {
    this.close();
    this.#watching.reject(new Error(reason));
    this.#events.lost(reason);
  }
}
