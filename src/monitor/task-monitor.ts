// What cn=monitor shows of cn=tasks.

import type { TaskRunner } from '../tasks/task-runner.ts';
import type { MonitorSource } from './monitor.ts';

export function taskMonitor(runner: TaskRunner): MonitorSource {
  return {
    name: 'tasks',
    objectClass: 'ds-monitor-tasks',
    figures: () => {
      const { running, waiting } = runner.counts;
      return { 'ds-mon-tasks-running': running, 'ds-mon-tasks-waiting': waiting };
    },
  };
}
