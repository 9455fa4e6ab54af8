// Limits how long a connection may be idle.

import type { Socket } from 'node:net';

/** Calls back if nothing was sent or received for a time, in ms. What came while this process did not run is taken first. */
export function limitIdleTime(socket: Socket, ms: number, idle: () => void): void {
  socket.setTimeout(ms, () => {
    const octets = socket.bytesRead;
    setImmediate(() => {
      if (socket.bytesRead === octets) idle();
    });
  });
}
