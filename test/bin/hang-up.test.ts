// A terminal that is closed takes the server along that was started on it; SIGHUP means a reload otherwise.

import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../../src/bin/confdit.ts', import.meta.url));

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
