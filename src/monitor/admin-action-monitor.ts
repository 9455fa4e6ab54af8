// What cn=monitor shows of changes that are stored and not in force: which properties of which entries, without their
// values, which are for those who may read the configuration (ds-cfg-pending-change).

import type { Configuration } from '../configuration/configuration.ts';
import type { MonitorSource } from './monitor.ts';

/** Entries that are named; the count counts all. */
const ENTRIES_MAX = 100;

export function adminActionMonitor({
  tree,
  inForce,
}: Pick<Configuration, 'tree' | 'inForce'>): MonitorSource {
  return {
    name: 'admin actions',
    objectClass: 'ds-monitor-admin-actions',
    figures: () => {
      let count = 0;
      const named: string[] = [];
      for (const entry of tree.entries()) {
        const pending = inForce.pending(entry);
        if (pending === undefined) continue;
        count += pending.size;
        if (named.length < ENTRIES_MAX) named.push(`${entry.dn}: ${[...pending.keys()].join(', ')}`);
      }
      return { 'ds-mon-admin-actions-due': count, 'ds-mon-pending-property': named };
    },
  };
}
