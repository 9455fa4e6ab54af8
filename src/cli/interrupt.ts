// What a command does before it ends by Ctrl-C: something short, such as asking a server to stop what it was asked for.

import type { World } from './command.ts';
import { ERASE_LINE } from './terminal.ts';

const PATIENCE_MS = 500;

/**
 * Gives what the work gives. At the first SIGINT `stop` is called, and the process ends by the signal as soon as that is
 * done, or after half a second, or at the next SIGINT.
 */
export async function untilInterrupted<Result>(
  world: World,
  work: Promise<Result>,
  stop: () => Promise<unknown>,
): Promise<Result> {
  const interrupted = () => {
    // The line of the progress bar goes; nobody listens to the signal any more, so it ends the process.
    if (world.stderr.isTTY === true) world.stderr.write(ERASE_LINE);
    const end = () => world.kill(world.pid, 'SIGINT');
    setTimeout(end, PATIENCE_MS);
    stop().then(end, end);
  };
  world.once('SIGINT', interrupted);
  try {
    return await work;
  } finally {
    world.off('SIGINT', interrupted);
  }
}
