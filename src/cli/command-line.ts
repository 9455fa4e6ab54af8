// What was typed after `confdit`, as data. Parsing only: nothing is started here.

import { parseArgs } from 'node:util';

export interface StartCommand {
  readonly name: 'start';
  /** Definitions of tokens as written, `token=value`. */
  readonly definitions: readonly string[];
  /** The instance folder, if it was given. */
  readonly instance: string | undefined;
}

export type Command = StartCommand | { readonly name: 'help' } | { readonly name: 'version' };

export const HELP = `Usage: confdit start [--instance FOLDER] [--define TOKEN=VALUE]...

Starts the server and serves until it is interrupted.

  --instance FOLDER     where configuration, journal and keys are kept
                        (default: CONFDIT_INSTANCE, or ./instance); made on first start
  --define TOKEN=VALUE  a value for the expression $<TOKEN>; may be repeated
  --help                this text
  --version             the version

Environment: LDAP_PORT, LDAP_LISTEN_ADDRESS, CONFDIT_INSTANCE, CONFDIT_ADMIN_PASSWORD (first start only),
CONFDIT_ENVCONFIG_DIRS, CONFDIT_ACCESS_LOG (on or off); and every variable that an expression of the configuration names.
`;

/** What is wrong with the command line, for the person who typed it. */
export class UsageError extends Error {}

export function parseCommandLine(words: readonly string[]): Command {
  const { values, positionals } = parse(words);
  if (values.help === true) return { name: 'help' };
  if (values.version === true) return { name: 'version' };
  const [name, ...others] = positionals;
  if (name === undefined) return { name: 'help' };
  if (name !== 'start') throw new UsageError(`There is no command "${name}". The commands are: start.`);
  if (others.length > 0) throw new UsageError(`"${others.join(' ')}" is more than the command start takes.`);
  return { name, definitions: values.define ?? [], instance: values.instance };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        define: { type: 'string', multiple: true },
        instance: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
