// Monitoring of alerts.

import type { Alerts } from '../mail/alerts.ts';
import type { MonitorSource } from './monitor.ts';

/** Returns the monitor source of alerts. */
export function alertMonitor(alerts: Alerts): MonitorSource {
  return {
    name: 'alerts',
    objectClass: 'ds-monitor-alerts',
    figures: () => ({
      'ds-mon-alert-handlers': alerts.handlerCount,
      'ds-mon-alerts-raised': alerts.counts.raised,
      'ds-mon-alerts-mailed': alerts.counts.mailed,
      'ds-mon-alerts-failed': alerts.counts.failed,
    }),
  };
}
