// `confdit reload`: asks a running server to read again what its configuration draws from, and tells what came of it.

import type { Command, Invocation, World } from '../command.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import { ExitCode } from '../exit-code.ts';
import { finishTask } from '../finished-task.ts';
import { formatJson, JSON_OPTION } from '../output.ts';
import { whileWorking } from '../progress-bar.ts';
import { INSTANCE_OPTIONS } from './instance-options.ts';
import { openDirectory } from './open-directory.ts';

export const reloadCommand: Command = {
  name: 'reload',
  group: 'The server',
  synopsis: 'Lets the server read expression files, files, key stores and trust stores again.',
  description:
    'All of it resolves and is right, or nothing changes and every problem is listed; the exit code is not 0 then.\n' +
    'The signal SIGHUP does the same, and so does an entry of class ds-task-reload below cn=Scheduled Tasks,cn=tasks.',
  options: [
    ...INSTANCE_OPTIONS.filter(({ name }) => name === 'instance'),
    JSON_OPTION,
    ...CONNECTION_OPTIONS,
  ],
  run: reload,
};

async function reload(invocation: Invocation, world: World): Promise<ExitCode> {
  const directory = await openDirectory(invocation, world);
  try {
    const { isSuccessful, lines } = await whileWorking(
      world.stderr,
      'reloading',
      finishTask(directory, { objectClass: 'ds-task-reload' }),
    );
    if (invocation.has('json')) world.stdout.write(formatJson({ successful: isSuccessful, messages: lines }));
    else
      for (const { severity, message } of lines) {
        // That it began and ended is seen without being told.
        if (message.startsWith('The task ')) continue;
        const out = severity === 'ERROR' || !isSuccessful ? world.stderr : world.stdout;
        out.write(`${message}\n`);
      }
    return isSuccessful ? ExitCode.success : ExitCode.constraintViolation;
  } finally {
    await directory.close();
  }
}
