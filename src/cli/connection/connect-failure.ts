// What to say when a server cannot be reached, or does not answer.

import { CommandError } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { ConnectionChoice, Patience } from './connection-choice.ts';

type ServerAddress = Pick<ConnectionChoice, 'socket' | 'host' | 'port' | 'security'>;

/** A URL, or the path of a socket file. */
function placeOf({ socket, host, port, security }: ServerAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return socket ?? `${security === 'ssl' ? 'ldaps' : 'ldap'}://${name}:${port}`;
}

/** Returns a CommandError that says why a server cannot be reached. */
export function connectFailure(place: ServerAddress, error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const message = `The server ${placeOf(place)} cannot be reached: ${reasonOf(error)}.`;
  return new CommandError(message, ExitCode.connectError, { cause: error });
}

/** It was there and is not any more: whoever waits for an answer gets none. @param reason what is known of it. */
export function connectionLost(place: ServerAddress, reason?: string): CommandError {
  const hint = place.security === 'none' ? '; a port that is for TLS needs --useSsl' : '';
  const why =
    reason === undefined ? ` and did not answer. Its log says why${hint}.` : `: ${sentence(reason)}`;
  return new CommandError(`The server ${placeOf(place)} closed the connection${why}`, ExitCode.serverDown);
}

/** It says what no LDAP server may say, and the connection was ended here. */
export function notUnderstood(place: ServerAddress, error: Error): CommandError {
  return new CommandError(
    `The connection to the server ${placeOf(place)} was ended here, because ${sentence(error.message)} See whether an ` +
      'LDAP server listens there.',
    ExitCode.serverDown,
    { cause: error },
  );
}

/** Of a server that was asked something the connection is given up too: nobody knows what it does yet. */
export function silence(place: ServerAddress, { ms, option }: Patience): CommandError {
  const isAsked = option === 'requestTimeout';
  const doubt = isAsked ? ', and whether it does what it was asked is not known' : '';
  const time = ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
  return new CommandError(
    `The server ${placeOf(place)} has not answered for ${time}${doubt}; see whether it is stopped or overloaded, or ` +
      `wait longer with --${option}.`,
    isAsked ? ExitCode.serverDown : ExitCode.connectError,
  );
}

/** Returns the text with a full stop at its end. */
export function sentence(text: string): string {
  return text.replace(/\.?$/, '.');
}

/** By the code of the system, for whoever sits at the terminal. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there. Start it, or give the --hostname and --port that it has'],
  ['ENOENT', 'there is no such socket file. Start it, or give the path that it has'],
  [
    'EACCES',
    'this user may not open the socket file. Use --hostname and --port, or become the user who runs it',
  ],
  ['ENOTFOUND', 'the name has no address. Look at --hostname'],
  ['EAI_AGAIN', 'the name cannot be looked up now. Try again later, or give an address with --hostname'],
  ['EHOSTUNREACH', 'there is no way to this host. Look at --hostname, and at the network'],
  ['ENETUNREACH', 'there is no way to its network. Look at --hostname, and at the network'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it speaks no TLS there. Leave --useSsl out, or give the port for TLS'],
  [
    'ECONNRESET',
    'it closed the connection. Its log says why; perhaps its denied-client or allowed-client does',
  ],
]);

/** A host with several addresses fails with one error for all of them, which has no words of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reasonOf))].join('; ');
  if (!(error instanceof Error)) return String(error);
  return ('code' in error ? REASONS.get(error.code) : undefined) ?? error.message;
}
