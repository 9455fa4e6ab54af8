// Monitoring of cn=tasks.

import type { TaskRunner } from '../tasks/task-runner.ts';
import type { MonitorSource } from './monitor.ts';

/** Returns the monitor source of tasks. */
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
