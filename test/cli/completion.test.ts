// Completion in the shells themselves: a script is sourced, a line is begun, and Tab is pressed. What the shell hands over
// then is compared with the name on the server, for a name of all characters that mean something to a shell.

import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTypedLine } from '../../src/cli/completion/typed-line.ts';
import { confditFor, runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { runProgram } from '../support/ldap-tools.ts';
import { programPath } from '../support/run/program-path.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { Terminal } from '../support/terminal.ts';

const PROGRAM = programPath();
const PROMPT = 'READY>';
/** Would make a file when a shell ran any part of it, and would be another word when a shell expanded it. */
const WILD =
  'wild ;touch made;$(touch made)`touch made`&|<>made "x" \'y\' \\ * ? [a-z] {b,c} ~ ! # % ^ = : , @ + / ü $IFS';
/** What means something at the beginning of a word only. */
const LEADING = ['~root', '=ls', '#x', '!!', '{a,b}', '*', '$HOME', "'", '"', '\\', ' x', '(x)', '&x', '^x'];

describe('completion', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    const sets = ['--set', 'enabled:false', '--set', 'smtp-server:a'];
    for (const name of [WILD, 'x;touch$IFS`made`;', 'two\nlines']) {
      const created = await confditFor(server)('create-mail-server', '--server-name', name, ...sets);
      expect(created).toMatchObject({ code: 0, stderr: '' });
    }
    folder = await mkdtemp(join(tmpdir(), 'confdit-shells-'));
    const program = join(folder, 'confdit');
    // What completes is the program; any other command keeps the words that the shell has made.
    const keep = `printf '%s\\n' "$@" > '${folder}/words.new'; mv '${folder}/words.new' '${folder}/words'`;
    await writeFile(
      program,
      `#!/bin/sh\nif [ "$1" = complete-words ]; then exec '${process.execPath}' '${PROGRAM}' "$@"; fi\n${keep}\n`,
    );
    await chmod(program, 0o755);
    await writeFile(join(folder, 'pin'), server.password);
    await mkdir(join(folder, 'configurations'));
    await writeFile(join(folder, 'configurations', 'a b.ldif'), '');
    for (const shell of ['bash', 'zsh', 'fish']) {
      await writeFile(join(folder, shell), (await runConfdit(['completion', shell])).stdout);
    }
  });

  afterAll(() => removeFolder(folder));

  const shells = [
    ['bash', () => ['bash --norc --noprofile -i', `PS1='${PROMPT} '; . ${folder}/bash; clear`]],
    [
      'zsh',
      () => ['zsh -f -i', `PS1='${PROMPT} '; autoload -Uz compinit; compinit -u; . ${folder}/zsh; clear`],
    ],
    [
      'fish',
      () => [
        'fish --private --no-config',
        `function fish_prompt; echo '${PROMPT} '; end; set fish_greeting; set fish_autosuggestion_enabled 0; source ${folder}/fish; clear`,
      ],
    ],
  ] as const;

  it.each(shells)('in %s quotes names, and knows values, references and files', async (shell, start) => {
    const [command, setUp] = start();
    const terminal = await Terminal.start(`PATH='${folder}':"$PATH" ${command}`, {
      folder,
      environment: { TERM: 'xterm' },
    });
    /** Types parts with Tab behind each, and resolves to the words that the program is run with. */
    const words = async (...parts: readonly string[]): Promise<readonly string[]> => {
      await writeFile(join(folder, 'words'), '');
      for (const part of parts) {
        await terminal.type(part);
        const typed = await terminal.until(part.trimEnd().slice(-12));
        await terminal.press('Tab');
        await terminal.until((screen) => screen !== typed);
      }
      await terminal.press('Enter');
      await expect.poll(() => readFile(join(folder, 'words'), 'utf8')).not.toBe('');
      await terminal.type('clear');
      await terminal.press('Enter');
      await terminal.until(new RegExp(`^\\s*${PROMPT} *\\s*$`));
      return (await readFile(join(folder, 'words'), 'utf8')).trimEnd().split('\n');
    };
    try {
      await terminal.type(setUp ?? '');
      await terminal.press('Enter');
      await terminal.until(new RegExp(`^\\s*${PROMPT} *\\s*$`));
      const connection = `-p ${server.port} -j pin`;
      const deletion = ['delete-mail-server', '-p', String(server.port), '-j', 'pin', '--server-name'];
      for (const quote of shell === 'bash' ? ['', '"', "'"] : ['', '"']) {
        const typed = `confdit delete-mail-server ${connection} --server-name ${quote}wi`;
        expect(await words(typed)).toEqual([...deletion, WILD]);
      }
      const reference = 'trust-manager-provider:JVM Trust Manager';
      expect(
        await words(`confdit set-mail-server-prop ${connection} --set ${reference.slice(0, 25)}`),
      ).toEqual([...['set-mail-server-prop', '-p', String(server.port), '-j', 'pin', '--set', reference]]);
      expect(await words('confdit validate --format gi', './configurations/a')).toEqual([
        ...['validate', '--format', 'github', './configurations/a b.ldif'],
      ]);
      expect(await readdir(folder)).not.toContain('made');
    } finally {
      await terminal.end();
    }
  });

  it('in bash quotes each name that it offers, whatever it begins with', async () => {
    const script = [
      `. '${folder}/bash'`,
      // The names in the place of those of a server.
      `COMP_WORDS=(offered x); COMP_LINE="offered x "; COMP_POINT=\${#COMP_LINE}; compopt() { :; }`,
      `offered() { printf 'words\\n\\n\\n'; cat '${folder}/names'; }`,
      '_confdit',
      `for one in "\${COMPREPLY[@]}"; do eval "printf '%s\\n' $one"; done`,
    ];
    await writeFile(join(folder, 'names'), `${LEADING.join('\n')}\n`);
    const { stdout, stderr } = await runProgram('bash', ['--norc', '-c', script.join('\n')]);
    expect({ stderr, names: stdout.trimEnd().split('\n') }).toEqual({ stderr: '', names: LEADING });
  });

  it('reads a line as bash does', async () => {
    const word = fc.string({
      unit: fc.constantFrom(...`ab '"\\ ;*ü`),
      minLength: 1,
      maxLength: 8,
    });
    const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
    fc.assert(
      fc.property(fc.array(word), (list) => {
        const { words } = parseTypedLine(`${list.map(quoted).join(' ')} `, ':=', {});
        expect(words).toEqual([...list, '']);
      }),
    );
    const lines = ['a "b\\"c" d', "x 'y z", 'x "y z', 'a\\ b:c', '--set=a:b', '~/x $HOME/y ', '"a"b', "a'b"];
    const env = { HOME: '/somewhere/me' };
    expect(lines.map((line) => parseTypedLine(line, ':=', env))).toEqual([
      { words: ['a', 'b"c', 'd'], quote: '', kept: '' },
      { words: ['x', 'y z'], quote: "'", kept: '' },
      { words: ['x', 'y z'], quote: '"', kept: '' },
      { words: ['a b:c'], quote: '', kept: 'a\\ b:' },
      { words: ['--set=a:b'], quote: '', kept: '--set=a:' },
      { words: ['/somewhere/me/x', '/somewhere/me/y', ''], quote: '', kept: '' },
      { words: ['ab'], quote: undefined, kept: '' },
      { words: ['ab'], quote: undefined, kept: '' },
    ]);
  });
});
