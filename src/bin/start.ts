// The process of a server: its log, its signals, its exit code. What it serves is plugged together in open-server.ts.

import { relative } from 'node:path';
import { isatty } from 'node:tty';
import type { Invocation, World } from '../cli/command.ts';
import { instanceOf } from '../cli/commands/instance-options.ts';
import { ExitCode } from '../cli/exit-code.ts';
import { ADMINISTRATOR_BIND_NAME, ADMINISTRATOR_DN } from '../instance/administrator.ts';
import type { Instance } from '../instance/instance.ts';
import type { InstanceChoice } from '../instance/instance-choice.ts';
import { noteRefusedStart } from '../instance/refused-starts.ts';
import { StartError, sentenceForPeople } from '../instance/start-error.ts';
import { VERSION } from '../instance/version.ts';
import { systemClock } from './clock.ts';
import { unlessLoopIsEmpty } from './empty-loop.ts';
import { type OpenLog, openLog } from './log.ts';
import { type OpenServer, openServer } from './open-server.ts';
import { answerParent } from './parent-channel.ts';

const EMPTY =
  'The server ends because nothing is left that it could wait for: no port is open, and no file is being read. This is a fault of confdit; please tell its makers.';

/** Serves until SIGINT or SIGTERM; resolves to the exit code of the process. */
export async function start(invocation: Invocation, process: World): Promise<ExitCode> {
  const choice: InstanceChoice = {
    ...instanceOf(invocation, process),
    isLastKnownGood: invocation.has('last-known-good'),
    acceptsEdit: invocation.has('accept-edit'),
  };
  let log: OpenLog | undefined;
  try {
    log = openLog(process.stdout, process.env.CONFDIT_ACCESS_LOG);
    tellFaults(process, log);
    await unlessLoopIsEmpty(process, serve(choice, process, log), () => new StartError(EMPTY));
    return ExitCode.success;
  } catch (error) {
    const reason = sentenceForPeople(error);
    process.stderr.write(reason);
    await noteRefusedStart(choice.instance, reason, new Date());
    return ExitCode.failed;
  } finally {
    log?.flush();
  }
}

async function serve(choice: InstanceChoice, process: World, log: OpenLog): Promise<void> {
  const opening = openServer({ choice, environment: process.env, ...systemClock(), log });
  const hungUp = reloadWhenHungUp(process, opening);
  const server = await opening;
  // Whoever reads that the server is ready may end it at once.
  const interrupted = Promise.race([interruption(process), hungUp]);
  answerParent(process, (digest) => server.describe(digest));
  log.info({ version: VERSION, urls: server.urls, instance: server.instance.folder }, 'ready');
  if (process.stdout.isTTY) process.stdout.write(greet(server.urls, server.instance));
  log.flush();
  log.info({ signal: await interrupted }, 'stopping');
  await server.close();
  log.info({}, 'stopped');
  const files = server.heldUpBy();
  if (files.length === 0) return;
  log.warn(
    { files },
    'file systems that do not answer would keep the process for ever; it ends itself by SIGKILL',
  );
  log.flush();
  process.kill(process.pid, 'SIGKILL');
}

/** The first SIGINT or SIGTERM; a terminal and npm both pass one on, so those that follow are no hurry. */
function interruption(process: Pick<World, 'on'>): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
}

/**
 * Reloads at each SIGHUP, from the first moment on: one that comes while the server starts has its turn when it has
 * started. Resolves when the terminal is closed that the server was started on: nobody would know that it runs on.
 */
function reloadWhenHungUp(
  process: Pick<World, 'on' | 'stdout'>,
  opening: Promise<OpenServer>,
): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGHUP', () => {
      if (process.stdout.isTTY && !isatty(process.stdout.fd)) resolve('SIGHUP');
      // The problems are in the log; a start that fails is reported by the start itself.
      else opening.then((server) => server.reload('SIGHUP')).catch(() => {});
    });
  });
}

/** A fault of the program ends it, as Node.js has it, with the stack on the error output; the log has it too. */
function tellFaults(process: Pick<World, 'on'>, log: OpenLog): void {
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    log.error({ err: error, origin }, 'a fault of the program ends the server');
    log.flush();
  });
}

/** Returns the text for a terminal once the server is ready. */
function greet(urls: readonly string[], instance: Instance): string {
  const pin = relative('', instance.pinFile);
  const url = urls.find((one) => one.startsWith('ldap://')) ?? urls[0] ?? '';
  return `
  The administrator is ${ADMINISTRATOR_DN} (or ${ADMINISTRATOR_BIND_NAME}).
  The password is in ${pin}, unless the environment gave it at the first start.
  The server listens on ${urls.join(' ')}
  To look around:

    ldapsearch -x -H ${url} -D ${ADMINISTRATOR_BIND_NAME} -y ${pin} -b cn=config

  Ctrl-C stops the server.

`;
}
