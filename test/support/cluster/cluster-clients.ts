// Clients of a cluster that change, read and watch mail servers while it is being broken, and take down what they see. They reach
// each server by its socket file, and come again as often as they lose it.

import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { octetsFromText, textFromOctets } from '../../../src/ldap/octets.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { Random } from '../../fuzz/random.ts';
import {
  addRequest,
  bindRequest,
  changeKinds,
  control,
  deleteRequest,
  message,
  modifyRequest,
  scopes,
  searchRequest,
} from '../ber-bytes.ts';
import type { FoundEntry, ServerMessage } from '../ber-element.ts';
import { readSyncInfo, readSyncState, writeSyncRequest } from '../control-values.ts';
import { type Answer, RawClient } from '../raw-client.ts';
import { ADMINISTRATOR } from '../server-process.ts';
import { passes } from '../until.ts';
import type { Change, WatchItem } from './history.ts';
import type { Recorder } from './recorder.ts';

export const CONTAINER = 'cn=Mail Servers,cn=config';
const HOST = 'ds-cfg-smtp-server';
/** Mail servers that all writers change. */
const SHARED = ['Shared 1', 'Shared 2', 'Shared 3'];
/** Mail servers that a writer keeps, at most. */
const OWN_MAX = 3;
const CHANGES_AT_ONE_SERVER = 8;
const PAUSE_MS = { writer: 200, refused: 250, reader: 120, away: 200 };
const STAY_MS = { least: 500, most: 4000 };
const SUCCESS = 0;
const NO_SUCH_OBJECT = 32;

export interface ClusterClientsOptions {
  /** Folders of the servers. */
  readonly folders: readonly string[];
  readonly password: string;
  readonly recorder: Recorder;
  readonly seed: number;
}

export class ClusterClients {
  readonly #options: ClusterClientsOptions;
  #isWriting = true;
  #isLooking = true;
  /** Number that watchers must have seen before they end. */
  #last = Number.POSITIVE_INFINITY;
  /** Names that readers look at: those of the last attempts. */
  readonly #recent: string[] = [...SHARED];

  constructor(options: ClusterClientsOptions) {
    this.#options = options;
  }

  /** Adds the mail servers that all writers change. */
  async begin(): Promise<void> {
    const client = await this.#connect(0);
    for (const name of SHARED) await this.#change(client, 0, { type: 'add', name, host: hostOf(name, 0) });
    client.close();
  }

  /** Changes mail servers until `stopWriting`. */
  async write(writer: number): Promise<void> {
    const random = new Random(this.#options.seed * 1000 + writer);
    const own: string[] = [];
    for (let round = 0; this.#isWriting; round++) {
      const server = (writer + round) % this.#options.folders.length;
      await this.#visit(server, async (client) => {
        for (let count = 0; count < CHANGES_AT_ONE_SERVER && this.#isWriting; count++) {
          const id = `${writer}-${round}-${count}`;
          const change = await this.#nextChange(client, { id, random, own });
          const isMade = await this.#change(client, server, change);
          if (isMade && change.type === 'add') own.push(change.name);
          await passes(isMade ? PAUSE_MS.writer : PAUSE_MS.refused);
        }
      });
    }
  }

  /** Reads at one server until `stopLooking`. */
  async read(server: number): Promise<void> {
    const random = new Random(this.#options.seed * 1000 + 500 + server);
    while (this.#isLooking)
      await this.#visit(server, async (client) => {
        while (this.#isLooking) {
          const name = random.pick(this.#recent);
          const invoked = this.#options.recorder.now();
          const first = await numberAt(client);
          const host = await hostAt(client, name);
          const last = await numberAt(client);
          const answered = this.#options.recorder.now();
          this.#options.recorder.read({ server, invoked, answered, first, last, name, host });
          await passes(PAUSE_MS.reader);
        }
      });
  }

  /** Watches at one server after the other, with its cookie, until it has seen the change that `stopLooking` names. */
  async watch(watcher: number): Promise<void> {
    const random = new Random(this.#options.seed * 1000 + 700 + watcher);
    let cookie: string | undefined;
    while ((numberIn(cookie) ?? 0) < this.#last) {
      const server = random.below(this.#options.folders.length);
      const stay = passes(STAY_MS.least + random.below(STAY_MS.most - STAY_MS.least)).then(() => undefined);
      await this.#visit(server, async (client) => {
        cookie = await this.#watchAt(client, { watcher, server, cookie, stay });
      });
    }
  }

  stopWriting(): void {
    this.#isWriting = false;
  }

  /** Ends readers, and watchers when they have seen this change. */
  stopLooking(last: number): void {
    this.#isLooking = false;
    this.#last = last;
  }

  /** Makes one change at a server. Returns true if it was acknowledged, and false if it was refused. Rejects if the server is lost. */
  async #change(client: RawClient, server: number, change: Change): Promise<boolean> {
    const note = this.#options.recorder.ask(server, change);
    this.#recent.push(change.name);
    if (this.#recent.length > 64) this.#recent.splice(SHARED.length, 1);
    let answer: Answer;
    try {
      answer = await client.request(requestOf(change));
    } catch (error) {
      note(undefined);
      throw error;
    }
    const { code, text } = answer;
    const isUnknown = text.startsWith('It is not known');
    note({ outcome: code === SUCCESS ? 'ok' : isUnknown ? 'unknown' : 'refused', code, text });
    return code === SUCCESS;
  }

  /** Draws a change. The names of a writer are its own, and used once: what became of one may not be known. */
  async #nextChange(
    client: RawClient,
    { id, random, own }: { readonly id: string; readonly random: Random; readonly own: string[] },
  ): Promise<Change> {
    const kind = random.below(10);
    if (kind < 3) {
      const name = random.pick(SHARED);
      return { type: 'modify', name, host: hostOf(id, 1), expected: (await hostAt(client, name)) ?? '' };
    }
    if (own.length >= OWN_MAX) return { type: 'delete', name: own.shift() ?? '', host: '' };
    if (kind < 6 && own.length > 0) return { type: 'modify', name: own.pop() ?? '', host: hostOf(id, 2) };
    return { type: 'add', name: `Own ${id}`, host: hostOf(id, 3) };
  }

  /** Has a watch until the stay is over or the connection is lost. Resolves to the last cookie. */
  async #watchAt(
    client: RawClient,
    {
      watcher,
      server,
      cookie: known,
      stay,
    }: {
      readonly watcher: number;
      readonly server: number;
      readonly cookie: string | undefined;
      readonly stay: Promise<undefined>;
    },
  ): Promise<string | undefined> {
    const value = writeSyncRequest({ mode: 'refreshAndPersist', cookie: known, reloadHint: false });
    const request = searchRequest(CONTAINER, { scope: scopes.one, attributes: [HOST] });
    const items = this.#options.recorder.watch({ watcher, server, from: numberIn(known) });
    client.send(message(client.nextId(), request, [control(Oid.syncRequest, true, octetsFromText(value))]));
    let cookie = known;
    let isRefreshed = false;
    for (;;) {
      const one = await Promise.race([client.next().catch(() => undefined), stay]);
      if (one === undefined) return cookie;
      const { item, cookie: next } = watchItemOf(one);
      // Before the end of the refresh stage a cookie is not worth keeping: the rest of the entries would be missing.
      items.push(item);
      isRefreshed ||= item.kind === 'refreshed';
      if (item.kind === 'ended') return item.code === SUCCESS ? cookie : restartOf(item.code, cookie);
      if (isRefreshed) cookie = next ?? cookie;
    }
  }

  /** Does something at a server, if it is there and as long as it is there. */
  async #visit(server: number, work: (client: RawClient) => Promise<void>): Promise<void> {
    let client: RawClient | undefined;
    try {
      client = await this.#connect(server);
      await work(client);
    } catch (error) {
      if (client !== undefined && !client.isClosed) throw error;
      await passes(PAUSE_MS.away);
    } finally {
      client?.close();
    }
  }

  async #connect(server: number): Promise<RawClient> {
    const socket = connect({ path: join(this.#options.folders[server] ?? '', 'ldapi') });
    await once(socket, 'connect');
    const client = RawClient.over(socket);
    const { code, text } = await client.request(bindRequest(ADMINISTRATOR, this.#options.password));
    if (code !== SUCCESS) {
      client.close();
      throw new Error(`The login at server ${server} was answered with ${code}: ${text}`);
    }
    return client;
  }
}

/** A cookie that says nothing to a server is dropped (RFC 4533 §3.2). */
function restartOf(code: number, cookie: string | undefined): string | undefined {
  return code === 4096 ? undefined : cookie;
}

function requestOf({ type, name, host, expected }: Change): Buffer {
  const dn = `cn=${name},${CONTAINER}`;
  if (type === 'delete') return deleteRequest(dn);
  if (type === 'add')
    return addRequest(dn, [
      ['objectClass', ['ds-cfg-mail-server']],
      ['ds-cfg-enabled', ['false']],
      [HOST, [host]],
    ]);
  if (expected === undefined) return modifyRequest(dn, [[changeKinds.replace, HOST, [host]]]);
  return modifyRequest(dn, [
    [changeKinds.delete, HOST, [expected]],
    [changeKinds.add, HOST, [host]],
  ]);
}

function hostOf(id: string, count: number): string {
  return `h-${id.replaceAll(' ', '-').toLowerCase()}-${count}.example`;
}

/** Returns the number of the last change that a server shows. */
export async function numberAt(client: RawClient): Promise<number> {
  const asked = { scope: scopes.base, attributes: ['lastChangeNumber'] };
  const { code, text, entries } = await client.request(searchRequest('', asked));
  const number = Number(entries[0]?.attributes.lastChangeNumber?.[0]);
  if (!Number.isSafeInteger(number)) throw new Error(`A server has no last change number (${code}): ${text}`);
  return number;
}

async function hostAt(client: RawClient, name: string): Promise<string | undefined> {
  const asked = { scope: scopes.base, attributes: [HOST] };
  const { code, text, entries } = await client.request(searchRequest(`cn=${name},${CONTAINER}`, asked));
  if (code === NO_SUCH_OBJECT) return undefined;
  if (code !== SUCCESS) throw new Error(`${name} could not be read (${code}): ${text}`);
  return hostIn(entries[0]);
}

function hostIn(entry: FoundEntry | undefined): string {
  return entry?.attributes[HOST]?.[0] ?? '';
}

/** Returns the number in a cookie of confdit; undefined without one. */
function numberIn(cookie: string | undefined): number | undefined {
  return cookie === undefined ? undefined : Number(cookie.split(',')[1]);
}

function watchItemOf(one: ServerMessage): { readonly item: WatchItem; readonly cookie: string | undefined } {
  const { entry, code, text, octets, controls } = one;
  if (entry !== undefined) {
    const { state, cookie } = readSyncState(textFromOctets(controls.get(Oid.syncState) ?? Buffer.alloc(0)));
    const name = /^cn=([^,]*)/.exec(entry.dn)?.[1] ?? entry.dn;
    return { item: { kind: 'entry', state, name, host: hostIn(entry), number: numberIn(cookie) }, cookie };
  }
  if (octets !== undefined) {
    const info = readSyncInfo(textFromOctets(octets));
    const { cookie, type } = info;
    return {
      item: { kind: 'refreshed', isWhole: type === 'refreshPresent', number: numberIn(cookie) },
      cookie,
    };
  }
  return { item: { kind: 'ended', code, text }, cookie: undefined };
}
