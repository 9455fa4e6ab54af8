// What cn=monitor shows of reloads: when the last one was, and why nothing was reloaded if it was refused, such as an
// expression that has no value any more. The values in force are those of before then.

import type { Reload } from '../configuration/reload/reload.ts';
import type { MonitorSource } from './monitor.ts';

/** Problems that are named. */
const PROBLEMS_MAX = 100;

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
