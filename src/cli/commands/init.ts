// `confdit init`: an instance folder with its keys, its configuration and the administrator's password, without a start.

import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { WritePath } from '../../configuration/write/write-path.ts';
import { ADMINISTRATOR_BIND_NAME, giveAdministratorPassword } from '../../instance/administrator.ts';
import { giveMasterKey } from '../../instance/keys/instance-keys.ts';
import { openConfiguration } from '../../instance/open-configuration.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output-options.ts';
import { instanceOf } from './instance-options.ts';

/** Creates an instance folder. */
export async function init(invocation: Invocation, world: World): Promise<ExitCode> {
  const choice = instanceOf(invocation, world);
  const folder = resolve(choice.instance);
  if (await isThere(join(folder, 'config', 'config.ldif'))) {
    throw new CommandError(
      `${folder} is an instance already, and stays as it is. Give another folder with --instance.`,
      ExitCode.alreadyExists,
    );
  }
  const masterKey = invocation.value('master-key');
  if (masterKey !== undefined) await asCommandError(() => giveMasterKey(choice, world.env, masterKey));
  const now = () => new Date();
  const tell = (_: object, message: string) => void world.stderr.write(`${message}\n`);
  const log = { info: () => {}, warn: tell, error: tell };
  const pinFile = await asCommandError(async () => {
    const opened = await openConfiguration({ choice, environment: world.env, now, log });
    const { instance, configuration, store } = opened;
    const writePath = new WritePath({ target: configuration, runtime: new Runtime([]), store, now, log });
    try {
      await giveAdministratorPassword(instance, world.env, configuration, writePath, now);
      return instance.pinFile;
    } finally {
      await writePath.close();
      await store.close();
    }
  });
  if (invocation.has('json')) {
    const passwordFile = (await isThere(pinFile)) ? pinFile : undefined;
    world.stdout.write(
      formatJson({ instance: folder, administrator: ADMINISTRATOR_BIND_NAME, passwordFile }),
    );
  } else if (!invocation.has('quiet')) world.stdout.write(await farewell(choice.instance, pinFile));
  return ExitCode.success;
}

async function farewell(folder: string, pinFile: string): Promise<string> {
  const password = (await isThere(pinFile))
    ? `The password is in ${join(folder, 'config', 'admin.pin')}.`
    : 'The password is the one that the environment gave.';
  return [
    `The instance ${folder} is created. The administrator is ${ADMINISTRATOR_BIND_NAME}.`,
    password,
    `Start it with: confdit start --instance ${folder}`,
    '',
  ].join('\n');
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
