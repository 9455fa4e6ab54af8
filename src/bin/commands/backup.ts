// `confdit backup` and `confdit restore`: an instance as one file, taken while its server runs, and verified on its way
// back.

import { resolve } from 'node:path';
import { type Command, CommandError, type Invocation, UsageError, type World } from '../../cli/command.ts';
import { ExitCode } from '../../cli/exit-code.ts';
import { commandErrorFrom } from '../../cli/file-argument.ts';
import { formatJson, JSON_OPTION } from '../../cli/output.ts';
import { whileWorking } from '../../cli/progress-bar.ts';
import { readNamedPieces } from '../../files/named-file.ts';
import { makeBackup, writeBackup } from '../backup.ts';
import { restoreBackup, verifyBackup } from '../restore.ts';
import { unpackBackup } from '../unpack-backup.ts';
import { INSTANCE_OPTIONS, instanceOf } from './instance-options.ts';
import { configFolderOf, inWords } from './offline-instance.ts';

const OPTIONS = INSTANCE_OPTIONS.filter(({ name }) => name === 'instance');

export const backupCommand: Command = {
  name: 'backup',
  group: 'Safety',
  operands: 'FILE',
  synopsis: 'Writes the instance to one file (a compressed tar archive), also while its server runs.',
  description:
    'The file holds passwords and keys. What is in cn=tasks, logs, and earlier backups are left out.',
  options: [...OPTIONS, JSON_OPTION],
  run: backup,
};

export const restoreCommand: Command = {
  name: 'restore',
  group: 'Safety',
  operands: 'FILE',
  synopsis: 'Puts a backup in the place of the instance, once all of it is verified; what was there is kept.',
  options: [
    ...OPTIONS,
    { name: 'verify-only', synopsis: 'say whether the backup is whole, and change nothing' },
  ],
  run: restore,
};

async function backup(invocation: Invocation, world: World): Promise<ExitCode> {
  const path = fileOf(invocation);
  const choice = instanceOf(invocation, world);
  await configFolderOf(choice);
  const made = inWords(async () => {
    const one = await makeBackup(resolve(choice.instance), new Date());
    await unpackBackup([one.octets]);
    return one;
  });
  const { octets, manifest } = await whileWorking(world.stderr, 'backing up', made);
  await writeNew(path, octets);
  const { number } = manifest;
  const count = manifest.files.size;
  world.stdout.write(
    invocation.has('json')
      ? formatJson({ file: path, files: count, change: number })
      : `${path}: ${count} files, through change ${number}.\n`,
  );
  return ExitCode.success;
}

async function restore(invocation: Invocation, world: World): Promise<ExitCode> {
  const path = fileOf(invocation);
  const pieces = piecesOf(path);
  const { instance } = instanceOf(invocation, world);
  if (invocation.has('verify-only')) {
    const read = inWords(() => verifyBackup(pieces));
    const manifest = await whileWorking(world.stderr, 'verifying', read);
    world.stdout.write(`${path} is whole: taken at ${manifest.at}, through change ${manifest.number}.\n`);
    return ExitCode.success;
  }
  const restored = inWords(() => restoreBackup(pieces, instance, new Date()));
  const { manifest, aside } = await whileWorking(world.stderr, 'restoring', restored);
  world.stdout.write(
    `${resolve(instance)} is as it was at ${manifest.at}, through change ${manifest.number}.\n`,
  );
  if (aside !== undefined) world.stdout.write(`What was there before is in ${aside}\n`);
  return ExitCode.success;
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
  const reason = error instanceof Error ? error.message : String(error);
  return new CommandError(`${what}: ${reason}.`, ExitCode.wrongData, { cause: error });
}
