// Monitoring of the process, its health, and the write path. server/ has the figures of connections and
// requests.

import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { Configuration } from '../configuration/configuration.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import type { Store } from '../store/store.ts';
import type { MonitorFigures, MonitorSource } from './monitor.ts';

const MICROSECONDS_PER_MILLISECOND = 1000;

export interface WritePathParts {
  readonly writePath: WritePath;
  readonly store: Store;
  readonly configuration: Configuration;
}

/** Returns the monitor source of the write path and the store. */
export function writePathMonitor({ writePath, store, configuration }: WritePathParts): MonitorSource {
  return {
    name: 'write path',
    objectClass: 'ds-monitor-write-path',
    figures: () => ({
      'ds-mon-changes-waiting': writePath.waitingCount,
      'ds-mon-longest-step-milliseconds': Math.round(writePath.slowest?.ms ?? 0),
      'ds-mon-newest-change-number': store.lastNumber,
      'ds-mon-entry-count': configuration.tree.size,
      'ds-mon-journal-bytes': store.bytesSinceSnapshot,
      'ds-mon-journal-changes': store.commitsSinceSnapshot,
      'ds-mon-store-failure': store.failure?.message,
    }),
  };
}

/** The server is alive if it needs no restart. It is healthy if it also does all its work. */
export interface HealthChecks {
  /** Sentences: problems that only an administrator can solve. */
  readonly alive: () => readonly string[];
  /** Sentences: reasons to send requests to another server for now. */
  readonly healthy: () => readonly string[];
  /** Sentences: what does not work, while requests are served all the same. */
  readonly degraded: () => readonly string[];
  /** Names of enabled objects that do not run. */
  readonly notRunning: () => readonly string[];
}

/** Returns the monitor source of health. */
export function healthMonitor({ alive, healthy, degraded, notRunning }: HealthChecks): MonitorSource {
  return {
    name: 'health status',
    objectClass: 'ds-monitor-health-status',
    figures: () => {
      const aliveErrors = alive();
      const healthyErrors = [...aliveErrors, ...healthy()];
      return {
        'ds-mon-alive': aliveErrors.length === 0,
        'ds-mon-alive-errors': aliveErrors,
        'ds-mon-healthy': healthyErrors.length === 0,
        'ds-mon-healthy-errors': healthyErrors,
        'ds-mon-degraded': degraded(),
        'ds-mon-not-running': notRunning(),
        'ds-mon-not-running-count': notRunning().length,
      };
    },
  };
}

/** Returns the monitor source of the process: memory, processor time, version of Node.js. */
export function processMonitor(): MonitorSource {
  let asked: EventLoopUtilization | undefined;
  const busyPermille = () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, asked);
    asked = now;
    return utilization * 1000;
  };
  return {
    name: 'process',
    objectClass: 'ds-monitor-process',
    figures: (): MonitorFigures => {
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      return {
        'ds-mon-runtime-version': process.version,
        'ds-mon-memory-resident-bytes': rss,
        'ds-mon-memory-heap-used-bytes': heapUsed,
        'ds-mon-memory-heap-reserved-bytes': heapTotal,
        'ds-mon-memory-external-bytes': external,
        'ds-mon-cpu-user-milliseconds': user / MICROSECONDS_PER_MILLISECOND,
        'ds-mon-cpu-system-milliseconds': system / MICROSECONDS_PER_MILLISECOND,
        'ds-mon-event-loop-busy-permille': busyPermille(),
      };
    },
  };
}
