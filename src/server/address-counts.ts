// How many connections each address has open, so that one client cannot take the places of all others. Behind the
// machine's own addresses there may be a proxy with many clients: they are not counted.

import type { Socket } from 'node:net';
import { isLoopback } from './connection-security.ts';

export class AddressCounts {
  readonly #counts = new Map<string, number>();

  /** Counts a connection until its end; false, and not counted, when its address has as many as it may. */
  admit(socket: Socket, connectionsMax: number): boolean {
    const address = socket.remoteAddress ?? '';
    if (isLoopback(address)) return true;
    const count = this.#counts.get(address) ?? 0;
    if (count >= connectionsMax) return false;
    this.#counts.set(address, count + 1);
    socket.once('close', () => this.#left(address));
    return true;
  }

  #left(address: string): void {
    const count = this.#counts.get(address) ?? 0;
    if (count > 1) this.#counts.set(address, count - 1);
    else this.#counts.delete(address);
  }
}
