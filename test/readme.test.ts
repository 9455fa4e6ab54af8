// The tour of the README, pasted into a shell: every command of it runs against a real server in a folder of its own, and the
// README must show exactly what the commands print. `npx vitest run test/readme.test.ts --update` writes what they print now
// into the README.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectTranscript } from './support/cases/transcript.ts';
import { removeFolder } from './support/folders.ts';
import { freePort } from './support/free-port.ts';
import { endWhenHanging } from './support/until.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOUR = /(?<=<!-- tour -->\n).*(?=<!-- end of tour -->)/s;
/** The commands of a step, and what the README shows of their output. */
const STEP = /```sh\n(?<commands>.*?)```\n(?:\n```text\n(?<output>.*?)```\n)?/gs;
const END_OF_STEP = '--- end of step, exit code';
const LDAP_PORT = '1389';
const SINK_PORT = '2525';
const LINES_MAX = 120;

interface Step {
  readonly commands: string;
  readonly output: string;
  readonly exitCode: number;
}

const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
const tour = TOUR.exec(readme)?.[0] ?? '';
const commands = [...tour.matchAll(STEP)].map(({ groups }) => groups?.commands ?? '');

describe('the tour of the README', () => {
  let folder: string;
  let steps: readonly Step[] = [];
  let log = '';

  beforeAll(async () => {
    folder = await copyOfProject();
    const everything = await runInShell(folder, commands);
    steps = parseSteps(everything);
    log = await readFile(join(folder, 'confdit.log'), 'utf8').catch(() => '');
    expect(steps.length, `${everything}\nconfdit.log:\n${log}`).toBe(commands.length);
  });

  afterAll(() => removeFolder(folder));

  it('shows what its commands print', async () => {
    const printed = steps.map(({ commands: typed, output }) => {
      const shown = output === '' ? '' : `\n\`\`\`text\n${output}\`\`\`\n`;
      return `\`\`\`sh\n${typed}\`\`\`\n${shown}`;
    });
    const tourNow = tour.replace(STEP, () => printed.shift() ?? '');
    await expectTranscript(
      'README.md',
      readme.replace(tour, () => tourNow),
    );
  });

  it('fails nowhere but where it makes a mistake', () => {
    const failed = steps.slice(0, -1).filter(({ exitCode }) => exitCode !== 0);
    expect(failed.map(({ commands: typed, exitCode }) => [typed.split(' ')[1], exitCode])).toEqual([
      ['set-mail-server-prop', 19],
    ]);
  });

  it('ends the server in good order', () => {
    expect(log).toContain('"msg":"stopped"');
  });

  it('is read in five minutes', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(LINES_MAX);
  });
});

/** Makes a folder that looks like a fresh clone, so that the instance folder and the logs are in there and not here. */
async function copyOfProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-tour-'));
  for (const name of [
    'package.json',
    'package-lock.json',
    'node_modules',
    'scripts',
    'src',
    'config',
    'schema',
  ]) {
    await symlink(join(ROOT, name), join(folder, name));
  }
  return folder;
}

/** Runs the steps in one bash, as somebody would who pastes them, and resolves to everything that is printed. */
async function runInShell(folder: string, typed: readonly string[]): Promise<string> {
  const [ldapPort, ldapsPort, sinkPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const script = typed
    .map((text) => `${text}\necho "${END_OF_STEP} $?"\n`)
    .join('')
    .replaceAll(`localhost:${LDAP_PORT}`, `localhost:${ldapPort}`)
    .replaceAll(`localhost:${SINK_PORT}`, `localhost:${sinkPort}`);
  // A process group of its own, so that a server that was left behind ends with the shell.
  const shell = spawn('bash', ['-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    detached: true,
    env: {
      ...process.env,
      CONFDIT_INSTANCE: join(folder, 'instance'),
      LDAP_PORT: String(ldapPort),
      LDAPS_PORT: String(ldapsPort),
      SINK_PORT: String(sinkPort),
      // What the machine happens to set would change what the tour shows.
      HOME: folder,
      LDAPNOINIT: '1',
      CONFDIT_ADMIN_PASSWORD: undefined,
      CONFDIT_ENVCONFIG_DIRS: undefined,
      DS_ENVCONFIG_DIRS: undefined,
    },
  });
  let output = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const hasEnded = endWhenHanging(() => endGroup(shell.pid));
  await new Promise((resolve) => shell.once('close', resolve));
  hasEnded();
  endGroup(shell.pid);
  return output.replaceAll(`localhost:${sinkPort}`, `localhost:${SINK_PORT}`);
}

function parseSteps(output: string): Step[] {
  const parts = output.split(new RegExp(`${END_OF_STEP} (\\d+)\\n`));
  return commands.flatMap((typed, index) => {
    const [printed, exitCode] = parts.slice(2 * index, 2 * index + 2);
    if (printed === undefined || exitCode === undefined) return [];
    return [{ commands: typed, output: printed, exitCode: Number(exitCode) }];
  });
}

function endGroup(id: number | undefined): void {
  if (id === undefined) return;
  try {
    process.kill(-id, 'SIGKILL');
  } catch {
    // All have ended already.
  }
}
