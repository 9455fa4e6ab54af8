// Completion in the shells themselves: a script is sourced, a line is begun, and Tab is pressed.

import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confditFor, runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { Terminal } from '../support/terminal.ts';

const PROGRAM = fileURLToPath(new URL('../../src/bin/confdit.ts', import.meta.url));
const PROMPT = 'READY>';

describe('completion', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    const sets = ['--set', 'enabled:false', '--set', 'smtp-server:a'];
    const created = await confditFor(server)('create-mail-server', '--server-name', 'Main relay', ...sets);
    expect(created).toMatchObject({ code: 0, stderr: '' });
    folder = await mkdtemp(join(tmpdir(), 'confdit-shells-'));
    const program = join(folder, 'confdit');
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
    await chmod(program, 0o755);
    await writeFile(join(folder, 'pin'), server.password);
    for (const shell of ['bash', 'zsh', 'fish']) {
      await writeFile(join(folder, shell), (await runConfdit(['completion', shell])).stdout);
    }
  });

  afterAll(() => removeFolder(folder));

  const shells = [
    ['bash', () => [`bash --norc --noprofile -i`, `PS1='${PROMPT} '; . ${folder}/bash; clear`]],
    [
      'zsh',
      () => [`zsh -f -i`, `PS1='${PROMPT} '; autoload -Uz compinit; compinit -u; . ${folder}/zsh; clear`],
    ],
    [
      'fish',
      () => [
        'fish --private --no-config',
        `function fish_prompt; echo '${PROMPT} '; end; set fish_greeting; set fish_autosuggestion_enabled 0; source ${folder}/fish; clear`,
      ],
    ],
  ] as const;

  it.each(shells)('in %s knows commands, options and the objects of the server', async (_, start) => {
    const [command, setUp] = start();
    const terminal = await Terminal.start(`PATH='${folder}':"$PATH" ${command}`, {
      folder,
      environment: { TERM: 'xterm' },
    });
    try {
      await terminal.type(setUp ?? '');
      await terminal.press('Enter');
      await terminal.until(new RegExp(`^${PROMPT} *$`, 'm'));
      await terminal.type('confdit delete-mail-s');
      await terminal.press('Tab');
      await terminal.until('confdit delete-mail-server');
      await terminal.type(`-p ${server.port} -j pin --server-n`);
      await terminal.press('Tab');
      // A blank stands behind it, which the screen does not show.
      await terminal.until(/--server-name$/m);
      await terminal.type('Ma');
      await terminal.press('Tab');
      await terminal.until(/--server-name (?:Main\\ relay|'Main relay')/);
      await terminal.press('Enter');
      await terminal.until(new RegExp(`^${PROMPT} *$`, 'm'));
      // The shell may show its prompt before what it has started is over.
      const listed = async () => (await confditFor(server)('list-mail-servers', '-s')).stdout;
      await expect.poll(listed).not.toContain('Main relay');
    } finally {
      await terminal.end();
      const sets = ['--set', 'enabled:false', '--set', 'smtp-server:a'];
      await confditFor(server)('create-mail-server', '--server-name', 'Main relay', ...sets);
    }
  });

  it('knows what a mail server is verified with', async () => {
    const complete = (word: string) =>
      runConfdit(['complete-words', '--', 'verify-mail-server', '--server-name', 'X', '--set', word]);
    expect((await complete('use-s')).stdout).toBe('use-ssl:\nuse-start-tls:\n');
    expect((await complete('use-ssl:')).stdout).toBe('use-ssl:true\nuse-ssl:false\n');
  });
});
