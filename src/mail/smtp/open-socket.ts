// Opens the connection for SMTP: directly to the mail server, or through an HTTP proxy.

import { connect, type Socket } from 'node:net';
import httpProxyClient from 'nodemailer/lib/smtp-connection/http-proxy-client';
import { CodedError } from '../../files/program-error.ts';
import { Deadline, livingTimer } from '../../time/deadline.ts';
import type { ConnectionPlan } from '../connection-plan.ts';
import type { NameLookups } from '../name-lookups.ts';

/**
 * Resolves when connected, before TLS. Rejects with the error of the system or the proxy.
 *
 * @param signal Destroys the socket, also later.
 */
export async function openSocket(
  plan: ConnectionPlan,
  lookups: NameLookups,
  signal?: AbortSignal,
): Promise<Socket> {
  if (plan.proxy === undefined) return openDirect(plan, lookups, signal);
  const socket = await openThroughProxy(plan);
  destroyWith(socket, signal);
  return socket;
}

function destroyWith(socket: Socket, signal: AbortSignal | undefined): void {
  const end = () => socket.destroy(signal?.reason);
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', end));
}

function openDirect(
  plan: ConnectionPlan,
  { lookup }: NameLookups,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const { host, port, localAddress, connectionTimeoutMs } = plan;
  const socket = connect({ host, port, lookup, ...(localAddress === undefined ? {} : { localAddress }) });
  destroyWith(socket, signal);
  return new Promise((resolve, reject) => {
    const late = () => {
      socket.destroy(new CodedError('ETIMEDOUT', `no answer within ${connectionTimeoutMs} ms`));
    };
    const deadline = new Deadline(connectionTimeoutMs, late, livingTimer);
    deadline.begin();
    socket.once('error', (error) => {
      deadline.close();
      reject(error);
    });
    socket.once('connect', () => {
      deadline.close();
      socket.removeAllListeners('error');
      // The caller listens a moment later.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function openThroughProxy({ host, port, proxy, connectionTimeoutMs }: ConnectionPlan): Promise<Socket> {
  const url = new URL('http://proxy');
  url.hostname = proxy?.host.includes(':') ? `[${proxy.host}]` : (proxy?.host ?? '');
  url.port = String(proxy?.port);
  url.username = encodeURIComponent(proxy?.user ?? '');
  url.password = encodeURIComponent(proxy?.password?.reveal() ?? '');
  return new Promise((resolve, reject) => {
    httpProxyClient(url.href, port, host, { timeout: connectionTimeoutMs }, (error, socket) => {
      if (error || socket === undefined) reject(error);
      else resolve(socket);
    });
  });
}
