// Help, made from the commands themselves.

import type { Command, CommandOption, OptionGroup } from './command.ts';
import { allOptionsOf } from './command-line.ts';
import { examplesOf } from './examples.ts';

const COLUMN_MAX = 30;

/** All commands, under the headings of their groups; `program` is the word before them. */
export function formatHelp(all: readonly Command[], program = 'confdit'): string {
  const commands = all.filter(({ isHidden }) => isHidden !== true);
  const groups = [...new Set(commands.map(({ group }) => group))];
  const width = Math.max(...commands.map(({ name }) => name.length));
  const sections = groups.map((group) => {
    const lines = commands
      .filter((command) => command.group === group)
      .map(({ name, synopsis }) => `  ${name.padEnd(width)}  ${synopsis}`);
    return `${group}\n${lines.join('\n')}`;
  });
  return `Usage: ${program} COMMAND [OPTION]...\n\n${sections.join('\n\n')}\n\n${program} COMMAND --help shows the options of a command.\n`;
}

/** The headings of shared options, in the order of help. */
export const OPTION_GROUPS: ReadonlyMap<OptionGroup, string> = new Map([
  ['output', 'Output'],
  ['instance', 'Instance'],
  ['connection', 'Connection to a running server'],
  ['common', 'Every command'],
]);

/** One command with its options and examples. */
export function formatCommandHelp(command: Command): string {
  const { name, operands, synopsis, description } = command;
  const options = allOptionsOf(command);
  const usage = ['Usage: confdit', name, '[OPTION]...', operands].filter((word) => word !== undefined);
  const width = Math.min(COLUMN_MAX, Math.max(...options.map((option) => formatOption(option).length)));
  const linesOf = (group: OptionGroup | undefined) =>
    options
      .filter((option) => option.group === group)
      .map((option) => formatOptionLine(option, width))
      .join('\n');
  const own = linesOf(undefined);
  const examples = examplesOf(name).map((example) => `  ${example}`);
  const paragraphs = [
    usage.join(' '),
    synopsis,
    description,
    own,
    examples.length === 0 ? '' : `Examples:\n${examples.join('\n')}`,
    ...[...OPTION_GROUPS].map(([group, heading]) => {
      const lines = linesOf(group);
      return lines === '' ? '' : `${heading}:\n${lines}`;
    }),
  ];
  return `${paragraphs.filter((text) => text !== undefined && text !== '').join('\n\n')}\n`;
}

function formatOption({ name, short, value, repeatable }: CommandOption): string {
  const forms = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return `${forms}${value === undefined ? '' : ` ${value}`}${repeatable === true ? ' ...' : ''}`;
}

/** Formats an option. One that is too long for the column has a line of its own. */
function formatOptionLine(option: CommandOption, width: number): string {
  const form = formatOption(option);
  const gap = form.length > width ? `\n${' '.repeat(width + 4)}` : ' '.repeat(width - form.length + 2);
  return `  ${form}${gap}${option.synopsis}`;
}
