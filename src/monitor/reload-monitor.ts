// Monitoring of reloads: the time of the last one, and the problems if it was refused, such as an expression
// without a value. The values from before then stay in effect.

import type { Reload } from '../configuration/reload/reload.ts';
import type { MonitorSource } from './monitor.ts';

/** Maximum number of problems that are listed. */
const PROBLEMS_MAX = 100;

/** Returns the monitor source of reloads. */
export function reloadMonitor(reload: Pick<Reload, 'last'>): MonitorSource {
  return {
    name: 'reload',
    objectClass: 'ds-monitor-reload',
    figures: () => ({
      'ds-mon-last-reload-time': reload.last?.at,
      'ds-mon-reload-problem': reload.last?.problems.slice(0, PROBLEMS_MAX),
    }),
  };
}
