// Monitoring of outgoing mail: the spool, and below it every mail server.

import type { MailQueue } from '../mail/mail-queue.ts';
import type { Spool } from '../mail/spool.ts';
import type { KnownMailServer, MailServers } from '../runtime/mail-servers.ts';
import type { MonitorFigures, MonitorSource } from './monitor.ts';

export interface MailMonitorOptions {
  readonly servers: MailServers;
  readonly queue: MailQueue;
  readonly spool: Spool;
}

/** Returns the monitor source of the spool and the mail servers. */
export function mailMonitor({ servers, queue, spool }: MailMonitorOptions): MonitorSource {
  return {
    name: 'mail',
    objectClass: 'ds-monitor-mail',
    figures: () => ({
      'ds-mon-mail-spool-messages': spool.messageCount,
      'ds-mon-mail-spool-octets': spool.octetCount,
      'ds-mon-mail-spooled-count': queue.counts.spooled,
      'ds-mon-mail-delivered-count': queue.counts.sent,
      'ds-mon-mail-given-up-count': queue.counts.givenUp,
      'ds-mon-mail-unclear-count': queue.counts.unclear,
    }),
    *items() {
      for (const known of servers.all) {
        yield {
          name: known.commonName,
          objectClass: 'ds-monitor-mail-server',
          figures: () => serverFigures(known),
        };
      }
    },
  };
}

function serverFigures({ name, figures, server, isEnabled, ignored }: KnownMailServer): MonitorFigures {
  const { host, port, maxConnections, encryption } = server.plan;
  const { lastFailure, lastCheck } = figures;
  return {
    'ds-mon-config-dn': name,
    'ds-mon-mail-state': isEnabled ? server.state : 'disabled',
    'ds-mon-mail-usable': isEnabled && (server.state === 'working' || server.state === 'unused'),
    'ds-mon-mail-address': `${host}:${port}`,
    'ds-mon-mail-priority': server.priority,
    'ds-mon-mail-active-count': server.activeCount,
    'ds-mon-mail-connection-count': server.connectionCount,
    'ds-mon-mail-connection-limit': maxConnections,
    'ds-mon-mail-sent-count': figures.sent,
    'ds-mon-mail-failed-count': figures.failed,
    'ds-mon-mail-deferred-count': figures.deferred,
    'ds-mon-mail-refused-count': figures.refused,
    'ds-mon-mail-last-sent-at': figures.lastSentAt,
    'ds-mon-mail-last-error': lastFailure?.failure.problem,
    'ds-mon-mail-last-error-at': lastFailure?.at,
    'ds-mon-mail-last-verified-at': lastCheck?.at,
    'ds-mon-mail-last-verified-problem': lastCheck?.check.failure?.problem,
    'ds-mon-mail-certificate-expires-at': encryption === 'none' ? undefined : figures.certificateExpiresAt,
    'ds-mon-mail-ignored-property': ignored.map(({ name: unknown, similar }) =>
      similar === undefined ? unknown : `${unknown} (is ${similar} meant?)`,
    ),
    'ds-mon-mail-latency-50': rounded(figures.latencyMs(50)),
    'ds-mon-mail-latency-95': rounded(figures.latencyMs(95)),
    'ds-mon-mail-latency-99': rounded(figures.latencyMs(99)),
  };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}
