// `confdit reload`: asks a running server to read its sources again, and reports the outcome.

import type { Invocation, World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { finishTask } from '../finished-task.ts';
import { formatJson } from '../output-options.ts';
import { whileWorking } from '../progress-bar.ts';
import { openDirectory } from './open-directory.ts';

/** Asks for a reload and reports its outcome. */
export async function reload(invocation: Invocation, world: World): Promise<ExitCode> {
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
        // That it began and ended is known without a line.
        if (message.startsWith('The task ')) continue;
        const out = severity === 'ERROR' || !isSuccessful ? world.stderr : world.stdout;
        out.write(`${message}\n`);
      }
    return isSuccessful ? ExitCode.success : ExitCode.constraintViolation;
  } finally {
    await directory.close();
  }
}
