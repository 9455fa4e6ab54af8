// What a command prints may find nobody to read it, as in `confdit resolve | head -1`, or no room: it ends then, as
// other programs do, without a page about its insides.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM, runConfdit } from '../../support/confdit-program.ts';
import { removeFolder } from '../../support/folders.ts';
import { type ProgramResult, runProgram } from '../../support/ldap-tools.ts';

const COMMANDS = [
  'resolve --offline',
  'export-ldif --offline',
  'list-properties --advanced',
  'list-connection-handlers --offline',
  '--help',
];

describe('output that fails', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-output-'));
    const { code, stderr } = await runConfdit(['init', '--instance', folder]);
    expect(code, stderr).toBe(0);
  });

  afterAll(() => removeFolder(folder));

  /** In bash PIPESTATUS is the exit code of the first program of a pipe. */
  function runInShell(command: string, rest: string): Promise<ProgramResult> {
    const environment = { PATH: process.env.PATH, HOME: '/nonexistent', CONFDIT_INSTANCE: folder };
    const script = `'${process.execPath}' '${PROGRAM}' ${command} ${rest}`;
    return runProgram('bash', ['-c', script], undefined, environment);
  }

  it.each(COMMANDS)('%s ends quietly when nobody reads on', async (command) => {
    const { code, stdout, stderr } = await runInShell(command, '| true; exit $PIPESTATUS');
    expect({ code, stdout, stderr }).toEqual({ code: 141, stdout: '', stderr: '' });
  });

  it.each(COMMANDS)('%s says in one line that there is no room', async (command) => {
    const { code, stderr } = await runInShell(command, '> /dev/full');
    expect(stderr).toBe('confdit: The output cannot be written: ENOSPC: no space left on device, write.\n');
    expect(code).toBe(82);
  });
});
