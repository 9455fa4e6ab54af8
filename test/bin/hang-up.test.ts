// A terminal that is closed takes the server along that was started on it; SIGHUP means a reload otherwise.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DiskFault } from '../support/disk/disk-fault.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { programPath } from '../support/run/program-path.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const PROGRAM = programPath();

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

it('ends with its terminal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-hang-up-'));
  const port = await freePort();
  const command = `exec '${process.execPath}' '${PROGRAM}' start`;
  const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      TERM: 'xterm',
      LDAP_PORT: String(port),
      LDAPS_PORT: String(await freePort()),
    },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      let output = '';
      terminal.once('close', () => reject(new Error(`The server ended: ${output}`)));
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('Ctrl-C')) resolve();
      });
    });
    expect(await accepts(port)).toBe(true);
    terminal.removeAllListeners('close');
    terminal.kill('SIGKILL');
    await until(async () => !(await accepts(port)));
  } finally {
    terminal.kill('SIGKILL');
    await removeFolder(folder);
  }
});

describe('SIGHUP before a server is ready', () => {
  it('while it is being loaded does not end it', async () => {
    const preload = fileURLToPath(new URL('../support/preloads/hang-up-while-loading.mjs', import.meta.url));
    const server = await startServer({
      isFromSource: true,
      environment: { NODE_OPTIONS: `--import=${preload}` },
    });
    expect((await server.stop()).code).toBe(0);
  });

  it('while it starts is a reload when it has started', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'confdit-hang-up-'));
    const place = await mkdtemp(join(tmpdir(), 'confdit-hang-up-fault-'));
    onTestFinished(async () => {
      for (const one of [folder, place]) await removeFolder(one);
    });
    const disk = new DiskFault(place);
    // The first change of a new instance is not stored before that.
    await disk.set({ code: 'WAIT', path: 'journal-', calls: ['write'] });
    const starting = startServer({ folder, environment: disk.environment });
    await until(async () => (await disk.struck()).length > 0);
    const names = await readdir(folder, { recursive: true });
    const pid = Number(names.map((name) => /server-(\d+)-\w+\.lock$/.exec(name)?.[1]).find(Boolean));
    process.kill(pid, 'SIGHUP');
    await disk.clear();
    const server = await starting;
    expect(server.pid).toBe(pid);
    await server.waitForLog(({ msg, cause }) => msg === 'reloaded' && cause === 'SIGHUP');
  });
});
