// The options of every command that speaks to a running server, with dsconfig's names, and what they amount to.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, type CommandOption, type Invocation, UsageError, type World } from './command.ts';
import { ExitCode } from './exit-code.ts';

const DEFAULT_BIND_DN = 'uid=admin';
const DEFAULT_PORT = 1389;
const DEFAULT_SSL_PORT = 1636;
/** Where the first start puts the administrator's password, below the instance folder. */
const PIN_FILE = join('config', 'admin.pin');

export const CONNECTION_OPTIONS: readonly CommandOption[] = [
  { name: 'hostname', short: 'h', value: 'HOST', synopsis: 'the server (default: localhost)' },
  {
    name: 'port',
    short: 'p',
    value: 'PORT',
    synopsis: 'its port (default: LDAP_PORT or 1389; 1636 with --useSsl)',
  },
  { name: 'useSsl', short: 'Z', synopsis: 'TLS from the first byte (LDAPS)' },
  { name: 'useStartTls', short: 'q', synopsis: 'TLS by StartTLS' },
  { name: 'trustAll', short: 'X', synopsis: 'believe every certificate' },
  {
    name: 'trustStorePath',
    value: 'FILE',
    synopsis: 'the authorities to believe: PKCS12, JKS or PEM; means --useSsl unless --useStartTls is given',
  },
  { name: 'trustStoreType', value: 'TYPE', synopsis: 'what the file is; seen from the file when absent' },
  { name: 'trustStorePassword', short: 'T', value: 'PIN', synopsis: 'the pin of the file' },
  { name: 'trustStorePassword:env', value: 'NAME', synopsis: 'the environment variable that holds the pin' },
  { name: 'trustStorePassword:file', value: 'FILE', synopsis: 'the file that holds the pin' },
  { name: 'bindDN', short: 'D', value: 'DN', synopsis: `who logs in (default: ${DEFAULT_BIND_DN})` },
  {
    name: 'bindPassword',
    short: 'w',
    value: 'PASSWORD',
    synopsis: 'the password; others on this machine can read it',
  },
  { name: 'bindPassword:env', value: 'NAME', synopsis: 'the environment variable that holds the password' },
  {
    name: 'bindPassword:file',
    short: 'j',
    value: 'FILE',
    synopsis: 'the file that holds the password (default: config/admin.pin of the instance)',
  },
];

export interface TrustStoreChoice {
  readonly path: string;
  readonly pin: string | undefined;
}

/** Where to connect, how, and as whom. */
export interface ConnectionChoice {
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'ssl' | 'start-tls';
  readonly trustsAll: boolean;
  readonly trustStore: TrustStoreChoice | undefined;
  readonly bindDn: string;
  readonly password: string;
}

/** Throws UsageError, and CommandError when the password cannot be read. */
export function connectionOf(invocation: Invocation, { env }: Pick<World, 'env'>): ConnectionChoice {
  const trustPath = invocation.value('trustStorePath');
  const usesSsl = invocation.has('useSsl') || (trustPath !== undefined && !invocation.has('useStartTls'));
  if (usesSsl && invocation.has('useStartTls')) {
    throw new CommandError('--useSsl and --useStartTls exclude each other.', ExitCode.conflictingArguments);
  }
  const usual = usesSsl ? (env.LDAPS_PORT ?? DEFAULT_SSL_PORT) : (env.LDAP_PORT ?? DEFAULT_PORT);
  const port = Number(invocation.value('port') ?? usual);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(
      `The port is ${JSON.stringify(invocation.value('port'))}; it must be from 1 to 65535.`,
    );
  }
  return {
    host: invocation.value('hostname') ?? 'localhost',
    port,
    security: usesSsl ? 'ssl' : invocation.has('useStartTls') ? 'start-tls' : 'none',
    trustsAll: invocation.has('trustAll'),
    trustStore:
      trustPath === undefined
        ? undefined
        : { path: trustPath, pin: findSecret(invocation, 'trustStorePassword', env) },
    bindDn: invocation.value('bindDN') ?? DEFAULT_BIND_DN,
    password: findSecret(invocation, 'bindPassword', env) ?? administratorPassword(invocation, env),
  };
}

/** A secret that was given by one of the three forms of its option. */
function findSecret(invocation: Invocation, option: string, env: NodeJS.ProcessEnv): string | undefined {
  const variable = invocation.value(`${option}:env`);
  if (variable !== undefined) {
    const value = env[variable];
    if (value !== undefined) return value;
    throw new CommandError(
      `--${option}:env: the environment variable ${variable} is not set.`,
      ExitCode.wrongData,
    );
  }
  const path = invocation.value(`${option}:file`);
  return path === undefined ? invocation.value(option) : readSecret(path, `The file of --${option}:file`);
}

/** On the machine of the server the file from its first start is there. */
function administratorPassword(invocation: Invocation, env: NodeJS.ProcessEnv): string {
  const instance = invocation.value('instance') || env.CONFDIT_INSTANCE || 'instance';
  return readSecret(join(instance, PIN_FILE), 'No password was given, and that of the instance');
}

/** One newline at the end belongs to the file, not to the secret. */
function readSecret(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `${what} cannot be read: ${reason}. Give a password with --bindPassword:env or --bindPassword:file.`,
      ExitCode.wrongData,
      { cause: error },
    );
  }
}
