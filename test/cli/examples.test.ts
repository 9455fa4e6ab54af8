// Every example of the help texts, run against a real server: without a password in a file, so by the socket of the
// instance. The commands run in this process, since there are many.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { splitWords } from '../../src/cli/dsconfig/words.ts';
import { allExamples } from '../../src/cli/examples.ts';
import { CATALOGUE, COMMANDS } from '../support/commands.ts';
import { runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const VISIBLE = COMMANDS.filter(({ isHidden }) => isHidden !== true).map(({ name }) => name);
/** They go on until somebody ends them, want a terminal, or need etcd: their words are checked. */
const ONLY_PARSED = /^confdit (?:start|menu|watch|status --watch|cluster)\b/;
/** Nothing listens where the mail servers of the examples are: that is told by the exit code. */
const MAIL = /^(?:verify-mail-server|send-test-message)$/;
/** What is made comes first, what is taken away comes last. */
const ORDER = [/^(?:init|create-)/, /^(?!delete-|rollback)/, /^delete-(?!mail-server)/, /^delete-/, /^/];
const phaseOf = (name: string) => ORDER.findIndex((phase) => phase.test(name));

const EXAMPLES = [...allExamples()]
  .filter(([name]) => VISIBLE.includes(name))
  .flatMap(([name, examples]) => examples.map((example) => ({ name, example })));

describe('the examples of help', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    folder = await mkdtemp(join(tmpdir(), 'confdit-examples-'));
    process.chdir(folder);
    const entry = [
      'dn: cn=From file,cn=Mail Servers,cn=config',
      ...[
        'objectClass: ds-cfg-mail-server',
        'cn: From file',
        'ds-cfg-enabled: true',
        'ds-cfg-smtp-server: localhost:1',
        '',
      ],
    ];
    await writeFile('mail.ldif', entry.join('\n'));
    await writeFile('password.txt', 'a long password 1\n');
    await writeFile('batch.txt', 'list-mail-servers\n');
    await writeFile(join(server.folder, 'config', 'smtp.pin'), 'password\n', { mode: 0o600 });
  });

  afterAll(() => removeFolder(folder));

  async function run(example: string, instance = server.folder) {
    const [line = '', input] = example
      .replaceAll('/tmp/confdit', folder)
      .replaceAll(/smtp\.example\.com:\d+/g, 'localhost:1')
      .split(' < ');
    const words = splitWords(line).slice(1);
    expect((await parseCommandLine(words, CATALOGUE)).type).toBe('command');
    if (ONLY_PARSED.test(example)) return { code: 0, output: '' };
    const environment = {
      HOME: folder,
      EDITOR: 'true',
      CONFDIT_INSTANCE: instance,
      LDAP_PORT: String(server.port),
      LDAPS_PORT: String(server.ldapsPort),
    };
    const typed = input === undefined ? '' : await readFile(input, 'utf8');
    const { code, stdout, stderr } = await runHere(words, { input: typed, environment });
    return { code, output: stdout + stderr };
  }

  it('are two or three of each command, and begin with its name', () => {
    const examples = allExamples();
    for (const name of VISIBLE) {
      const own = examples.get(name) ?? [];
      expect([2, 3], `${name} has ${own.length} examples`).toContain(own.length);
      for (const example of own) expect(example.startsWith(`confdit ${name}`), example).toBe(true);
    }
  });

  it('can be run as they are', async () => {
    const failed: string[] = [];
    const inOrder = EXAMPLES.toSorted((one, other) => phaseOf(one.name) - phaseOf(other.name));
    for (const { name, example } of inOrder) {
      // Its connections are encrypted, as those of dsconfig are.
      if (name === 'dsconfig') await writeFile(join(server.folder, 'config', 'admin.pin'), server.password);
      const instance = name === 'init' ? join(folder, 'made') : server.folder;
      const { code, output } = await run(example, instance);
      const isRight =
        code === 0 || (code === 1 && MAIL.test(name)) || (code === 2 && /-exitcode/.test(example));
      if (!isRight) failed.push(`${example}: ${code}\n${output}`);
    }
    expect(failed.join('\n')).toBe('');
  });
});
