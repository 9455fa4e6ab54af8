// A connected socket to a directory server, encrypted if requested, within a time limit. A socket that is not returned is
// destroyed, and every socket has an error listener.

import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { Reason } from '../files/program-error.ts';
import { Deadline, livingTimer } from '../time/deadline.ts';
import { LdapClientError } from './client-error.ts';

/** A socket file of this machine, or a host and its port. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** Connects. Rejects with LdapClientError (`unreachable`, `silent`). @param timeoutMs 0 for no limit. */
export async function connectSocket(place: SocketAddress, timeoutMs: number): Promise<Socket> {
  const socket = connectTcp({ ...place });
  await eventInTime(socket, 'connect', timeoutMs);
  socket.setNoDelay(true);
  return socket;
}

/** Starts TLS. Rejects with LdapClientError (`unreachable`, `silent`). */
export async function secureSocket(
  socket: Socket,
  place: SocketAddress,
  tls: ConnectionOptions,
  timeoutMs: number,
): Promise<TLSSocket> {
  const host = 'host' in place ? place.host : 'localhost';
  const name = isIP(host) === 0 ? { servername: host } : {};
  const secured = connectTls({ ...name, ...tls, host, socket });
  try {
    await eventInTime(secured, 'secureConnect', timeoutMs);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return secured;
}

/** Resolves on the event; rejects if an error, the end or the timeout comes first. */
function eventInTime(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = new LdapClientError('silent', `it has not answered for ${timeoutMs} ms`);
  const deadline = new Deadline(timeoutMs, () => fail(late), livingTimer);
  if (timeoutMs !== 0) deadline.begin();
  const ended = () => fail(new Reason('it ends the connection before TLS is made'));
  function fail(error: Error): void {
    deadline.close();
    socket.destroy();
    const isOurs = error instanceof LdapClientError;
    reject(isOurs ? error : new LdapClientError('unreachable', error.message, { cause: error }));
  }
  // The listener is kept: an unhandled error of a socket would end the process.
  socket.on('error', fail);
  socket.once('close', ended);
  socket.once(event, () => {
    deadline.close();
    socket.removeListener('close', ended);
    resolve();
  });
  return promise;
}
