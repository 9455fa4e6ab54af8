// A kind of task: reads everything again that the configuration draws from. The entry reports which effective values have
// changed, or every problem that prevented the reload.

import type { Reload } from '../configuration/reload/reload.ts';
import { ReloadRefused } from '../configuration/reload/reload.ts';
import { Reason } from '../files/program-error.ts';
import { countOf } from '../ldap/issue.ts';
import type { TaskContext, TaskKind, TaskOutcome } from './task-kind.ts';

/** Returns the kind of task that reloads. */
export function reloadTask(reload: Pick<Reload, 'run'>): TaskKind {
  return {
    objectClass: 'ds-task-reload',
    classNames: ['confdit.ReloadTask'],
    privileges: [],
    isOneAtATime: true,
    isOfServer: true,
    check: () => [],
    run: async (task: TaskContext): Promise<TaskOutcome> => {
      try {
        const { lines, kept } = await reload.run(`a task of ${task.by}`);
        for (const line of lines) task.log('INFORMATION', line);
        for (const problem of kept) task.log('WARNING', `Still not in force on this server: ${problem}`);
        task.log('INFORMATION', `Everything was read again; ${countOf(lines.length, 'change')} took effect.`);
        return 'successfully';
      } catch (error) {
        if (!(error instanceof ReloadRefused)) throw error;
        for (const problem of error.problems) task.log('ERROR', problem);
        throw new Reason(`Nothing has changed; ${countOf(error.problems.length, 'problem')}.`);
      }
    },
  };
}
