// A kind of task: writes all of the configuration to config.ldif, so that the file shows what is in the journal too.

import type { WritePath } from '../configuration/write/write-path.ts';
import type { TaskContext, TaskKind, TaskOutcome } from './task-kind.ts';

export function snapshotTask(writePath: WritePath): TaskKind {
  return {
    objectClass: 'ds-task-snapshot',
    classNames: ['confdit.SnapshotTask'],
    privileges: [],
    isOneAtATime: true,
    check: () => [],
    run: async (task: TaskContext): Promise<TaskOutcome> => {
      await writePath.snapshot();
      task.log('INFORMATION', 'The configuration is written; the journal starts over.');
      return 'successfully';
    },
  };
}
