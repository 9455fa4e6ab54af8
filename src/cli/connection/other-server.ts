// How to reach another server of a cluster than the one whose address was typed.

import { CommandError } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { ConnectionChoice } from './connection-choice.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|::1)$/i;

/**
 * Returns the connection to a server that listens at these URLs, with the login of another connection. Throws CommandError if there is
 * no way that keeps the password.
 */
export function otherChoice(typed: ConnectionChoice, urls: readonly string[]): ConnectionChoice {
  if (typed.socket !== undefined && typed.login === undefined)
    throw new CommandError(
      'a login by the socket file is known on one machine only. Give --bindDN and --bindPassword:file.',
      ExitCode.parameterError,
    );
  const told = urls.flatMap((text) => URL.parse(text) ?? []);
  // Seen from another machine, such an address is that machine itself, and whoever listens there would get the password.
  const known = isNear(typed) ? told : told.filter(({ hostname }) => !LOOPBACK.test(hostname));
  if (known.length === 0 && told.length > 0)
    throw new CommandError(
      `it listens for its own machine only (${urls.join(', ')}). Ask there, or let it listen at another address.`,
      ExitCode.connectError,
    );
  const [plain] = known.filter(({ protocol }) => protocol === 'ldap:');
  const [secured] = known.filter(({ protocol }) => protocol === 'ldaps:');
  if (typed.security === 'ssl' && secured !== undefined)
    return { ...typed, ...placeOf(secured), security: 'ssl' };
  const isFar = plain !== undefined && !LOOPBACK.test(plain.hostname);
  const wantsTls = typed.security !== 'none' || (isFar && isNear(typed));
  if (wantsTls && typed.security !== 'start-tls' && secured !== undefined)
    return { ...typed, ...placeOf(secured), security: 'ssl' };
  if (plain !== undefined) return { ...typed, ...placeOf(plain), security: wantsTls ? 'start-tls' : 'none' };
  if (secured !== undefined) return { ...typed, ...placeOf(secured), security: 'ssl' };
  throw new CommandError('it has told no address for LDAP.', ExitCode.connectError);
}

/** Returns true if the connection does not leave this machine. */
function isNear({ socket, host }: ConnectionChoice): boolean {
  return socket !== undefined || LOOPBACK.test(host);
}

function placeOf({ hostname, port, protocol }: URL): Pick<ConnectionChoice, 'socket' | 'host' | 'port'> {
  const usual = protocol === 'ldaps:' ? 636 : 389;
  return { socket: undefined, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usual) };
}
