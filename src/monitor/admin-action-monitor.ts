// Monitoring of pending changes: stored changes that wait for an admin action. Shows entries and properties
// without values, which only readers of the configuration may see (ds-cfg-pending-change).

import type { Configuration } from '../configuration/configuration.ts';
import type { MonitorSource } from './monitor.ts';

/** Maximum number of entries that are listed. The count includes all. */
const ENTRIES_MAX = 100;

/** Returns the monitor source of pending changes. */
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
        const pending = [...(inForce.pending(entry)?.keys() ?? [])];
        // Nothing of such an entry is in force on this server.
        const due = inForce.isAbsent(entry) ? ['all properties'] : pending;
        if (due.length === 0) continue;
        count += due.length;
        if (named.length < ENTRIES_MAX) named.push(`${entry.dn}: ${due.join(', ')}`);
      }
      return { 'ds-mon-admin-actions-due': count, 'ds-mon-pending-property': named };
    },
  };
}
