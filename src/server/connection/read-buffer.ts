// One buffer for what all clients send in clear text: each read goes into it, and is looked at before the next.
//
// A server of Node.js has a block of 64 KiB made for every read of a socket that it has accepted. That costs more than
// reading does: 4 of the 11 microseconds in which a bare loop answers one request. A socket that is made with `onread`
// reads into a buffer that is there; but only who makes a socket can say so, and accepted ones are made by the server.
// So another socket takes over the connection of the accepted one, by the one thing of Node.js that has no
// documentation here: a socket's `_handle`. Where that is missing the socket stays as it is, and is slower.

import { Socket } from 'node:net';

const BUFFER_OCTETS = 64 * 1024;
const HANDLE = '_handle';

export class ReadBuffer {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_OCTETS);

  /**
   * A socket with the connection of one that was accepted just now and has read nothing. Whoever takes it must listen to
   * its `data` events at once, for nothing is kept, and has their octets until the listener returns.
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
    // The server counts the one that it knows.
    socket.once('close', () => accepted.destroy());
    return socket;
  }
}
