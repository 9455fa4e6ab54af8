// Very many changes for a running server, or very many entries from it: one connection in the project's own codec, which
// is several times as fast as ldapjs. Many changes are under way at a time, and results come in any order, each to who
// waits for it; entries come by pages, so that nobody holds them all.

import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { frameLength } from '../codec/ber-reader.ts';
import { BerWriter } from '../codec/ber-writer.ts';
import { readResponseMessage, writeRequestMessage } from '../codec/message-ber.ts';
import { readPagedResults, writePagedResults } from '../codec/paged-results-control.ts';
import type { Change } from '../ldap/change.ts';
import type { Control } from '../ldap/control.ts';
import { formatRdn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { type LdapResult, type Request, SearchScope } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import { nameOfResultCode, ResultCode } from '../ldap/result-code.ts';
import { CommandError } from './command.ts';
import { connectFailure, connectionLost, silence } from './connect-failure.ts';
import type { ConnectionChoice, Patience } from './connection-options.ts';
import { ExitCode } from './exit-code.ts';

/** Requests under way at a time: more than a server stores with one sync. */
const OUTSTANDING_MAX = 512;
/** Requests are written together up to so many octets. */
const WRITE_OCTETS = 32 * 1024;
const RESPONSE_OCTETS_MAX = 16 * 1024 * 1024;
const LDAP_VERSION = 3;
const PAGE_ENTRIES = 1000;
const SEARCH = {
  type: 'searchRequest',
  scope: SearchScope.wholeSubtree,
  derefAliases: 0,
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
} as const;

type Answered = (result: LdapResult, controls: readonly Control[]) => void;

export class ChangeStream {
  #socket: Socket;
  readonly #writer = new BerWriter();
  readonly #waiting = new Map<number, Answered>();
  /** What the search that is under way has found. */
  #found: Entry[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #lastId = 0;
  #failure: CommandError | undefined;
  readonly #choice: ConnectionChoice;
  #patience: Patience;
  /** Resolved when an answer came, or the connection ended. */
  #moved = Promise.withResolvers<void>();

  /** Connects, secures the connection and logs in; rejects with CommandError. */
  static async open(choice: ConnectionChoice, decided: ConnectionOptions): Promise<ChangeStream> {
    const tls: ConnectionOptions = { ...decided, host: choice.host };
    const stream = new ChangeStream(await connected(choice, tls), choice);
    try {
      if (choice.security === 'start-tls') await stream.#startTls(tls);
      const { login } = choice;
      const authentication =
        login === undefined
          ? ({ type: 'sasl', mechanism: 'EXTERNAL', credentials: undefined } as const)
          : ({ type: 'simple', password: login.password } as const);
      const name = login?.dn ?? '';
      require(await stream.#ask({ type: 'bindRequest', version: LDAP_VERSION, name, authentication }));
      stream.#waitFor(choice.requestPatience);
      return stream;
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  private constructor(socket: Socket, choice: ConnectionChoice) {
    this.#socket = socket;
    this.#choice = choice;
    this.#patience = choice.connectPatience;
    this.#hear();
  }

  /**
   * Sends a change as soon as not too many are under way; `answered` is called when its result is there. Rejects with
   * CommandError when the connection is lost.
   */
  async send(change: Change, controls: readonly Control[], answered: Answered): Promise<void> {
    while (this.#waiting.size >= OUTSTANDING_MAX) await this.#wait();
    if (this.#failure !== undefined) throw this.#failure;
    this.#write(requestOf(change), controls, answered);
    if (this.#writer.length >= WRITE_OCTETS) this.#flush();
  }

  /** Resolves when everything that was sent is answered. */
  async drain(): Promise<void> {
    while (this.#waiting.size > 0) await this.#wait();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The subtree, page by page (RFC 2696). Rejects with CommandError. */
  async *search(
    base: string,
    filter: Filter,
    attributes: readonly string[],
  ): AsyncGenerator<readonly Entry[], void> {
    const request: Request = { ...SEARCH, base, filter, attributes };
    for (let cookie = ''; ; ) {
      const value = writePagedResults({ size: PAGE_ENTRIES, cookie });
      const { result, controls } = await this.#exchange(request, [
        { oid: Oid.pagedResults, criticality: true, value },
      ]);
      require(result);
      const page = this.#found;
      this.#found = [];
      yield page;
      const paged = controls.find(({ oid }) => oid === Oid.pagedResults);
      cookie = paged === undefined ? '' : readPagedResults(paged.value).cookie;
      if (cookie === '') return;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #wait(): Promise<void> {
    this.#flush();
    if (this.#failure !== undefined) throw this.#failure;
    await this.#moved.promise;
    this.#moved = Promise.withResolvers();
  }

  async #ask(request: Request): Promise<LdapResult> {
    return (await this.#exchange(request, [])).result;
  }

  async #exchange(
    request: Request,
    controls: readonly Control[],
  ): Promise<{ readonly result: LdapResult; readonly controls: readonly Control[] }> {
    const answer = Promise.withResolvers<{ result: LdapResult; controls: readonly Control[] }>();
    this.#write(request, controls, (result, others) => answer.resolve({ result, controls: others }));
    await this.drain();
    return answer.promise;
  }

  #write(operation: Request, controls: readonly Control[], answered: Answered): void {
    this.#lastId += 1;
    this.#waiting.set(this.#lastId, answered);
    this.#writer.makeRoom();
    writeRequestMessage(this.#writer, { id: this.#lastId, operation, controls });
  }

  #flush(): void {
    if (this.#writer.length > 0) this.#socket.write(this.#writer.take());
  }

  #hear(): void {
    this.#socket.on('data', (octets: Buffer) => this.#read(octets));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(connectionLost(this.#choice)));
    this.#socket.on('timeout', () => {
      // Nobody need answer who was not asked.
      if (this.#waiting.size > 0) this.#socket.destroy(silence(this.#choice, this.#patience));
    });
    this.#waitFor(this.#patience);
  }

  #waitFor(patience: Patience): void {
    this.#patience = patience;
    this.#socket.setTimeout(patience.ms);
  }

  #read(octets: Buffer): void {
    const bytes = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    let at = 0;
    try {
      for (;;) {
        const length = frameLength(bytes, at, bytes.length, RESPONSE_OCTETS_MAX);
        if (length === 0 || at + length > bytes.length) break;
        const { id, operation, controls } = readResponseMessage(bytes, at, at + length);
        at += length;
        if (operation.type === 'searchResultEntry') this.#found.push(operation.entry);
        if (id === 0 && 'diagnosticMessage' in operation) this.#fail(new Error(operation.diagnosticMessage));
        if (!('code' in operation)) continue;
        this.#waiting.get(id)?.(operation, controls);
        this.#waiting.delete(id);
      }
    } catch (error) {
      this.#fail(error);
      this.#socket.destroy();
    }
    this.#rest = bytes.subarray(at);
    this.#moved.resolve();
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#failure ??= error instanceof CommandError ? error : connectionLost(this.#choice, reason);
    this.#moved.resolve();
  }

  async #startTls(options: ConnectionOptions): Promise<void> {
    require(await this.#ask({ type: 'extendedRequest', oid: Oid.startTls, value: undefined }));
    this.#socket.removeAllListeners();
    const secured = connectTls({ ...options, socket: this.#socket });
    await eventInTime(secured, 'secureConnect', this.#choice);
    this.#socket = secured;
    this.#hear();
  }
}

function requestOf(change: Change): Request {
  switch (change.type) {
    case 'add':
      return { type: 'addRequest', dn: change.entry.dn.toString(), attributes: change.entry.attributes };
    case 'delete':
      return { type: 'deleteRequest', dn: change.dn.toString() };
    case 'modify':
      return { type: 'modifyRequest', dn: change.dn.toString(), modifications: change.modifications };
    case 'modifyDn': {
      const { deleteOldRdn, newSuperior } = change;
      return {
        type: 'modifyDnRequest',
        dn: change.dn.toString(),
        newRdn: formatRdn(change.newRdn),
        deleteOldRdn,
        newSuperior: newSuperior?.toString(),
      };
    }
  }
}

function require({ code, diagnosticMessage }: LdapResult): void {
  if (code === ResultCode.success) return;
  const known = Object.values(ExitCode).find((one) => one === code) ?? ExitCode.other;
  throw new CommandError(diagnosticMessage || nameOfResultCode(code), known);
}

async function connected(choice: ConnectionChoice, tls: ConnectionOptions): Promise<Socket> {
  const { socket: path, host, port, security } = choice;
  const usesTls = security === 'ssl';
  const place = path === undefined ? { host, port } : { path };
  const socket = usesTls ? connectTls({ ...tls, port }) : connectTcp(place);
  await eventInTime(socket, usesTls ? 'secureConnect' : 'connect', choice);
  socket.setNoDelay(true);
  return socket;
}

/** Rejects with CommandError when there is an error instead, or when it takes too long. */
async function eventInTime(socket: Socket, event: string, choice: ConnectionChoice): Promise<void> {
  const { connectPatience } = choice;
  const { ms } = connectPatience;
  const late = silence(choice, connectPatience);
  const timer = ms === 0 ? undefined : setTimeout(() => socket.destroy(late), ms);
  try {
    await once(socket, event);
  } catch (error) {
    socket.destroy();
    throw connectFailure(choice, error);
  } finally {
    clearTimeout(timer);
  }
}
