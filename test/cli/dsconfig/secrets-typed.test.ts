// A secret that stands on a command line or in a batch never comes back in what is printed, whatever else is wrong with
// the line: half of it without quotes, a property misspelled, a quote that does not end, a word too many.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../support/commands.ts';
import { typeConfdit } from '../../support/confdit-in-process.ts';
import { removeFolder } from '../../support/folders.ts';

const CORE = 'n4rienvog';
const CANARY = `kA${CORE}el`;
/** Serving and menus are no lines that end. */
const NOT_RUN: ReadonlySet<string> = new Set(['start', 'menu']);
/** Nobody listens here. */
const NOWHERE = ['--hostname', '127.0.0.1', '--port', '1'];
const SECRET_OPTION = /password|pin$/i;

const COMMAND_LIST = COMMANDS.filter(({ name }) => !NOT_RUN.has(name));
const SUBCOMMANDS = ['create-mail-server', 'set-mail-server-prop', 'create-trust-manager-provider'];

/** Where a secret may stand, also by mistake. */
const MISTAKES: readonly (readonly string[])[] = [
  ['--set', `auth-password:${CANARY}`],
  ['--set', 'auth-password:Top', CANARY],
  ['--set', 'auth-password:Top', `--${CANARY}`],
  ['--set', 'auth-password:Top', `-${CANARY}`],
  ['--set', `auth-pasword:${CANARY}`],
  ['--set', `auth-password::${CANARY}\n`],
  ['--set', 'auth-password', CANARY],
  ['--set', CANARY],
  ['--set', `${CANARY}:`],
  ['--set', `${CANARY}:x`],
  ['--set', `:${CANARY}`],
  ['--add', `auth-password:${CANARY}`, '--set', 'auth-password:x'],
  ['--remove', `auth-password:${CANARY}`, '--reset', 'auth-password'],
  ['--reset', CANARY],
  ['--property', CANARY],
  ['--set', `smtp-property:mail.smtp.password=${CANARY}`],
  ['--set', `smtp-property:mail.smtp.password ${CANARY}`],
  ['--set', `key-store-pin:${CANARY}`, '--set', `trust-store-pin:${CANARY}`],
  ['--bindPassword', CANARY],
  [`--bindPassword=${CANARY}`],
  [`--bindPasswort=${CANARY}`],
  [`-w${CANARY}`],
  ['--bindPassword:env', CANARY],
  ['--bindPassword:file', CANARY],
  ['--bindPassword', 'Top', CANARY],
  ['--no-prompt', CANARY],
  ['--define', CANARY],
];
const mistake = fc.constantFrom(...MISTAKES);
const harmless = fc.constantFrom<readonly string[]>(
  ['--server-name', 'A'],
  ['--provider-name', 'A'],
  ['--set', 'smtp-server:mx.example.com'],
  ['--set', 'enabled:maybe'],
  ['--unknown'],
  ['-n'],
  NOWHERE,
);

/** Says that the secret stands where an operand does: behind `--no-prompt`, or behind an option that has its value. */
function isOperand(words: readonly string[]): boolean {
  return words.at(-1) === CANARY && (words.length === 3 || words[0] === '--no-prompt');
}

function expectNoSecret({ stdout, stderr }: { stdout: string; stderr: string }, words: unknown): void {
  expect(`${stdout}\n${stderr}`, JSON.stringify(words)).not.toContain(CORE);
}

describe('a secret on the command line', () => {
  let folder: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-canaries-'));
    environment = { CONFDIT_INSTANCE: join(folder, 'none'), XDG_CONFIG_HOME: folder };
  });

  afterAll(() => removeFolder(folder));

  it('is not printed by any command for any option that takes one', async () => {
    for (const command of COMMAND_LIST) {
      for (const { name, value } of command.options) {
        if (value === undefined || !SECRET_OPTION.test(name.split(':')[0] ?? '')) continue;
        for (const words of [
          [`--${name}`, CANARY],
          ...(command.operands === undefined ? [[`--${name}`, 'Top', CANARY]] : []),
          [`--${name}=${CANARY}`, '--wrong'],
        ]) {
          const typed = [command.name, ...words, ...(name === 'port' ? [] : NOWHERE)];
          expectNoSecret(await typeConfdit(typed, { environment }), typed);
        }
      }
    }
  });

  it('is not printed whatever is wrong with the line, for every command and every mistake', async () => {
    const lines = [
      ...COMMAND_LIST.flatMap(({ name, operands }) =>
        // A word behind an option that has its value is an operand of these: the name of a file, and printed.
        MISTAKES.filter((words) => operands === undefined || !isOperand(words)).map((words) => [
          name,
          ...words,
        ]),
      ),
      ...SUBCOMMANDS.flatMap((name) => MISTAKES.map((words) => ['dsconfig', name, ...words])),
    ];
    for (const words of lines) expectNoSecret(await typeConfdit(words, { environment }), words);
  });

  it('is not printed whatever else is wrong with the line', async () => {
    const subcommand = fc.constantFrom(...SUBCOMMANDS.map((name) => ['dsconfig', name]));
    const property = fc.asyncProperty(
      fc.tuple(
        subcommand,
        fc.array(harmless, { maxLength: 3 }),
        mistake,
        fc.array(harmless, { maxLength: 2 }),
      ),
      async (parts) => {
        const words = parts.flat(2);
        expectNoSecret(await typeConfdit(words, { environment }), words);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  it('is not printed whatever is wrong with the line of a batch', async () => {
    const quote = fc.constantFrom('', '"', "'", '\\');
    const line = fc.tuple(
      fc.constantFrom(...SUBCOMMANDS, 'create-mail-servr', CANARY),
      fc.array(harmless, { maxLength: 2 }),
      mistake.filter(([option = '']) => !/:(?:env|file)$/.test(option)),
      quote,
    );
    const property = fc.asyncProperty(line, async ([subcommand, before, wrong, mark]) => {
      const last = wrong.at(-1) ?? '';
      const words = [subcommand, ...before.flat(), ...wrong.slice(0, -1), mark + last];
      const given = { environment, input: `${words.join(' ')}\n` };
      expectNoSecret(await typeConfdit(['dsconfig', '--batch', '-n', ...NOWHERE], given), words);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('is named by its place where a batch line does not parse', async () => {
    const file = join(folder, 'd6.batch');
    const begin = 'create-mail-server --server-name q --set smtp-server:mx.example.com';
    const batch = async (text: string) => {
      await writeFile(file, text);
      return (await typeConfdit(['dsconfig', '-X', '-n', '--batchFilePath', file], { environment })).stderr;
    };
    expect(await batch(`${begin} --set "auth-password:${CANARY}\n`)).toMatch(
      /Line 1: The quote that begins in column 75 does not end\./,
    );
    expect(await batch(`\n${begin} --set auth-password:Top ${CANARY}\n`)).toMatch(
      /Line 2: Word 7 behind create-mail-server is more than the command takes\. Put a value that has blanks in quotes\./,
    );
  });
});
