// Connection options from a file, as dsconfig's tools.properties has them: `hostname=ldap.example.com`, or with a command
// in front, `dsconfig.port=1636`. What was typed goes first, also over another form of the same option.

import { join } from 'node:path';
import { CommandError, type CommandOption, type Invocation, UsageError, type World } from './command.ts';
import { PROPERTIES_FILE_NAME } from './connection/connection-options.ts';
import { ExitCode } from './exit-code.ts';
import { readSmallFileArgument } from './file-argument.ts';

/** The commands whose names may stand in front of an option. */
const PREFIXES: readonly string[] = ['confdit.', 'dsconfig.'];

/** Options of which one given makes the others those of somebody else. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['useSsl', 'useStartTls', 'socket'],
  ['hostname', 'socket'],
  ['port', 'socket'],
  ['trustAll', 'trustStorePath'],
  ['bindPassword', 'bindPassword:env', 'bindPassword:file'],
  ['trustStorePassword', 'trustStorePassword:env', 'trustStorePassword:file'],
  ['keyStorePassword', 'keyStorePassword:env', 'keyStorePassword:file'],
];

/** Completes the typed options from a properties file. Throws CommandError for a file that is not valid. */
export function withProperties(
  invocation: Invocation,
  options: readonly CommandOption[],
  { env }: Pick<World, 'env'>,
): Invocation {
  const properties = readProperties(invocation, options, env);
  const inFile = (name: string): string | undefined => {
    const rivals = ALTERNATIVES.filter((names) => names.includes(name)).flat();
    return [name, ...rivals].some((one) => invocation.has(one)) ? undefined : properties.get(name);
  };
  return {
    operands: invocation.operands,
    values: (name) => {
      const typed = invocation.values(name);
      const written = typed.length > 0 ? undefined : inFile(name);
      return written === undefined ? typed : [written];
    },
    value: (name) => invocation.value(name) ?? inFile(name),
    has: (name) => invocation.has(name) || (inFile(name) ?? 'false') !== 'false',
  };
}

function readProperties(
  invocation: Invocation,
  options: readonly CommandOption[],
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, string> {
  const named = invocation.value('propertiesFilePath');
  if (invocation.has('noPropertiesFile')) {
    if (named === undefined) return new Map();
    throw new CommandError(
      '--propertiesFilePath and --noPropertiesFile exclude each other.',
      ExitCode.conflictingArguments,
    );
  }
  const folder = env.XDG_CONFIG_HOME || (env.HOME ? join(env.HOME, '.config') : undefined);
  const path = named ?? (folder && join(folder, 'confdit', PROPERTIES_FILE_NAME));
  const text = path === undefined ? undefined : readText(path, named !== undefined);
  return path === undefined || text === undefined ? new Map() : parseProperties(text, path, options);
}

function readText(path: string, mustBeThere: boolean): string | undefined {
  try {
    return readSmallFileArgument(path);
  } catch (error) {
    if (!mustBeThere) return undefined;
    throw error;
  }
}

/** Lines that begin with # or ! are comments; a colon in a name may have a backslash, as Java writes it. */
function parseProperties(
  text: string,
  path: string,
  options: readonly CommandOption[],
): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:[#!].*)?$/.test(line)) continue;
    const equals = line.indexOf('=');
    if (equals < 0) throw new UsageError(`${path} line ${index + 1} has no "=". Write OPTION=VALUE.`);
    const written = line.slice(0, equals).trim().replaceAll('\\:', ':');
    const prefix = PREFIXES.find((one) => written.startsWith(one)) ?? '';
    const name = written.slice(prefix.length).toLowerCase();
    const option = options.find((one) => one.name.toLowerCase() === name);
    // The file may be for other programs too.
    if (option !== undefined) properties.set(option.name, line.slice(equals + 1).trim());
  }
  return properties;
}
