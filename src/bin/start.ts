// The process of a server: its log, its signals, its exit code. What it serves is plugged together in open-server.ts.

import { isatty } from 'node:tty';
import type { World } from '../cli/command.ts';
import type { InstanceChoice } from './commands/instance-options.ts';
import { greet } from './greeting.ts';
import { type OpenLog, openLog } from './log.ts';
import { openServer } from './open-server.ts';
import { answerParent } from './parent-channel.ts';
import { noteRefusedStart } from './refused-starts.ts';
import { sentenceForPeople } from './start-error.ts';
import { VERSION } from './version.ts';

const EXIT_FAILED = 1;

/** Serves until SIGINT or SIGTERM; resolves to the exit code of the process. */
export async function start(choice: InstanceChoice, process: World): Promise<number> {
  let log: OpenLog | undefined;
  try {
    log = openLog(process.stdout, process.env.CONFDIT_ACCESS_LOG);
    const server = await openServer({ choice, environment: process.env, now: () => new Date(), log });
    // Whoever reads that the server is ready may end it at once.
    const interrupted = interruption(process, () => server.reload('SIGHUP'));
    answerParent(process, (digest) => server.describe(digest));
    log.info({ version: VERSION, urls: server.urls, instance: server.instance.folder }, 'ready');
    if (process.stdout.isTTY) process.stdout.write(greet(server.urls, server.instance));
    log.flush();
    log.info({ signal: await interrupted }, 'stopping');
    await server.close();
    log.info({}, 'stopped');
    return 0;
  } catch (error) {
    const reason = sentenceForPeople(error);
    process.stderr.write(reason);
    await noteRefusedStart(choice.instance, reason, new Date());
    return EXIT_FAILED;
  } finally {
    log?.flush();
  }
}

/** The first SIGINT or SIGTERM; a terminal and npm both pass one on, so those that follow are no hurry. */
function interruption(
  process: Pick<World, 'on' | 'stdout'>,
  reload: () => Promise<unknown>,
): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
    process.on('SIGHUP', () => {
      // The terminal is closed that the server was started on: nobody would know that it runs on.
      if (process.stdout.isTTY && !isatty(process.stdout.fd)) resolve('SIGHUP');
      // What is wrong stands in the log.
      else reload().catch(() => {});
    });
  });
}
