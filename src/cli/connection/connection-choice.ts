// Which server the connection options name, how to connect, and as whom.

import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { withValues } from '../command-line.ts';
import { ExitCode } from '../exit-code.ts';
import { readSmallFileArgument, whyUnreadable } from '../file-argument.ts';
import { withProperties } from '../properties-file.ts';
import {
  CONNECTION_OPTIONS,
  DEFAULT_BIND_DN,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_REQUEST_TIMEOUT_MS,
  EXTERNAL,
} from './connection-options.ts';

const DEFAULT_PORT = 1389;
const DEFAULT_SSL_PORT = 1636;
/** Where the first start puts the administrator's password, below the instance folder. */
const PIN_FILE = join('config', 'admin.pin');
/** Where the server of an instance listens for this machine, below the instance folder. */
const SOCKET_FILE = 'ldapi';
/** Options of which one says that another server is meant than the one of the instance, or another account. */
const ELSEWHERE: readonly string[] = [
  ...['hostname', 'port', 'useSsl', 'useStartTls', 'trustAll', 'trustStorePath', 'keyStorePath'],
  ...['bindDN', 'saslOption'],
];

/** Nobody has said which password; somebody at a terminal can be asked. */
export class PasswordMissing extends CommandError {}

export interface TrustStoreChoice {
  readonly path: string;
  readonly pin: string | undefined;
}

export interface KeyStoreChoice extends TrustStoreChoice {
  /** Undefined: the one there is, or the one that is good for the longest. */
  readonly nickname: string | undefined;
}

/** How long a server may say nothing; 0: as long as it likes. */
export interface Patience {
  readonly ms: number;
  /** The option that says so. */
  readonly option: 'connectTimeout' | 'requestTimeout';
}

/** Where to connect, how, and as whom. */
export interface ConnectionChoice {
  /** A socket file, instead of host and port. */
  readonly socket: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'ssl' | 'start-tls';
  readonly trustsAll: boolean;
  readonly trustStore: TrustStoreChoice | undefined;
  readonly keyStore: KeyStoreChoice | undefined;
  /** For the connection, TLS and the login, each. */
  readonly connectPatience: Patience;
  /** For everything else. */
  readonly requestPatience: Patience;
  /** Without one the server knows who it is from the socket file or the certificate: SASL EXTERNAL (RFC 4422 appendix A). */
  readonly login: Login | undefined;
}

export interface Login {
  readonly dn: string;
  readonly password: string;
}

/** Throws UsageError, and CommandError when the password cannot be read. */
export function connectionOf(typed: Invocation, { env }: Pick<World, 'env'>): ConnectionChoice {
  const invocation = withProperties(typed, CONNECTION_OPTIONS, { env });
  try {
    return choiceOf(invocation, env);
  } catch (error) {
    const socket = error instanceof PasswordMissing ? localSocket(invocation, env) : undefined;
    if (socket === undefined) throw error;
    return choiceOf(withValues(invocation, { socket: [socket] }), env);
  }
}

/** The socket file of the instance, for whoever has named no other server and may open the file. */
function localSocket(invocation: Invocation, env: NodeJS.ProcessEnv): string | undefined {
  if (ELSEWHERE.some((option) => invocation.has(option))) return undefined;
  const path = resolve(instanceFolder(invocation, env), env.LDAPI_PATH || SOCKET_FILE);
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return statSync(path).isSocket() ? path : undefined;
  } catch {
    return undefined;
  }
}

function instanceFolder(invocation: Invocation, env: NodeJS.ProcessEnv): string {
  return invocation.value('instance') || env.CONFDIT_INSTANCE || 'instance';
}

function choiceOf(invocation: Invocation, env: NodeJS.ProcessEnv): ConnectionChoice {
  const socket = invocation.value('socket');
  const keyStore = keyStoreOf(invocation, env);
  const trustPath = invocation.value('trustStorePath');
  const security = securityOf(invocation, trustPath !== undefined || keyStore !== undefined);
  return {
    socket,
    host: invocation.value('hostname') ?? 'localhost',
    port: portOf(invocation, security === 'ssl' ? env.LDAPS_PORT : env.LDAP_PORT, security),
    security,
    trustsAll: invocation.has('trustAll'),
    trustStore:
      trustPath === undefined
        ? undefined
        : { path: trustPath, pin: findSecret(invocation, 'trustStorePassword', env) },
    keyStore,
    connectPatience: patienceOf(invocation, 'connectTimeout', DEFAULT_CONNECT_TIMEOUT_MS),
    requestPatience: patienceOf(invocation, 'requestTimeout', DEFAULT_REQUEST_TIMEOUT_MS),
    login: loginOf(invocation, env, socket !== undefined || keyStore !== undefined),
  };
}

function keyStoreOf(invocation: Invocation, env: NodeJS.ProcessEnv): KeyStoreChoice | undefined {
  const path = invocation.value('keyStorePath');
  if (path === undefined) return undefined;
  const pin = findSecret(invocation, 'keyStorePassword', env);
  return { path, pin, nickname: invocation.value('certNickname') };
}

function patienceOf(invocation: Invocation, option: Patience['option'], usualMs: number): Patience {
  const written = invocation.value(option);
  if (written === undefined) return { ms: usualMs, option };
  if (/^\d{1,9}$/.test(written)) return { ms: Number(written), option };
  throw new UsageError(`--${option} is ${JSON.stringify(written)}; it must be milliseconds, or 0.`);
}

function securityOf(invocation: Invocation, hasStore: boolean): ConnectionChoice['security'] {
  const given = ['useSsl', 'useStartTls', 'socket'].filter((name) => invocation.has(name));
  if (given.length > 1) {
    const names = given.map((name) => `--${name}`).join(' and ');
    throw new CommandError(`${names} exclude each other.`, ExitCode.conflictingArguments);
  }
  if (invocation.has('socket')) return 'none';
  if (invocation.has('useStartTls')) return 'start-tls';
  return hasStore || invocation.has('useSsl') ? 'ssl' : 'none';
}

function portOf(
  invocation: Invocation,
  usual: string | undefined,
  security: ConnectionChoice['security'],
): number {
  const written = invocation.value('port') ?? usual;
  const port = Number(written ?? (security === 'ssl' ? DEFAULT_SSL_PORT : DEFAULT_PORT));
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`The port is ${JSON.stringify(written)}; it must be from 1 to 65535.`);
}

/** A socket file or a certificate says who somebody is, unless a name or a password was given. */
function loginOf(invocation: Invocation, env: NodeJS.ProcessEnv, isKnown: boolean): Login | undefined {
  const dn = invocation.value('bindDN');
  const isExternal = asksForExternal(invocation);
  if (isExternal && !isKnown) {
    throw new CommandError(
      'mech=EXTERNAL needs a certificate or a socket file that says who logs in. Give --keyStorePath or --socket.',
      ExitCode.conflictingArguments,
    );
  }
  if (isExternal) return undefined;
  const password = findSecret(invocation, 'bindPassword', env);
  if (isKnown && dn === undefined && password === undefined) return undefined;
  return { dn: dn ?? DEFAULT_BIND_DN, password: password ?? administratorPassword(invocation, env) };
}

function asksForExternal(invocation: Invocation): boolean {
  const written = invocation.values('saslOption');
  const mechanism = written.map((one) => /^mech=(.*)$/i.exec(one)?.[1]?.toUpperCase()).find(Boolean);
  if (written.length === 0 || mechanism === EXTERNAL) return mechanism === EXTERNAL;
  throw new UsageError(
    `--saslOption is ${JSON.stringify(written.join(' '))}; only mech=${EXTERNAL} is known here.`,
  );
}

/** A secret that was given by one of the three forms of its option. */
function findSecret(invocation: Invocation, option: string, env: NodeJS.ProcessEnv): string | undefined {
  const variable = invocation.value(`${option}:env`);
  if (variable !== undefined) {
    const value = env[variable];
    if (value !== undefined) return value;
    // Whoever wrote the password itself here must not find it in a log.
    throw new CommandError(
      `--${option}:env: the environment variable of the name given there is not set.`,
      ExitCode.wrongData,
    );
  }
  const path = invocation.value(`${option}:file`);
  return path === undefined
    ? invocation.value(option)
    : readSecret(path, `The file that --${option}:file names`);
}

/** On the machine of the server the file from its first start is there. */
function administratorPassword(invocation: Invocation, env: NodeJS.ProcessEnv): string {
  try {
    const path = join(instanceFolder(invocation, env), PIN_FILE);
    return readSecret(path, `No password was given: The file ${path}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new PasswordMissing(error.message, error.exitCode, { cause: error });
  }
}

/**
 * One newline at the end belongs to the file, not to the secret.
 *
 * @param what the file, to begin a sentence. What somebody named as the file may be the password itself.
 */
function readSecret(path: string, what: string): string {
  try {
    return readSmallFileArgument(path).replace(/\r?\n$/, '');
  } catch (error) {
    throw new CommandError(
      `${what} ${whyUnreadable(error)}. Give a password with --bindPassword:env or --bindPassword:file.`,
      ExitCode.wrongData,
      { cause: error },
    );
  }
}
