// Ports for servers that tests start. A port is given once: no other test, of this process or of another one, gets it
// while this process lives, also before its server listens.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below the ports that the system gives to clients (32768 and higher), so that no connection takes one. */
const [FIRST, COUNT] = [10_000, 22_000];
/** A file for each port that is given; it holds the process that has it. */
const CLAIMS = join(tmpdir(), 'confdit-test-ports');
const claimed = new Set<string>();
/** Processes begin at different places, so that they seldom try the same port. */
let next = (process.pid * 61) % COUNT;

process.once('exit', () => {
  for (const claim of claimed) rmSync(claim, { force: true });
});

/** Returns a port of this machine that nobody listens on and that nobody else is given. */
export async function freePort(): Promise<number> {
  mkdirSync(CLAIMS, { recursive: true });
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (claim(port) && (await isFree(port))) return port;
  }
  throw new Error('Every port is taken.');
}

function claim(port: number): boolean {
  const path = join(CLAIMS, String(port));
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch {
    // The file of a process that was killed is removed; the port is given at the next try.
    if (!isAlive(readOwner(path))) rmSync(path, { force: true });
    return false;
  }
  claimed.add(path);
  return true;
}

/** Returns the process that has the port; 0 while its number is being written. */
function readOwner(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(owner: number): boolean {
  try {
    // Signal 0 to process 0 asks for our own group, which lives.
    return process.kill(owner, 0);
  } catch {
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
