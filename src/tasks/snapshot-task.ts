// A kind of task: writes the whole configuration to config.ldif, including what is only in the journal.

import type { WritePath } from '../configuration/write/write-path.ts';
import type { TaskContext, TaskKind, TaskOutcome } from './task-kind.ts';

/** Returns the kind of task that writes a snapshot. */
export function snapshotTask(writePath: WritePath): TaskKind {
  return {
    objectClass: 'ds-task-snapshot',
    classNames: ['confdit.SnapshotTask'],
    privileges: [],
    isOneAtATime: true,
    isOfServer: true,
    check: () => [],
    run: async (task: TaskContext): Promise<TaskOutcome> => {
      await writePath.snapshot();
      task.log('INFORMATION', 'The configuration is written; the journal starts over.');
      return 'successfully';
    },
  };
}
