/**
 * The other load generator: begins TLS connections, one after the other, and counts those that a server has answered on.
 *
 * `node bench/handshakes.ts '<HandshakeJob as JSON>'` prints one LoadResult as JSON. No session is resumed, so each connection
 * costs a whole handshake; the anonymous bind on it shows that the server has finished its side too.
 */
import { connect } from 'node:tls';
import { bindRequest, message } from '../test/support/ber-bytes.ts';
import type { LoadResult } from './load.ts';
import { readCpuSeconds } from './processor-time.ts';

/** What to do: `seconds` of handshakes, so many at a time, after `warmUpSeconds`. */
export interface HandshakeJob {
  readonly port: number;
  readonly serverPid: number;
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

const BIND = message(1, bindRequest('', ''));

/** Resolves when the server has answered; rejects when it does not shake hands. */
function shakeHands(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection')));
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
    socket.write(BIND);
  });
}

async function run({
  port,
  serverPid,
  connections,
  seconds,
  warmUpSeconds,
}: HandshakeJob): Promise<LoadResult> {
  let count = 0;
  let isOver = false;
  const observe = () => ({
    count,
    timeMs: performance.now(),
    server: readCpuSeconds(serverPid),
    generator: readCpuSeconds(process.pid),
  });
  const workers = Array.from({ length: connections }, async () => {
    while (!isOver) {
      await shakeHands(port);
      count += 1;
    }
  });
  const wait = (waitSeconds: number) =>
    Promise.race([new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000)), Promise.all(workers)]);
  await wait(warmUpSeconds);
  const start = observe();
  await wait(seconds);
  const end = observe();
  isOver = true;
  await Promise.all(workers);
  return {
    operations: end.count - start.count,
    seconds: (end.timeMs - start.timeMs) / 1000,
    serverCpuSeconds: end.server - start.server,
    generatorCpuSeconds: end.generator - start.generator,
  };
}

try {
  const result = await run(JSON.parse(process.argv[2] ?? '{}') as HandshakeJob);
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  process.stderr.write(`handshakes: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
