// `confdit backup` and `confdit restore`: an instance as one file, taken while its server runs, and verified on its way
// back.

import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { FileError, messageOf } from '../../files/file-error.ts';
import { nodeFileSystem, readWholeFile } from '../../files/file-system.ts';
import { readNamedPieces } from '../../files/named-file.ts';
import { makeBackup, type ProtectFile, writeBackup } from '../../instance/backup.ts';
import { clearSecretsNote } from '../../instance/backup-manifest.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { protectionOf } from '../../instance/keys/backup-secrets.ts';
import { masterKeyPath, readKeys } from '../../instance/keys/instance-keys.ts';
import { configFolderOf, schemaOf } from '../../instance/offline-instance.ts';
import { restoreBackup, verifyBackup } from '../../instance/restore.ts';
import { unpackBackup } from '../../instance/unpack-backup.ts';
import { SchemaError } from '../../schema/schema-error.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { commandErrorFrom } from '../file-argument.ts';
import { isFolder, STANDARD } from '../files/input-files.ts';
import { formatJson } from '../output-options.ts';
import { whileWorking } from '../progress-bar.ts';
import { instanceOf } from './instance-options.ts';

/** Writes a backup of the instance to a file, or to standard output. */
export async function backup(invocation: Invocation, world: World): Promise<ExitCode> {
  const operand = fileOf(invocation);
  requireReader(operand, world);
  const now = new Date();
  const path = (await isFolder(operand)) ? join(operand, nameOf(now)) : operand;
  const choice = instanceOf(invocation, world);
  await asCommandError(() => configFolderOf(choice));
  const made = asCommandError(async () => {
    const masterKey = invocation.has('with-key') ? await masterKeyOf(choice, world) : undefined;
    const { protect, problem } = await protectionFor(choice, world);
    if (problem !== undefined) world.stderr.write(`${problem}\n`);
    const one = await makeBackup(resolve(choice.instance), now, { masterKey, protect });
    await unpackBackup([one.octets]);
    return one;
  });
  const { octets, manifest } = await whileWorking(world.stderr, 'backing up', made);
  const note = clearSecretsNote(manifest);
  if (note !== undefined) world.stderr.write(`${note}\n`);
  if (path === STANDARD) {
    // What is said of it must not be in it.
    await writeOut(octets, world.stdout);
    world.stderr.write(`${manifest.files.size} files, through change ${manifest.number}.\n`);
    return ExitCode.success;
  }
  await writeNew(path, octets);
  const { number } = manifest;
  const count = manifest.files.size;
  world.stdout.write(
    invocation.has('json')
      ? formatJson({ file: path, files: count, change: number, clearSecrets: manifest.clearSecrets })
      : `${path}: ${count} files, through change ${number}.\n`,
  );
  return ExitCode.success;
}

/** Replaces the instance by a backup, or only verifies the backup. */
export async function restore(invocation: Invocation, world: World): Promise<ExitCode> {
  const path = fileOf(invocation);
  const pieces = path === STANDARD ? stdinOf(world) : piecesOf(path);
  const { instance } = instanceOf(invocation, world);
  if (invocation.has('verify-only')) {
    const read = asCommandError(() => verifyBackup(pieces));
    const manifest = await whileWorking(world.stderr, 'verifying', read);
    world.stdout.write(`${path} is whole: taken at ${manifest.at}, through change ${manifest.number}.\n`);
    const note = clearSecretsNote(manifest);
    if (note !== undefined) world.stdout.write(`${note}\n`);
    return ExitCode.success;
  }
  const restored = asCommandError(() =>
    restoreBackup(pieces, { instance, now: new Date(), masterKey: invocation.value('master-key') }),
  );
  const { manifest, aside, keyNote } = await whileWorking(world.stderr, 'restoring', restored);
  world.stdout.write(
    `${resolve(instance)} is as it was at ${manifest.at}, through change ${manifest.number}.\n`,
  );
  if (aside !== undefined) world.stdout.write(`What was there before is in ${aside}\n`);
  if (keyNote !== undefined) world.stdout.write(`${keyNote}\n`);
  return ExitCode.success;
}

/** Returns what encrypts clear secrets on their way, or a sentence that says why nothing does. */
async function protectionFor(
  choice: InstanceChoice,
  { env }: World,
): Promise<{ readonly protect?: ProtectFile; readonly problem?: string }> {
  try {
    const schema = await schemaOf(choice);
    const environment = await environmentWith(choice.environmentFile, env);
    return { protect: await protectionOf({ folder: choice.instance, environment, schema }) };
  } catch (error) {
    // A damaged instance is backed up too.
    if (!(error instanceof SchemaError || error instanceof FileError)) throw error;
    const problem =
      'It is not known whether the backup has secrets in clear text: the schema cannot be read.';
    return { problem: `${problem} ${error.message}` };
  }
}

/** Returns the content of the file with the master key, wherever it is. Throws StartError if it is not the right one. */
async function masterKeyOf(choice: InstanceChoice, { env }: World): Promise<Buffer | undefined> {
  const configFolder = await configFolderOf(choice);
  const place = { configFolder, environment: await environmentWith(choice.environmentFile, env) };
  if ((await readKeys(place)) === undefined) return undefined;
  return readWholeFile(nodeFileSystem, masterKeyPath(place).path);
}

/** Nobody reads a compressed archive at a terminal. */
function requireReader(path: string, { stdout }: World): void {
  if (path === STANDARD && stdout.isTTY === true)
    throw new UsageError('A backup is not written to a terminal. Send it to a file or a program.');
}

function nameOf(now: Date): string {
  return `confdit-${now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '')}.tar.gz`;
}

async function writeOut(octets: Buffer, stdout: World['stdout']): Promise<void> {
  if (!stdout.write(octets)) await once(stdout, 'drain');
}

async function* stdinOf({ stdin }: World): AsyncGenerator<Buffer, void> {
  for await (const piece of stdin) yield Buffer.from(piece);
}

async function* piecesOf(path: string): AsyncGenerator<Buffer, void> {
  try {
    for await (const { octets } of readNamedPieces(path)) yield octets;
  } catch (error) {
    throw commandErrorFrom(error);
  }
}

function fileOf({ operands: [path, ...others] }: Invocation): string {
  if (path !== undefined && others.length === 0) return path;
  throw new UsageError('The command takes the name of one file.');
}

async function writeNew(path: string, octets: Buffer): Promise<void> {
  try {
    await writeBackup(path, octets);
  } catch (error) {
    throw fileError(`The backup ${path} cannot be written`, error);
  }
}

function fileError(what: string, error: unknown): CommandError {
  const reason = messageOf(error);
  return new CommandError(`${what}: ${reason}.`, ExitCode.wrongData, { cause: error });
}
