import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ReadBuffer } from '../../src/server/connection/read-buffer.ts';
import { passes, until } from '../support/until.ts';

const readBuffer = new ReadBuffer();
const server = createServer({ allowHalfOpen: true });

afterEach(() => server.removeAllListeners('connection').close());

/** A client, the socket that the server was given, and the one that took it over. */
async function connected(onData: (octets: Buffer, adopted: Socket) => void) {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const taken = Promise.withResolvers<{ accepted: Socket; adopted: Socket }>();
  server.once('connection', (accepted) => {
    const adopted = readBuffer.adopt(accepted);
    adopted.on('data', (octets: Buffer) => onData(octets, adopted));
    taken.resolve({ accepted, adopted });
  });
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  return { client, ...(await taken.promise) };
}

function countConnections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

describe('a socket that reads into the shared buffer', () => {
  it('is another than the one that was accepted, with the same connection', async () => {
    const { client, accepted, adopted } = await connected(() => {});
    // Were it the same, every read would have memory of its own made for it.
    expect(adopted).not.toBe(accepted);
    expect(adopted.remotePort).toBe(client.localPort);
    client.destroy();
    await once(adopted.destroy(), 'close');
  });

  it('gives all octets in their order, and is answered', async () => {
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const chunks: Buffer[] = [];
    const buffers = new Set<ArrayBufferLike>();
    const { client, adopted } = await connected((octets) => {
      buffers.add(octets.buffer);
      chunks.push(Buffer.from(octets));
    });
    client.end(sent);
    await once(adopted, 'end');
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    expect(buffers.size).toBe(1);
    const received = once(client, 'data');
    adopted.end('done');
    expect(String((await received)[0])).toBe('done');
  });

  it('keeps nothing while it is paused, and loses nothing', async () => {
    let received = 0;
    const { client, adopted } = await connected((octets, socket) => {
      received += octets.length;
      socket.pause();
    });
    client.write(Buffer.alloc(150_000));
    await until(() => received > 0);
    const first = received;
    expect(first).toBeLessThanOrEqual(64 * 1024);
    while (received < 150_000) {
      adopted.resume();
      await passes(5);
    }
    expect(received).toBe(150_000);
    client.destroy();
    await once(adopted.destroy(), 'close');
  });

  it('is no longer counted by the server when it is closed', async () => {
    const { client, adopted } = await connected(() => {});
    expect(await countConnections()).toBeGreaterThan(0);
    client.destroy();
    await once(adopted.destroy(), 'close');
    await expect.poll(countConnections).toBe(0);
  });
});
