// What is counted for a connection handler since it was enabled. Counting is all that requests pay for: what is made
// of the numbers is made when somebody asks.

import type { Socket } from 'node:net';
import { type Request, SearchScope } from '../ldap/message.ts';
import type { ResultCode } from '../ldap/result-code.ts';
import type { IncomingMessage } from './client-connection.ts';

export type RequestKind =
  | Exclude<Request['type'], 'searchRequest'>
  | 'baseSearch'
  | 'oneSearch'
  | 'subSearch'
  | 'invalid';

export class HandlerFigures {
  connections = 0;
  /** Searches that go on until they are ended. */
  watches = 0;
  readonly requests: Record<RequestKind, number> = {
    abandonRequest: 0,
    addRequest: 0,
    bindRequest: 0,
    compareRequest: 0,
    deleteRequest: 0,
    extendedRequest: 0,
    modifyRequest: 0,
    modifyDnRequest: 0,
    unbindRequest: 0,
    baseSearch: 0,
    oneSearch: 0,
    subSearch: 0,
    invalid: 0,
  };
  readonly results = new Map<ResultCode, number>();
  readonly #sockets = new Set<Socket>();
  #octetsRead = 0;
  #octetsWritten = 0;

  /** Takes the socket below TLS: what is counted is what the network carries. */
  opened(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#octetsRead += socket.bytesRead;
      this.#octetsWritten += socket.bytesWritten;
    });
  }

  received(request: IncomingMessage['operation']): void {
    this.requests[kindOf(request)] += 1;
  }

  answered(code: ResultCode): void {
    this.results.set(code, (this.results.get(code) ?? 0) + 1);
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  get octets(): { readonly read: number; readonly written: number } {
    let read = this.#octetsRead;
    let written = this.#octetsWritten;
    for (const socket of this.#sockets) {
      read += socket.bytesRead;
      written += socket.bytesWritten;
    }
    return { read, written };
  }
}

function kindOf(request: IncomingMessage['operation']): RequestKind {
  if (request.type === 'invalidRequest') return 'invalid';
  if (request.type !== 'searchRequest') return request.type;
  if (request.scope === SearchScope.baseObject) return 'baseSearch';
  return request.scope === SearchScope.singleLevel ? 'oneSearch' : 'subSearch';
}
