// TLS for the raw client: connections that are encrypted from the start, and those that become so.

import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { extendedRequest } from '../ber-bytes.ts';
import { RawClient } from '../raw-client.ts';

export const START_TLS = '1.3.6.1.4.1.1466.20037';

const TIMEOUT_MS = 300_000;

export interface TlsClient {
  readonly client: RawClient;
  readonly socket: TLSSocket;
}

/** What a client does that looks at nobody's certificate. */
const BELIEVING: ConnectionOptions = { rejectUnauthorized: false, servername: 'localhost' };

/** Rejects when there is no handshake; TLS 1.3 tells a client of a refused certificate only afterwards. */
export async function connectTls(port: number, options: ConnectionOptions = {}): Promise<TlsClient> {
  const socket = connect({ host: '127.0.0.1', port, ...BELIEVING, ...options });
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return { client: RawClient.over(socket), socket };
}

/** A clear connection that StartTLS has made a secure one. */
export async function connectWithStartTls(port: number, options: ConnectionOptions = {}): Promise<TlsClient> {
  const clear = await RawClient.connect({ port });
  const { code, text } = await clear.request(extendedRequest(START_TLS));
  if (code !== 0) throw new Error(`StartTLS was answered with ${code}: ${text}`);
  return beginTls(clear, options);
}

/** The client's side of the handshake, on a connection that the server has agreed to secure. */
export async function beginTls(clear: RawClient, options: ConnectionOptions = {}): Promise<TlsClient> {
  const socket = connect({ socket: clear.release(), ...BELIEVING, ...options });
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return { client: RawClient.over(socket), socket };
}
