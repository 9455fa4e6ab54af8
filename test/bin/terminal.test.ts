// A server on a terminal: readable lines, and what somebody needs who sees it for the first time. `script` lends the
// terminal, and Ctrl-C is typed on it.

import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { type ProgramResult, runProgram } from '../support/ldap-tools.ts';
import '../support/start-server.ts';
import { programPath } from '../support/run/program-path.ts';
import { endWhenHanging } from '../support/until.ts';

const PROGRAM = programPath();
const CTRL_C = '\x03';
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

describe('a server on a terminal', () => {
  let folder: string;
  let output = '';
  let tried: ProgramResult;
  let exitCode: number | null;
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-terminal-'));
    port = await freePort();
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
    const ended = new Promise<number | null>((resolve) => terminal.once('close', resolve));
    const hasEnded = endWhenHanging(() => terminal.kill('SIGKILL'));
    await new Promise<void>((resolve) => {
      terminal.once('close', () => resolve());
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text.replaceAll(ESCAPES, '').replaceAll('\r', '');
        if (output.includes('Ctrl-C')) resolve();
      });
    });
    const [search = 'false'] = /ldapsearch .*/.exec(output) ?? [];
    tried = await runProgram('bash', ['-c', `cd '${folder}' && ${search}`]);
    terminal.stdin.write(CTRL_C);
    exitCode = await ended;
    hasEnded();
  });

  afterAll(() => removeFolder(folder));

  it('logs lines for people', () => {
    expect(output).toMatch(/^\[\d\d:\d\d:\d\d\.\d+\] INFO: ready$/m);
    expect(output).toContain(`ldap://127.0.0.1:${port}`);
    expect(output).toMatch(/INFO: search$/m);
    expect(output).not.toContain('{"level"');
  });

  it('says who the administrator is and where the password is', () => {
    expect(output).toContain('cn=admin,cn=Root DNs,cn=config (or uid=admin)');
    expect(output).toContain('The password is in instance/config/admin.pin');
  });

  it('says which ldapsearch to try, and that works', () => {
    expect(tried.code, tried.stderr).toBe(0);
    expect(tried.stdout).toContain('dn: cn=Mail Servers,cn=config');
  });

  it('ends at Ctrl-C with exit code 0', () => {
    expect(exitCode).toBe(0);
    expect(output).toMatch(/INFO: stopped$/m);
  });
});
