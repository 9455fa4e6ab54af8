// A command as somebody would type it into a shell, with stars for what is secret: what `--displayCommand` prints,
// `--commandFilePath` keeps, and a batch shows.

import { appendFile } from 'node:fs/promises';
import { messageOf } from '../../files/file-error.ts';
import { SECRET_STARS } from '../../ldap/issue.ts';
import type { Command, CommandOption, Invocation, World } from '../command.ts';
import { CommandError } from '../command.ts';
import { allOptionsOf, wordsOfOption } from '../command-line.ts';
import { ExitCode } from '../exit-code.ts';
import type { ObjectFamily } from './object-family.ts';

export const EQUIVALENT_OPTIONS: readonly CommandOption[] = [
  {
    name: 'displayCommand',
    group: 'output',
    synopsis: 'print the command when it has succeeded, secrets as stars',
  },
  {
    name: 'commandFilePath',
    value: 'FILE',
    group: 'output',
    synopsis: 'append the command to this file when it has succeeded, secrets as stars',
  },
];

/** `--yes` is the same as `--no-prompt`, which is shown. */
const OWN_OPTIONS: ReadonlySet<string> = new Set([...EQUIVALENT_OPTIONS.map(({ name }) => name), 'yes']);
const PROPERTY_AND_VALUE: ReadonlySet<string> = new Set(['set', 'add', 'remove']);
const PROPERTY: ReadonlySet<string> = new Set(['reset', 'property']);
const SECRET_OPTIONS: ReadonlySet<string> = new Set([
  'bindPassword',
  'trustStorePassword',
  'keyStorePassword',
]);
/** An equals sign in front would be expanded by zsh. */
const PLAIN_WORD = /^(?!=)[\w@%+=:,./-]+$/;

/** As somebody would type it into a shell. */
export function formatCommand(words: readonly string[]): string {
  const quoted = words.map((word) => (PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ['confdit', ...quoted].join(' ');
}

/** The words of a command that was typed. */
export function equivalentWords(
  command: Pick<Command, 'name' | 'options'>,
  invocation: Invocation,
  family: ObjectFamily,
): readonly string[] {
  const words = allOptionsOf(command)
    .filter((option) => invocation.has(option.name) && !OWN_OPTIONS.has(option.name))
    .flatMap(({ name: option, value }) =>
      value === undefined
        ? [`--${option}`]
        : invocation.values(option).flatMap((text) => wordsOfOption(option, shown(option, text, family))),
    );
  const { operands } = invocation;
  // A name may begin as an option does.
  return [
    command.name,
    ...words,
    ...(operands.some((one) => one.startsWith('-')) ? ['--'] : []),
    ...operands,
  ];
}

function shown(option: string, text: string, { types }: ObjectFamily): string {
  if (SECRET_OPTIONS.has(option)) return SECRET_STARS;
  if (option === 'define')
    return text.includes('=') ? `${text.slice(0, text.indexOf('='))}=${SECRET_STARS}` : SECRET_STARS;
  if (PROPERTY.has(option)) return isProperty(text, types) ? text : SECRET_STARS;
  if (!PROPERTY_AND_VALUE.has(option)) return text;
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0)).toLowerCase();
  for (const { propertiesByName } of types.values()) {
    const property = propertiesByName.get(name);
    if (property !== undefined) return `${text.slice(0, colon)}:${property.type.show(text.slice(colon + 1))}`;
  }
  // What is no property may be one that is wrongly spelled, or a secret whose property was forgotten.
  return SECRET_STARS;
}

function isProperty(name: string, types: ObjectFamily['types']): boolean {
  return [...types.values()].some(({ propertiesByName }) => propertiesByName.has(name.toLowerCase()));
}

/** Does what the options ask for with a command that has succeeded. */
export async function tellCommand(
  words: readonly string[],
  invocation: Invocation,
  { stdout }: Pick<World, 'stdout'>,
): Promise<void> {
  const line = `${formatCommand(words)}\n`;
  if (invocation.has('displayCommand')) stdout.write(line);
  const path = invocation.value('commandFilePath');
  if (path === undefined) return;
  try {
    await appendFile(path, line);
  } catch (error) {
    const reason = messageOf(error);
    throw new CommandError(
      `The command was done, and cannot be kept in the file of --commandFilePath: ${reason}.`,
      ExitCode.localError,
      { cause: error },
    );
  }
}
