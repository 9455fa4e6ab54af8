// One buffer for all reads in clear: each read goes into it and is handled before the next.
//
// A server of Node.js allocates 64 KiB for every read of an accepted socket. That costs more than the read: 4 of the 11
// microseconds in which a bare loop answers one request. A socket made with `onread` reads into an existing buffer, but
// accepted sockets are made by the server. So another socket takes over the connection of the accepted one, through the one
// undocumented part of Node.js used here: the socket's `_handle`. If that is missing, the socket is used as it is, which is
// slower.

import { Socket } from 'node:net';

const BUFFER_OCTETS = 64 * 1024;
const HANDLE = '_handle';

export class ReadBuffer {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_OCTETS);

  /**
   * Returns a socket with the connection of one just accepted, which has read nothing. The caller must listen for `data` at
   * once, since nothing is kept, and may use the octets until the listener returns.
   */
  adopt(accepted: Socket): Socket {
    const handle: unknown = Reflect.get(accepted, HANDLE);
    if (typeof handle !== 'object' || handle === null) return accepted;
    Reflect.set(accepted, HANDLE, null);
    const buffer = this.#buffer;
    const callback = (octets: number) => {
      socket.emit('data', buffer.subarray(0, octets));
      return true;
    };
    const { allowHalfOpen } = accepted;
    const socket: Socket = Reflect.construct(Socket, [
      { handle, allowHalfOpen, onread: { buffer, callback } },
    ]);
    // The server counts the accepted socket.
    socket.once('close', () => accepted.destroy());
    return socket;
  }
}
