// What cn=monitor has from the start. Parts of the server that have more to show add their own sources where they
// are plugged in.

import { hostname } from 'node:os';
import { countDescriptors, reserveDescriptors } from '../files/descriptors.ts';
import { VERSION } from '../instance/version.ts';
import { adminActionMonitor } from '../monitor/admin-action-monitor.ts';
import { DescriptorWatch, type DescriptorWatchOptions } from '../monitor/descriptor-watch.ts';
import { HealthWatch, type HealthWatchOptions } from '../monitor/health-watch.ts';
import { Monitor } from '../monitor/monitor.ts';
import {
  type HealthChecks,
  healthMonitor,
  processMonitor,
  type WritePathParts,
  writePathMonitor,
} from '../monitor/server-monitor.ts';

export interface MonitorParts
  extends WritePathParts,
    Pick<HealthWatchOptions, 'alerts' | 'files'>,
    Pick<DescriptorWatchOptions, 'later'> {
  readonly log: HealthWatchOptions['log'] & DescriptorWatchOptions['log'];
  readonly instanceFolder: string;
  readonly now: () => Date;
  readonly isStarting: () => boolean;
  /** Sentences about what does not work although the server serves. */
  readonly degraded: () => readonly string[];
}

export interface OpenMonitor {
  readonly monitor: Monitor;
  readonly health: HealthChecks;
  readonly watch: HealthWatch;
  /** Ends what watches. */
  stop(): void;
}

/** Opens cn=monitor with the figures of the server itself. */
export function openMonitor(parts: MonitorParts): OpenMonitor {
  const { now, instanceFolder, isStarting, store } = parts;
  const startedAt = now();
  const descriptors = new DescriptorWatch({ ...parts, look: countDescriptors, reserve: reserveDescriptors });
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
    healthy: () => [
      ...(isStarting() ? ['The server is starting.'] : watch.problems),
      ...descriptors.problems,
    ],
    degraded: parts.degraded,
    notRunning: () => watch.notRunning,
  };
  monitor.add(healthMonitor(health));
  monitor.add(processMonitor());
  monitor.add(writePathMonitor(parts));
  monitor.add(adminActionMonitor(parts.configuration));
  monitor.add({
    name: 'file descriptors',
    objectClass: 'ds-monitor-file-descriptors',
    figures: () => descriptors.figures,
  });
  descriptors.start();
  const stop = () => {
    watch.stop();
    descriptors.stop();
  };
  return { monitor, health, watch, stop };
}
