// The tour of the README, pasted into a shell: every command of it runs against a real server in a folder of its own,
// and every line of output that the README shows must come.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from './support/folders.ts';
import { endWhenHanging } from './support/until.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOUR = /<!-- tour -->\n(.*)<!-- end of tour -->/s;
/** A heading in bold, the commands, and what they print where the README shows it. */
const STEP =
  /\*\*(?<title>[^*]+?)\.?\*\*(?:(?!```).)*```sh\n(?<commands>.*?)```\n(?:\n```text\n(?<output>.*?)```\n)?/gs;
const END_OF_STEP = '--- end of step, exit code';

interface Step {
  readonly title: string;
  readonly commands: string;
  readonly output: readonly string[];
}

interface Result {
  readonly output: string;
  readonly exitCode: number;
}

const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
const steps = parseSteps(TOUR.exec(readme)?.[1] ?? '');

describe('the tour of the README', () => {
  let folder: string;
  let results: readonly Result[] = [];
  let everything = '';

  beforeAll(async () => {
    folder = await copyOfProject();
    everything = await runInShell(
      folder,
      steps.map(({ commands }) => commands),
    );
    results = parseResults(everything);
  });

  afterAll(() => removeFolder(folder));

  it('has steps', () => {
    expect(steps.length).toBeGreaterThanOrEqual(7);
  });

  for (const [index, step] of steps.entries()) {
    it(step.title, () => {
      const result = results[index];
      if (result === undefined) expect.fail(`The tour did not get as far as this:\n${everything}`);
      expect(result.exitCode, result.output).toBe(expectedExitCode(step));
      for (const line of step.output) expect(result.output).toContain(line);
    });
  }
});

function parseSteps(tour: string): Step[] {
  return [...tour.matchAll(STEP)].map(({ groups: { title = '', commands = '', output = '' } = {} }) => {
    return { title, commands, output: output.split('\n').filter((line) => line !== '') };
  });
}

/** LDAP clients end with the result code, which their output shows in brackets; `kill` and `wait` end as the server did. */
function expectedExitCode(step: Step): number {
  return Number(/\((\d+)\)$/m.exec(step.output.join('\n'))?.[1] ?? 0);
}

/** A folder that looks like a fresh clone, so that the instance folder comes to be there and not here. */
async function copyOfProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-tour-'));
  for (const name of ['package.json', 'node_modules', 'scripts', 'src', 'config', 'schema']) {
    await symlink(join(ROOT, name), join(folder, name));
  }
  return folder;
}

/** Runs the steps in one bash, as somebody would who pastes them, and gives all they print. */
async function runInShell(folder: string, commands: readonly string[]): Promise<string> {
  const [ldapPort, ldapsPort] = await Promise.all([freePort(), freePort()]);
  const script = commands
    .map((text) => `${text}\necho "${END_OF_STEP} $?"\n`)
    .join('')
    .replaceAll('localhost:1389', `localhost:${ldapPort}`);
  // A process group of its own, so that a server that was left behind ends with the shell.
  const shell = spawn('bash', ['-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    detached: true,
    env: {
      ...process.env,
      CONFDIT_INSTANCE: join(folder, 'instance'),
      LDAP_PORT: String(ldapPort),
      LDAPS_PORT: String(ldapsPort),
      // What the machine happens to set would change what the tour shows.
      LDAPNOINIT: '1',
      SMTP_HOST: undefined,
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
  const log = await readFile(join(folder, 'confdit.log'), 'utf8').catch(() => '');
  return `${output}\nconfdit.log:\n${log}`;
}

function parseResults(output: string): Result[] {
  const parts = output.split(END_OF_STEP);
  return parts.slice(1).map((after, index) => {
    return { output: parts[index] ?? '', exitCode: Number.parseInt(after, 10) };
  });
}

function endGroup(id: number | undefined): void {
  if (id === undefined) return;
  try {
    process.kill(-id, 'SIGKILL');
  } catch {
    // Everybody has gone already.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
