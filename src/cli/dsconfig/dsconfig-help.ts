// dsconfig's help in its own grouping: `--help`, `--help-all`, and `--help-security` and its like.

import type { Command } from '../command.ts';
import { formatHelp } from '../help.ts';
import { ALL, CATEGORIES } from './help-categories.ts';
import { familyOfCommand, type ObjectFamily } from './object-family.ts';

const [FIRST = ''] = CATEGORIES.keys();

/** The text for one of the words; undefined when none of them asks for help. */
export function formatDsconfigHelp(
  words: readonly string[],
  subcommands: readonly Command[],
  families: readonly ObjectFamily[],
): string | undefined {
  const word = words.find((one) => one === ALL || CATEGORIES.has(one.replace(/^--help-/, '')));
  if (word === undefined) return undefined;
  const category = word.slice('--help-'.length);
  const shown = word === ALL ? subcommands : subcommands.filter(isIn(category, families));
  if (shown.length > 0) return formatHelp(shown, 'confdit dsconfig');
  return `There are no subcommands relating to ${category}. confdit dsconfig ${ALL} lists those there are.\n`;
}

function isIn(category: string, families: readonly ObjectFamily[]): (command: Command) => boolean {
  const elsewhere = new Set([...CATEGORIES.values()].flat());
  return ({ name }) => {
    const family = familyOfCommand(name, families);
    if (family === undefined || !elsewhere.has(family.name)) return category === FIRST;
    return CATEGORIES.get(category)?.includes(family.name) === true;
  };
}
