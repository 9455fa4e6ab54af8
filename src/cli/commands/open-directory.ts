// Opens the tree that a command works on: a running server, found by the connection options, or the files of an instance.

import type { ConnectionOptions } from 'node:tls';
import { Oid } from '../../ldap/oids.ts';
import { hasTerminal } from '../ask.ts';
import type { Invocation, World } from '../command.ts';
import { withValues } from '../command-line.ts';
import type { ChangeStream } from '../connection/change-stream.ts';
import { type ConnectionChoice, connectionOf, PasswordMissing } from '../connection/connection-choice.ts';
import { DEFAULT_BIND_DN } from '../connection/connection-options.ts';
import type { Directory } from '../connection/directory.ts';
import { otherChoice } from '../connection/other-server.ts';
import { ServerConnection } from '../connection/server-connection.ts';
import { instanceOf, SOURCE_OPTIONS } from './instance-options.ts';

const SECRET_OPTIONS: readonly string[] = ['bindPassword', 'trustStorePassword', 'keyStorePassword'];

/** Opens a running server or, with --offline, the files of an instance. Rejects with CommandError. */
export async function openDirectory(invocation: Invocation, world: World): Promise<Directory> {
  if (!invocation.has('offline')) {
    adviseOnSources(invocation, world);
    return openServer(invocation, world);
  }
  const { openOfflineDirectory } = await import('../offline/offline-directory.ts');
  return openOfflineDirectory(instanceOf(invocation, world), world);
}

/** A running server has sources of its own. */
function adviseOnSources(invocation: Invocation, { stderr }: World): void {
  const idle = SOURCE_OPTIONS.map(({ name }) => name).filter((name) => invocation.has(name));
  if (idle.length === 0) return;
  const names = idle.map((name) => `--${name}`).join(' and ');
  stderr.write(`${names} has no effect here: a running server resolves expressions with its own sources.\n`);
}

/** Opens a connection to a running server. Rejects with CommandError. */
export async function openServer(invocation: Invocation, world: World): Promise<ServerConnection> {
  const choice = await chooseConnection(invocation, world);
  const server = await ServerConnection.open(choice, await tlsOptions(choice, invocation, world));
  if (invocation.has('reportAuthzId')) {
    world.stderr.write(`Logged in as ${await server.extended(Oid.whoAmI, undefined)}\n`);
  }
  return server;
}

/**
 * Returns how to open other servers of the same cluster by their URLs, as whoever has logged in. A password for another machine
 * goes there by TLS only, unless the connection that was typed goes to another machine without it. Rejects with CommandError.
 */
export async function openerOfOthers(
  invocation: Invocation,
  world: World,
): Promise<(urls: readonly string[]) => Promise<Directory>> {
  const typed = await chooseConnection(invocation, world);
  return async (urls) => {
    const choice = otherChoice(typed, urls);
    return ServerConnection.open(choice, await tlsOptions(choice, invocation, world));
  };
}

/** Opens a connection to a running server for very many changes. Rejects with CommandError. */
export async function openChangeStream(invocation: Invocation, world: World): Promise<ChangeStream> {
  const choice = await chooseConnection(invocation, world);
  const { ChangeStream } = await import('../connection/change-stream.ts');
  return ChangeStream.open(choice, await tlsOptions(choice, invocation, world));
}

/** Asks for a password that nobody has given, where there is a terminal. */
async function chooseConnection(invocation: Invocation, world: World): Promise<ConnectionChoice> {
  adviseOnPasswords(invocation, world);
  try {
    return connectionOf(invocation, world);
  } catch (error) {
    const mayAsk = hasTerminal(world) && !invocation.has('no-prompt');
    if (!(error instanceof PasswordMissing) || !mayAsk) throw error;
    const { Prompts } = await import('../menu/prompts.ts');
    const prompts = await Prompts.open(world);
    const user = invocation.value('bindDN') ?? DEFAULT_BIND_DN;
    const password = await prompts.secret(`The password of ${user}`, () => undefined);
    if (password === undefined) throw error;
    return connectionOf(withValues(invocation, { bindPassword: [password] }), world);
  }
}

/** Advises a person at a terminal; scripts get no advice. */
function adviseOnPasswords(invocation: Invocation, { stderr }: World): void {
  if (stderr.isTTY !== true || invocation.has('quiet')) return;
  for (const name of SECRET_OPTIONS.filter((one) => invocation.has(one))) {
    const others = name === 'bindPassword' ? ', or none of them, to be asked' : '';
    stderr.write(
      `Others on this machine can read what --${name} gives. Better: --${name}:file, --${name}:env${others}.\n`,
    );
  }
}

/** Makes the TLS options. The code for keys and certificates is loaded only if there are any. Rejects with CommandError. */
async function tlsOptions(
  choice: ConnectionChoice,
  invocation: Invocation,
  world: World,
): Promise<ConnectionOptions> {
  const { trustStore, keyStore } = choice;
  const stores =
    trustStore === undefined && keyStore === undefined
      ? undefined
      : await import('../connection/key-stores.ts');
  const authorities = trustStore === undefined ? undefined : await stores?.readAuthorities(trustStore);
  const own = keyStore === undefined ? {} : await stores?.readOwnKey(keyStore);
  if (choice.security === 'none') return { ...own };
  if (choice.trustsAll) return { rejectUnauthorized: false, ...own };
  const { decideTrust } = await import('../connection/certificate-trust.ts');
  return { ...(await decideTrust({ choice, authorities }, invocation, world)), ...own };
}
