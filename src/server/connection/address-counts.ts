// Counts the open connections of each address, so that one client cannot take all places. An IPv6 client has a whole /64, so
// its network is counted. Connections from the machine's own addresses are not counted: a proxy with many clients may be
// there.

import type { Socket } from 'node:net';
import { isLoopback } from '../../operations/connection-security.ts';
import { networkOf } from '../../operations/login/login-source.ts';

export class AddressCounts {
  readonly #counts = new Map<string, number>();

  /** Counts a connection until its end. Returns false, without counting, if its network already has the maximum. */
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
