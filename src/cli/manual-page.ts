// The manual page confdit(1), made from the commands themselves, in the macros of man(7).

import type { Command, CommandOption } from './command.ts';
import { describeExitCodes } from './exit-code.ts';

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

export function formatManualPage(all: readonly Command[], version: string): string {
  const commands = all.filter(({ isHidden }) => isHidden !== true);
  const groups = [...new Set(commands.map(({ group }) => group))];
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
      ...commands.filter((command) => command.group === group).flatMap(formatCommand),
    ]),
    '.SH FILES',
    ...FILES.flatMap(([path, what]) => ['.TP', `.I ${roff(path)}`, roff(what)]),
    '.SH EXIT STATUS',
    ...describeExitCodes().flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    '',
  ].join('\n');
}

function formatCommand({ name, operands, synopsis, description, options }: Command): readonly string[] {
  return [
    `.SS "confdit ${roff([name, operands].filter((word) => word !== undefined).join(' '))}"`,
    roff(synopsis),
    ...(description === undefined ? [] : ['.PP', roff(description.replaceAll('\n', ' '))]),
    ...options.flatMap(formatOption),
  ];
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
