// `confdit rotate-key`: a new key for the secrets in the files of an instance whose server is down.

import { type NewMasterKey, rotateDataKey, rotateMasterKey } from '../../instance/keys/rotate-keys.ts';
import { type Invocation, UsageError, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { whileWorking } from '../progress-bar.ts';
import { instanceOf } from './instance-options.ts';

/** Makes a new data key, or a new master key. */
export async function rotateKey(invocation: Invocation, world: World): Promise<ExitCode> {
  const tell = (_: object, message: string) => void world.stderr.write(`${message}\n`);
  const options = {
    choice: instanceOf(invocation, world),
    environment: world.env,
    now: () => new Date(),
    log: { info: tell, warn: tell },
  };
  const file = invocation.value('new-key-file');
  if (invocation.has('master')) {
    const made = await asCommandError(() => rotateMasterKey(options, file));
    world.stdout.write(sentenceOf(made));
    return ExitCode.success;
  }
  if (file !== undefined) throw new UsageError('--new-key-file belongs to --master.');
  const work = asCommandError(() => rotateDataKey(options));
  const id = await whileWorking(world.stderr, 'encrypting', work);
  world.stdout.write(`All secrets are encrypted with the new data key ${id}.\n`);
  return ExitCode.success;
}

function sentenceOf({ id, path, isPending }: NewMasterKey): string {
  return isPending
    ? `The data keys open with the new master key ${id} too. Name ${path} with CONFDIT_MASTER_KEY_FILE and start the ` +
        'server: the former key is of no use then.\n'
    : `${path} holds the new master key ${id}. The former one only opens earlier backups.\n`;
}
