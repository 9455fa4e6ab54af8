// `confdit reload`: asks a running server to read again what its configuration draws from, and tells what came of it.

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type Command, CommandError, type Invocation, type World } from '../../cli/command.ts';
import { CONNECTION_OPTIONS } from '../../cli/connection-options.ts';
import type { Directory } from '../../cli/directory.ts';
import { ExitCode } from '../../cli/exit-code.ts';
import { Dn } from '../../ldap/dn.ts';
import { Entry } from '../../ldap/entry.ts';
import { INSTANCE_OPTIONS } from './instance-options.ts';
import { openDirectory } from './open-directory.ts';

const LOOK_MS = 100;
const UNFINISHED: ReadonlySet<string> = new Set(['', 'WAITING_ON_START_TIME', 'RUNNING']);
const COMPLETED = 'COMPLETED_SUCCESSFULLY';
const MESSAGE = /severity="(\w+)".* message="(.*)"$/s;

export const reloadCommand: Command = {
  name: 'reload',
  group: 'The server',
  synopsis: 'Lets the server read expression files, files, key stores and trust stores again.',
  description:
    'All of it resolves and is right, or nothing changes and every problem is listed; the exit code is not 0 then.\n' +
    'The signal SIGHUP does the same, and so does an entry of class ds-task-reload below cn=Scheduled Tasks,cn=tasks.',
  options: [...INSTANCE_OPTIONS.filter(({ name }) => name === 'instance'), ...CONNECTION_OPTIONS],
  run: reload,
};

async function reload(invocation: Invocation, world: World): Promise<number> {
  const directory = await openDirectory(invocation, world);
  try {
    const task = await finishedTask(directory);
    const isDone = task.first('ds-task-state') === COMPLETED;
    for (const line of task.values('ds-task-log-message')) {
      const [, severity, message = line] = MESSAGE.exec(line) ?? [];
      const out = severity === 'ERROR' || !isDone ? world.stderr : world.stdout;
      out.write(`${message}\n`);
    }
    return isDone ? ExitCode.success : ExitCode.constraintViolation;
  } finally {
    await directory.close();
  }
}

/** Adds a task and waits for its end. */
async function finishedTask(directory: Directory): Promise<Entry> {
  const id = `reload-${randomUUID()}`;
  const dn = Dn.parse(`ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`);
  await directory.add(Entry.of(dn, { objectClass: ['top', 'ds-task', 'ds-task-reload'], 'ds-task-id': id }));
  for (;;) {
    const [task] = await directory.search({ base: dn.toString(), scope: 'base' });
    if (task === undefined)
      throw new CommandError(`The task ${dn} is gone, and nobody knows what came of it.`, ExitCode.other);
    if (!UNFINISHED.has(task.first('ds-task-state') ?? '')) return task;
    await setTimeout(LOOK_MS);
  }
}
