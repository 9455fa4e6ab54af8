/**
 * Runs one load generator process and gives back what it counted.
 */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { HandshakeJob } from './handshakes.ts';
import type { LoadJob, LoadResult } from './load.ts';
import type { RunningServer } from './servers/server.ts';
import { LOAD_CORE, type Stage } from './stage.ts';

const loadProgram = fileURLToPath(new URL('load.ts', import.meta.url));
const handshakeProgram = fileURLToPath(new URL('handshakes.ts', import.meta.url));

/** What to run; the server supplies the rest. */
export type Load = Omit<LoadJob, 'port' | 'serverPids' | 'target' | 'firstNumber' | 'isSecure'> & {
  /** Over LDAPS. */
  readonly isSecure?: boolean;
};

/** Loads `server` once. Rejects with what the generator says when the server refused or left something out. */
export async function runLoad(stage: Stage, server: RunningServer, load: Load): Promise<LoadResult> {
  const { pid, pids: serverPids = [pid], target } = server;
  const isSecure = load.isSecure ?? false;
  const port = isSecure ? server.ldapsPort : server.port;
  // A number that no earlier run has written, so that every modify changes something.
  const firstNumber = 10_000_000 + (Math.floor(Date.now() * 10) % 80_000_000);
  return runGenerator(stage, loadProgram, { ...load, port, isSecure, serverPids, target, firstNumber });
}

/** Begins one TLS connection after the other, on so many at a time; each is closed once it has answered. */
export function runHandshakes(
  stage: Stage,
  { ldapsPort: port, pid: serverPid }: RunningServer,
  load: Omit<HandshakeJob, 'port' | 'serverPid'>,
): Promise<LoadResult> {
  return runGenerator(stage, handshakeProgram, { ...load, port, serverPid });
}

async function runGenerator(stage: Stage, program: string, job: LoadJob | HandshakeJob): Promise<LoadResult> {
  const child = stage.spawn(LOAD_CORE, [process.execPath, program, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.stdout === null || child.stderr === null) throw new Error('the load generator has no output');
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (code !== 0) throw new Error(`the load generator failed: ${errors.trim() || `exit code ${code}`}`);
  return JSON.parse(output) as LoadResult;
}

/** Adds `entryCount` mail servers as fast as the server takes them, with `outstanding` requests under way. */
export function addMailServers(
  stage: Stage,
  server: RunningServer,
  entryCount: number,
  outstanding: number,
): Promise<LoadResult> {
  return runLoad(stage, server, {
    operation: 'add',
    entryCount,
    connections: 1,
    outstanding,
    seconds: 0,
    warmUpSeconds: 0,
  });
}
