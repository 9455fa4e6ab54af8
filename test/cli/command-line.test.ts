// What was typed, against the commands there are.

import { describe, expect, it } from 'vitest';
import { type Command, UsageError } from '../../src/cli/command.ts';
import { type CommandSource, parseCommandLine } from '../../src/cli/command-line.ts';
import { formatCommandHelp, formatHelp } from '../../src/cli/help.ts';

const greet: Command = {
  name: 'greet',
  group: 'People',
  synopsis: 'Says hello.',
  operands: 'NAME...',
  options: [
    { name: 'word', short: 'w', value: 'WORD', synopsis: 'instead of hello' },
    { name: 'word:file', value: 'FILE', synopsis: 'the file that holds the word' },
    { name: 'to', value: 'PLACE', repeatable: true, synopsis: 'where to say it' },
    { name: 'loud', short: 'l', synopsis: 'in capitals' },
  ],
  run: async () => 0,
};
const leave: Command = { name: 'leave', group: 'People', synopsis: 'Goes.', options: [], run: async () => 0 };
const COMMANDS = [greet, leave];
const SOURCE: CommandSource = {
  find: async (name) => COMMANDS.find((command) => command.name === name),
  all: async () => COMMANDS,
};

function parse(...words: string[]) {
  return parseCommandLine(words, SOURCE);
}

async function invocation(...words: string[]) {
  const line = await parse(...words);
  if (line.type !== 'command') throw new Error(`${words.join(' ')} is ${line.type}`);
  return line.invocation;
}

describe('a command line', () => {
  it('gives the command its options and operands', async () => {
    const given = await invocation('greet', '-w', 'hi', '--to', 'a', 'Ann', '--to=b', '-l', 'Ben');
    expect(given.value('word')).toBe('hi');
    expect(given.values('to')).toEqual(['a', 'b']);
    expect(given.has('loud')).toBe(true);
    expect(given.has('help')).toBe(false);
    expect(given.operands).toEqual(['Ann', 'Ben']);
  });

  it('has options with a form in their name', async () => {
    const given = await invocation('greet', '--word:file', 'x');
    expect(given.value('word:file')).toBe('x');
    expect(given.value('word')).toBeUndefined();
  });

  it('asks for help, of all commands or of one', async () => {
    for (const words of [[], ['--help'], ['-H'], ['help']]) {
      expect(await parse(...words)).toEqual({ type: 'help', command: undefined });
    }
    for (const words of [
      ['greet', '--help'],
      ['help', 'greet'],
    ]) {
      expect(await parse(...words)).toEqual({ type: 'help', command: greet });
    }
  });

  it.each([
    [['dance'], 'There is no command "dance".'],
    [['leve'], 'There is no command "leve". Did you mean leave?'],
    [['greet', '--wrod', 'x'], 'There is no option --wrod here. Did you mean --word?'],
    [['help', 'dance'], 'There is no command "dance"'],
    [['leave', 'now'], 'Word 1 behind leave is more than the command takes.'],
    [['greet', '--word', 'a', '--word', 'b'], 'The option --word can be given only once.'],
    [['greet', '--quiet'], 'Word 1 behind the command begins with "-" and is no option of it.'],
    [['greet', '-q'], 'Word 1 behind the command begins with "-" and is no option of it.'],
    [['greet', '--word'], 'The option --word needs a value.'],
    [['greet', '-w'], 'The option --word needs a value.'],
    [['greet', '-w', '--loud'], 'One that begins with "-" is joined to it: -w-x.'],
    [['greet', '--word', '--loud'], 'One that begins with "-" is joined to it: --word=-x.'],
    [['greet', '--loud=yes'], 'The option --loud takes no value.'],
  ])('%j is refused', async (words, message) => {
    await expect(parse(...words)).rejects.toThrow(UsageError);
    await expect(parse(...words)).rejects.toThrow(message);
  });
});

describe('help', () => {
  it('shows every command under its heading', () => {
    expect(formatHelp(COMMANDS)).toBe(
      'Usage: confdit COMMAND [OPTION]...\n\nPeople\n  greet  Says hello.\n  leave  Goes.\n\n' +
        'confdit COMMAND --help shows the options of a command.\n',
    );
  });

  it('shows the options of a command', () => {
    const help = formatCommandHelp(greet);
    expect(help).toMatch(/^Usage: confdit greet \[OPTION\]\.\.\. NAME\.\.\.$/m);
    expect(help).toMatch(/^ {2}-w, --word WORD {7}instead of hello$/m);
    expect(help).toMatch(/^ {6}--to PLACE \.\.\. {4}where to say it$/m);
  });
});
