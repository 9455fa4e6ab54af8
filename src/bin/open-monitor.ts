// What cn=monitor has from the start. Parts of the server that have more to show add their own sources where they
// are plugged in.

import { hostname } from 'node:os';
import { adminActionMonitor } from '../backend/admin-action-monitor.ts';
import { HealthWatch, type HealthWatchOptions } from '../backend/health-watch.ts';
import { Monitor } from '../backend/monitor.ts';
import {
  type HealthChecks,
  healthMonitor,
  processMonitor,
  type WritePathParts,
  writePathMonitor,
} from '../backend/server-monitor.ts';
import { VERSION } from './version.ts';

export interface MonitorParts extends WritePathParts, Pick<HealthWatchOptions, 'alerts' | 'log'> {
  readonly instanceFolder: string;
  readonly now: () => Date;
  readonly isStarting: () => boolean;
}

export interface OpenMonitor {
  readonly monitor: Monitor;
  readonly health: HealthChecks;
  readonly watch: HealthWatch;
}

export function openMonitor(parts: MonitorParts): OpenMonitor {
  const { now, instanceFolder, isStarting, store } = parts;
  const startedAt = now();
  const monitor = new Monitor({
    name: 'monitor',
    objectClass: 'ds-monitor-server',
    figures: () => ({
      'ds-mon-product-name': 'confdit',
      'ds-mon-full-version': VERSION,
      'ds-mon-start-time': startedAt,
      'ds-mon-current-time': now(),
      'ds-mon-process-id': process.pid,
      'ds-mon-system-name': hostname(),
      'ds-mon-instance-path': instanceFolder,
    }),
  });
  const watch = new HealthWatch({ ...parts, slowest: () => parts.writePath.slowest });
  const health = {
    alive: () => (store.failure === undefined ? [] : [store.failure.message]),
    healthy: () => (isStarting() ? ['The server is starting.'] : watch.problems),
    notRunning: () => watch.notRunning,
  };
  monitor.add(healthMonitor(health));
  monitor.add(processMonitor());
  monitor.add(writePathMonitor(parts));
  monitor.add(adminActionMonitor(parts.configuration));
  return { monitor, health, watch };
}
