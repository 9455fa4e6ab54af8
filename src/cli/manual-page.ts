// The manual page confdit(1), made from the commands themselves, in the macros of man(7).

import type { Command, CommandOption, OptionGroup } from './command.ts';
import { allOptionsOf } from './command-line.ts';
import { examplesOf } from './examples.ts';
import { describeExitCodes } from './exit-code.ts';
import { OPTION_GROUPS } from './help.ts';

const OVERVIEW =
  'confdit is an LDAP server that holds the configuration of mail servers, checks every change before it is stored, ' +
  'and sends through what is configured. The same program works on a running server and on files.';
const FILES: readonly (readonly [string, string])[] = [
  ['instance/config/config.ldif', 'The configuration as it was at the last snapshot.'],
  ['instance/config/journal/', 'Every change since, as LDIF.'],
  ['instance/config/expressions/', 'Values for expressions, *.json and *.properties.'],
  ['instance/config/admin.pin', 'The password of the administrator, made at the first start.'],
  ['instance/schema/', 'The schema; files of the site may be added.'],
];

/** Purposes of the shared groups of options. */
const GROUP_TEXTS: ReadonlyMap<OptionGroup, string> = new Map([
  ['output', 'What commands print, where they have these options.'],
  ['instance', 'Of commands that work on the files of an instance.'],
  [
    'connection',
    'Of every command that asks a running server. Without any, the server on this machine is asked: by the password in ' +
      'config/admin.pin of the instance or, where that file is not there, by the socket ldapi of the instance.',
  ],
  ['common', 'Of every command.'],
]);
/** The subcommands of a kind of objects: all kinds have the same, with the same options. */
const OBJECT_COMMAND = /^(?:create|get|set|rename|delete)-|^list-(?!properties$)/;
const TYPE_SYNOPSIS = 'the type of the object, where its kind has several';
const OBJECTS_TEXT =
  'Objects of each kind have the subcommands of dsconfig. create\\-KIND makes one, on a terminal with questions for what is ' +
  'missing; list\\-KINDs lists them; get\\-KIND\\-prop shows properties; set\\-KIND\\-prop changes them; rename\\-KIND gives another name; delete\\-KIND asks first. ' +
  'confdit list\\-properties lists the properties.';

/** Returns the manual page of all commands in the macros of man(7). */
export function formatManualPage(all: readonly Command[], version: string): string {
  const commands = all.filter(({ isHidden }) => isHidden !== true);
  const objects = commands.filter(({ name }) => OBJECT_COMMAND.test(name));
  const others = commands.filter((command) => !objects.includes(command));
  const groups = [...new Set(others.map(({ group }) => group))];
  return [
    `.TH CONFDIT 1 "" "confdit ${version}" "User Commands"`,
    '.SH NAME',
    'confdit \\- the configuration of mail servers over LDAP',
    '.SH SYNOPSIS',
    '.B confdit',
    '.I COMMAND',
    '[OPTION]...',
    '.SH DESCRIPTION',
    roff(OVERVIEW),
    ...groups.flatMap((group) => [
      `.SH ${roff(group.toUpperCase())}`,
      ...others.filter((command) => command.group === group).flatMap(formatCommand),
    ]),
    ...formatObjects(objects),
    ...[...OPTION_GROUPS].flatMap(([group, heading]) => [
      `.SH "OPTIONS: ${roff(heading.toUpperCase())}"`,
      roff(GROUP_TEXTS.get(group) ?? ''),
      ...optionsOf(commands, group).flatMap(formatOption),
    ]),
    '.SH FILES',
    ...FILES.flatMap(([path, what]) => ['.TP', `.I ${roff(path)}`, roff(what)]),
    '.SH EXIT STATUS',
    ...describeExitCodes().flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    '.SH EXAMPLES',
    '.nf',
    ...commands.flatMap(({ name }) => examplesOf(name).map(roff)),
    '.fi',
    '',
  ].join('\n');
}

function formatCommand({ name, operands, synopsis, description, options }: Command): readonly string[] {
  return [
    `.SS "confdit ${roff([name, operands].filter((word) => word !== undefined).join(' '))}"`,
    roff(synopsis),
    ...(description === undefined ? [] : [roff(description.replaceAll('\n', ' '))]),
    ...options.filter(({ group }) => group === undefined).flatMap(formatOption),
  ];
}

/** All kinds have the same subcommands with the same options: the options once, the subcommands in a line a kind. */
function formatObjects(commands: readonly Command[]): readonly string[] {
  const groups = [...new Set(commands.map(({ group }) => group))];
  const own = optionsOf(commands, undefined).map((option) =>
    option.name === 'type' ? { ...option, synopsis: TYPE_SYNOPSIS } : option,
  );
  return [
    '.SH OBJECTS',
    OBJECTS_TEXT,
    ...groups.flatMap((group) => {
      const names = commands.filter((command) => command.group === group).map(({ name }) => name);
      return ['.TP', `.B ${roff(group)}`, roff(names.join(', '))];
    }),
    '.PP',
    'Their options:',
    ...own.flatMap(formatOption),
  ];
}

/** Each option once, however many commands have it. */
function optionsOf(commands: readonly Command[], group: OptionGroup | undefined): readonly CommandOption[] {
  const found = new Map<string, CommandOption>();
  for (const command of commands) {
    for (const option of allOptionsOf(command)) {
      if (option.group === group && !found.has(option.name)) found.set(option.name, option);
    }
  }
  return [...found.values()];
}

function formatOption({ name, short, value, repeatable, synopsis }: CommandOption): readonly string[] {
  const forms = [...(short === undefined ? [] : [`\\fB\\-${short}\\fR`]), `\\fB\\-\\-${roff(name)}\\fR`].join(
    ', ',
  );
  const argument = value === undefined ? '' : ` \\fI${roff(value)}\\fR`;
  return ['.TP', `${forms}${argument}${repeatable === true ? ' ...' : ''}`, roff(synopsis)];
}

/** A backslash, a hyphen that is no dash, and a line that would be taken for a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}
