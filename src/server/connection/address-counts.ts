// Counts the open connections of each address, so that one client cannot take the places of all others. An IPv6 client
// has a whole /64 to come from, so its network is counted. Behind the machine's own addresses there may be a proxy with
// many clients: they are not counted.

import type { Socket } from 'node:net';
import { isLoopback } from '../../operations/connection-security.ts';
import { networkOf } from '../../operations/login/login-source.ts';

export class AddressCounts {
  readonly #counts = new Map<string, number>();

  /** Counts a connection until its end. Returns false, and does not count, when its network has as many as it may. */
  admit(socket: Pick<Socket, 'remoteAddress' | 'once'>, connectionsMax: number): boolean {
    const { remoteAddress = '' } = socket;
    if (isLoopback(remoteAddress)) return true;
    const address = networkOf(remoteAddress);
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
