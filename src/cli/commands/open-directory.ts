// How a command of the program comes by the tree it works on: a running server, found by the connection options, or the
// files of an instance.

import type { ConnectionOptions } from 'node:tls';
import { messageOf } from '../../files/file-error.ts';
import { FileReader } from '../../files/file-reader.ts';
import { UnreadableFile } from '../../files/named-file.ts';
import { Oid } from '../../ldap/oids.ts';
import { chooseKeys } from '../../trust/server-key.ts';
import { StoreReader } from '../../trust/store-reader.ts';
import { TrustError } from '../../trust/trust-error.ts';
import { hasTerminal } from '../ask.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { withValues } from '../command-line.ts';
import { decideTrust } from '../connection/certificate-trust.ts';
import { ChangeStream } from '../connection/change-stream.ts';
import {
  type ConnectionChoice,
  connectionOf,
  DEFAULT_BIND_DN,
  type KeyStoreChoice,
  PasswordMissing,
  type TrustStoreChoice,
} from '../connection/connection-options.ts';
import type { Directory } from '../connection/directory.ts';
import { ServerConnection } from '../connection/server-connection.ts';
import { ExitCode } from '../exit-code.ts';
import { Prompts } from '../menu/prompts.ts';
import { OfflineDirectory } from '../offline/offline-directory.ts';
import { instanceOf, SOURCE_OPTIONS } from './instance-options.ts';
import { openOfflineInstance } from './offline-instance.ts';

const SECRET_OPTIONS: readonly string[] = ['bindPassword', 'trustStorePassword', 'keyStorePassword'];
const TRUST_STORE_OCTETS_MAX = 16 * 1024 * 1024;
const PEM_START = '-----BEGIN CERTIFICATE-----';

/** A running server or, with --offline, the files of an instance. Rejects with CommandError. */
export async function openDirectory(invocation: Invocation, world: World): Promise<Directory> {
  if (!invocation.has('offline')) {
    adviseOnSources(invocation, world);
    return openServer(invocation, world);
  }
  return new OfflineDirectory(await openOfflineInstance(instanceOf(invocation, world), world));
}

/** A running server has sources of its own. */
function adviseOnSources(invocation: Invocation, { stderr }: World): void {
  const idle = SOURCE_OPTIONS.map(({ name }) => name).filter((name) => invocation.has(name));
  if (idle.length === 0) return;
  const names = idle.map((name) => `--${name}`).join(' and ');
  stderr.write(`${names} has no effect here: a running server resolves expressions with its own sources.\n`);
}

/** The same with what only a running server can do. Rejects with CommandError. */
export async function openServer(invocation: Invocation, world: World): Promise<ServerConnection> {
  const choice = await chooseConnection(invocation, world);
  const server = await ServerConnection.open(choice, await tlsOf(choice, invocation, world));
  if (invocation.has('reportAuthzId')) {
    world.stderr.write(`Logged in as ${await server.extended(Oid.whoAmI, undefined)}\n`);
  }
  return server;
}

/** The same server for very many changes. Rejects with CommandError. */
export async function openChangeStream(invocation: Invocation, world: World): Promise<ChangeStream> {
  const choice = await chooseConnection(invocation, world);
  return ChangeStream.open(choice, await tlsOf(choice, invocation, world));
}

/** Asks for a password that nobody has given, where there is a terminal. */
async function chooseConnection(invocation: Invocation, world: World): Promise<ConnectionChoice> {
  adviseOnPasswords(invocation, world);
  try {
    return connectionOf(invocation, world);
  } catch (error) {
    const mayAsk = hasTerminal(world) && !invocation.has('no-prompt');
    if (!(error instanceof PasswordMissing) || !mayAsk) throw error;
    const prompts = await Prompts.open(world);
    const user = invocation.value('bindDN') ?? DEFAULT_BIND_DN;
    const password = await prompts.secret(`The password of ${user}`, () => undefined);
    if (password === undefined) throw error;
    return connectionOf(withValues(invocation, { bindPassword: [password] }), world);
  }
}

/** Scripts have been told by help. */
function adviseOnPasswords(invocation: Invocation, { stderr }: World): void {
  if (stderr.isTTY !== true || invocation.has('quiet')) return;
  for (const name of SECRET_OPTIONS.filter((one) => invocation.has(one))) {
    const others = name === 'bindPassword' ? ', or none of them, to be asked' : '';
    stderr.write(
      `Others on this machine can read what --${name} gives. Better: --${name}:file, --${name}:env${others}.\n`,
    );
  }
}

async function tlsOf(
  choice: ConnectionChoice,
  invocation: Invocation,
  world: World,
): Promise<ConnectionOptions> {
  const { trustStore, keyStore } = choice;
  const authorities = trustStore === undefined ? undefined : await readAuthorities(trustStore);
  const own = keyStore === undefined ? {} : await readOwnKey(keyStore);
  return { ...(await decideTrust({ choice, authorities }, invocation, world)), ...own };
}

/** What the server is shown, where it asks. */
async function readOwnKey({ path, pin, nickname }: KeyStoreChoice): Promise<ConnectionOptions> {
  try {
    const { keys } = await new StoreReader(new FileReader()).read({ path, pin, type: undefined });
    const chosen = chooseKeys(keys, nickname === undefined ? [] : [nickname], new Date());
    return {
      key: chosen.map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })),
      cert: chosen.map(({ certificate, chain }) => [certificate, ...chain].join('')),
    };
  } catch (error) {
    throw storeError('key', error);
  }
}

function storeError(what: string, error: unknown): CommandError {
  const message = messageOf(error);
  const isSentence = error instanceof TrustError || error instanceof UnreadableFile;
  const text = isSentence ? message : `The ${what} store cannot be read: ${message}.`;
  return new CommandError(text, ExitCode.wrongData, { cause: error });
}

/** As PEM: what TLS wants. */
async function readAuthorities({ path, pin }: TrustStoreChoice): Promise<readonly string[]> {
  try {
    const files = new FileReader();
    const { octets } = await files.read(path, TRUST_STORE_OCTETS_MAX);
    const text = octets.toString('latin1');
    if (text.includes(PEM_START)) return [text];
    const certificates = await new StoreReader(files).readAuthorities({
      path,
      pin,
      type: undefined,
    });
    return certificates.map((certificate) => certificate.toString());
  } catch (error) {
    throw storeError('trust', error);
  }
}
