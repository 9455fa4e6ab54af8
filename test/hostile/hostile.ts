// Clients that mean no good, one kind after the other, against a real server: thousands that only stay, those that read
// a byte a second, those that begin TLS and go, or begin and stay. Beside them a well-behaved client is answered.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { configWith } from '../operations/entries.ts';
import { addRequest, bindRequest, message, scopes, searchRequest } from '../support/ber-bytes.ts';
import {
  type Latencies,
  residentMegabytes,
  WellBehavedClient,
} from '../support/clients/well-behaved-client.ts';
import { freePort } from '../support/free-port.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/server-process.ts';
import { HeldMemory } from './held-memory.ts';

export interface HostileOptions {
  readonly idleConnections: number;
  readonly slowReaders: number;
  readonly droppedHandshakes: number;
  readonly halfOpenHandshakes: number;
  /** Connections on which nobody logs in, each with hundreds of searches of the schema and nobody who reads the answers. */
  readonly schemaReaders: number;
  /** How long the memory of the server may take to return before it is looked at. */
  readonly settleMs: number;
}

export interface StageReport {
  readonly title: string;
  readonly latencies: Latencies;
  /** Why the well-behaved client was not answered; undefined when it was. */
  readonly problem: string | undefined;
  /** Resident, of the server. */
  readonly megabytes: { readonly before: number; readonly during: number; readonly after: number };
  /** What of it is in use, garbage collected. */
  readonly heldMegabytes: { readonly before: number; readonly after: number };
}

type Stage = readonly [
  title: string,
  run: (server: RunningServer, options: HostileOptions) => Promise<Leave>,
];
/** Takes the clients of a stage away. */
type Leave = () => void;

const LARGE_ENTRIES = 200;
const BULK = 'x'.repeat(20_000);
const PER_ADDRESS = 500;
const AT_A_TIME = 50;
const SCHEMA_SEARCHES = 400;
const READ_PAUSE_MS = 1000;
const DROPPED_AFTER = '3 s';
const DROPPED_WAIT_MS = 4_000;
const MEMORY_LOOK_MS = 200;
/** A version field of TLS 1.0, then a handshake message of type ClientHello that is cut short. */
const HALF_HELLO = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), Buffer.alloc(60, 7)]);

const STAGES: readonly Stage[] = [
  ['idle connections', stayIdle],
  ['readers of one octet a second', readSlowly],
  ['TLS handshakes that are dropped', dropHandshakes],
  ['TLS handshakes that are never finished', beginHandshakes],
  ['searches of the schema that nobody reads', askForSchema],
];

/** Throws when a client cannot connect; what the well-behaved one sees is in the reports. */
export async function hostile(options: HostileOptions): Promise<StageReport[]> {
  const files = await configWith(
    `ds-cfg-max-connections: ${Math.max(options.idleConnections, options.schemaReaders) + 100}`,
    `ds-cfg-max-blocked-write-time-limit: ${DROPPED_AFTER}`,
  );
  const inspectorPort = await freePort();
  const environment = { CONFDIT_ACCESS_LOG: 'off', NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` };
  const server = await startServer({ files, environment });
  const memory = await HeldMemory.at(inspectorPort);
  const administrator = await RawClient.bound(server);
  await addLargeEntries(administrator);
  const reports: StageReport[] = [];
  for (const stage of STAGES) reports.push(await runStage(stage, server, memory, options));
  administrator.close();
  memory.close();
  await server.stop();
  return reports;
}

async function runStage(
  [title, run]: Stage,
  server: RunningServer,
  memory: HeldMemory,
  options: HostileOptions,
): Promise<StageReport> {
  const heldBefore = await memory.megabytes();
  const before = await residentMegabytes(server.pid);
  let during = before;
  const look = setInterval(async () => {
    during = Math.max(during, await residentMegabytes(server.pid));
  }, MEMORY_LOOK_MS);
  const wellBehaved = await WellBehavedClient.start(server);
  const leave = await run(server, options);
  leave();
  const latencies = await wellBehaved.stop();
  await new Promise((resolve) => setTimeout(resolve, options.settleMs));
  clearInterval(look);
  const after = await residentMegabytes(server.pid);
  return {
    title,
    latencies,
    problem: wellBehaved.problem,
    megabytes: { before, during, after },
    heldMegabytes: { before: heldBefore, after: await memory.megabytes() },
  };
}

async function stayIdle(server: RunningServer, { idleConnections }: HostileOptions): Promise<Leave> {
  const sockets = await openAll(idleConnections, (index) =>
    connect({ port: server.port, host: '127.0.0.1', localAddress: addressOf(index) }),
  );
  await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
  return () => destroyAll(sockets);
}

/** Each is dropped once what waits for it has waited too long. */
async function readSlowly(server: RunningServer, { slowReaders }: HostileOptions): Promise<Leave> {
  const sockets = await openAll(slowReaders, () => connect({ port: server.port, host: '127.0.0.1' }));
  const all = searchRequest('cn=Mail Servers,cn=config', { scope: scopes.subtree });
  for (const socket of sockets) {
    socket.pause();
    socket.write(message(1, bindRequest(ADMINISTRATOR, server.password)));
    for (let id = 2; id < 10; id++) socket.write(message(id, all));
  }
  const timer = setInterval(() => {
    for (const socket of sockets) socket.read(1);
  }, READ_PAUSE_MS);
  await new Promise((resolve) => setTimeout(resolve, DROPPED_WAIT_MS));
  return () => {
    clearInterval(timer);
    destroyAll(sockets);
  };
}

/** In different moments: at once, with the first bytes sent, with the handshake done. */
async function dropHandshakes(server: RunningServer, { droppedHandshakes }: HostileOptions): Promise<Leave> {
  const { ldapsPort: port } = server;
  for (let left = droppedHandshakes; left > 0; left -= AT_A_TIME) {
    const sockets = Array.from({ length: Math.min(left, AT_A_TIME) }, (_, index) => {
      const options = { port, host: '127.0.0.1', rejectUnauthorized: false };
      const socket = connectTls(options).on('error', () => {});
      return socket.once(index % 2 === 0 ? 'connect' : 'secureConnect', () => socket.destroy());
    });
    await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
  }
  return () => {};
}

async function beginHandshakes(
  server: RunningServer,
  { halfOpenHandshakes }: HostileOptions,
): Promise<Leave> {
  const sockets = await openAll(halfOpenHandshakes, (index) =>
    connect({ port: server.ldapsPort, host: '127.0.0.1', localAddress: addressOf(index) }),
  );
  for (const [index, socket] of sockets.entries()) if (index % 2 === 0) socket.write(HALF_HELLO);
  await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
  return () => destroyAll(sockets);
}

async function askForSchema(server: RunningServer, { schemaReaders }: HostileOptions): Promise<Leave> {
  const sockets = await openAll(schemaReaders, (index) =>
    connect({ port: server.port, host: '127.0.0.1', localAddress: addressOf(index) }),
  );
  const request = searchRequest('cn=schema', { attributes: ['*', '+'] });
  const all = Buffer.concat(
    Array.from({ length: SCHEMA_SEARCHES }, (_, index) => message(index + 1, request)),
  );
  for (const socket of sockets) {
    socket.pause();
    socket.write(all);
  }
  await new Promise((resolve) => setTimeout(resolve, DROPPED_WAIT_MS));
  return () => destroyAll(sockets);
}

/** A few at a time: the queue of the operating system for new connections is short. */
async function openAll(count: number, open: (index: number) => Socket): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const more = Array.from({ length: Math.min(AT_A_TIME, count - sockets.length) }, (_, index) =>
      open(sockets.length + index),
    );
    await Promise.all(more.map((socket) => once(socket, 'connect')));
    for (const socket of more) socket.on('error', () => {});
    sockets.push(...more);
  }
  return sockets;
}

function destroyAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** Addresses of this machine: each has ports enough for some thousand connections. */
function addressOf(index: number): string {
  return `127.0.1.${1 + Math.floor(index / PER_ADDRESS)}`;
}

/** Their octets are kept with them once they were asked for: that is nothing that a slow reader leaves. */
async function addLargeEntries(administrator: RawClient): Promise<void> {
  for (let index = 0; index < LARGE_ENTRIES; index++) {
    const { code, text } = await administrator.request(
      addRequest(`cn=Large ${index},cn=Mail Servers,cn=config`, [
        ['objectClass', ['ds-cfg-mail-server']],
        ['ds-cfg-enabled', ['false']],
        ['ds-cfg-smtp-server', ['mail.example.com']],
        ['ds-cfg-smtp-property', [`mail.x=${BULK}`]],
      ]),
    );
    if (code !== 0) throw new Error(`An entry was refused: ${code} ${text}`);
  }
  await administrator.request(searchRequest('cn=Mail Servers,cn=config', { scope: scopes.subtree }));
}
