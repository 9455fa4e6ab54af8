// Opens the connection that SMTP is then spoken on: straight to the mail server, or through an HTTP proxy.

import { connect, type Socket } from 'node:net';
import httpProxyClient from 'nodemailer/lib/smtp-connection/http-proxy-client';
import type { ConnectionPlan } from './connection-plan.ts';

/** Resolves when it is connected; TLS comes later. Rejects with the error of the system or of the proxy. */
export function openSocket(plan: ConnectionPlan): Promise<Socket> {
  return plan.proxy === undefined ? openDirect(plan) : openThroughProxy(plan);
}

function openDirect(plan: ConnectionPlan): Promise<Socket> {
  const { host, port, localAddress, connectionTimeoutMs } = plan;
  const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
  return new Promise((resolve, reject) => {
    const late = () => {
      const error = new Error(`no answer within ${connectionTimeoutMs} ms`);
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    };
    const timer = setTimeout(late, connectionTimeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      // Whoever takes the socket over listens a moment later.
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
