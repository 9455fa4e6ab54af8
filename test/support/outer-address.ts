// An address of this machine that is not its loopback: who connects to it comes from there, as a stranger would.

import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { RawClient } from './raw-client.ts';

/** Undefined on a machine without a network. */
export const outerAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

/** To a server that listens on all addresses. */
export async function connectFromOutside(port: number): Promise<RawClient> {
  const socket = connect({ port, host: outerAddress ?? '' });
  await once(socket, 'connect');
  return RawClient.over(socket);
}
