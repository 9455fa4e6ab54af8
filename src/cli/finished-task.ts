// A task of a running server as a command sees it: added, waited for, and read when it has ended.

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import { CommandError } from './command.ts';
import type { Directory } from './connection/directory.ts';
import { ExitCode } from './exit-code.ts';

export interface TaskRequest {
  /** The class of the kind of task, and the attributes that it takes. */
  readonly objectClass: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
}

export interface TaskLine {
  /** `INFORMATION`, `WARNING` or `ERROR`. */
  readonly severity: string;
  readonly message: string;
}

export interface FinishedTask {
  readonly entry: Entry;
  /** True if it did all that it was asked for. */
  readonly isSuccessful: boolean;
  /** The lines of its log, in order. */
  readonly lines: readonly TaskLine[];
}

const LOOK_MS = 100;
const UNFINISHED: ReadonlySet<string> = new Set(['', 'WAITING_ON_START_TIME', 'RUNNING']);
const CANCELED = 'STOPPED_BY_ADMINISTRATOR';
const SUCCESSFUL = 'COMPLETED_SUCCESSFULLY';
const MESSAGE = /severity="(\w+)".* message="(.*)"$/s;

/**
 * Adds the task and resolves when it has ended. Rejects with CommandError.
 *
 * @param look called with the entry whenever it was looked at and the task goes on
 */
export async function finishTask(
  directory: Directory,
  request: TaskRequest,
  look: (entry: Entry) => void = () => {},
): Promise<FinishedTask> {
  const id = randomUUID();
  const dn = Dn.parse(`ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`);
  const objectClass = ['top', 'ds-task', request.objectClass];
  await directory.add(Entry.of(dn, { objectClass, 'ds-task-id': id, ...request.attributes }));
  for (;;) {
    const [entry] = await directory.search({ base: dn.toString(), scope: 'base' });
    if (entry === undefined)
      throw new CommandError(`The task ${dn} is gone, and nobody knows what came of it.`, ExitCode.other);
    const state = entry.first('ds-task-state') ?? '';
    if (!UNFINISHED.has(state)) {
      return {
        entry,
        isSuccessful: state === SUCCESSFUL,
        lines: entry.values('ds-task-log-message').map(lineOf),
      };
    }
    look(entry);
    await setTimeout(LOOK_MS);
  }
}

/** Asks a task to end, whether or not it still runs. Never rejects. */
export async function cancelTask(directory: Directory, dn: string): Promise<void> {
  const attribute = new Attribute('ds-task-state', [CANCELED]);
  await directory.modify(dn, [{ operation: 'replace', attribute }]).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
  });
}

function lineOf(text: string): TaskLine {
  const [, severity = 'INFORMATION', message = text] = MESSAGE.exec(text) ?? [];
  return { severity, message };
}
