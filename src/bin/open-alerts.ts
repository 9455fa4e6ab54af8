// The alerts of the server: who raises them here, and the mails that tell of them.

import type { ChangeFeed, CommitListener } from '../backend/change-feed.ts';
import { AccountNotices } from '../configuration/account-notices.ts';
import { ChangeAlerts } from '../configuration/change-alerts.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { FileReader } from '../files/file-reader.ts';
import type { Log } from '../files/log.ts';
import { takeClearExports } from '../instance/clear-exports.ts';
import { takeRefusedStarts } from '../instance/refused-starts.ts';
import { VERSION } from '../instance/version.ts';
import { alertSender } from '../mail/alert-sender.ts';
import type { Alerts } from '../mail/alerts.ts';
import type { Later } from '../mail/pauses.ts';
import { alertMonitor } from '../monitor/alert-monitor.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { AccountLockoutOptions } from '../operations/login/account-lockout.ts';
import type { RefusedLogins } from '../operations/login/login-throttle.ts';
import { AlertHandlers } from '../runtime/alert-handlers.ts';
import { CertificateWatch } from '../runtime/certificate-watch.ts';
import type { Component } from '../runtime/component.ts';
import type { LoginStates } from '../runtime/login-states.ts';
import { NotificationHandlers } from '../runtime/notification-handlers.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import type { TlsProviders } from '../runtime/tls-identity.ts';
import type { OpenMail } from './open-mail.ts';

/** One alert has no more exports than this, the last ones; the log has all. */
const EXPORTS_MAX = 20;

export interface AlertParts {
  readonly alerts: Alerts;
  readonly feed: ChangeFeed;
  readonly tls: TlsProviders;
  readonly mail: Pick<OpenMail, 'queue' | 'servers'>;
  readonly monitor: Monitor;
  readonly instanceFolder: string;
  readonly later: Later;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly now: () => Date;
  readonly files: FileReader;
  readonly configuration: Pick<Configuration, 'schema' | 'validator'>;
  readonly findPolicy: FindPolicy;
  readonly states: LoginStates;
  /** Has the entries of memory backends reported to a listener too. */
  readonly listenElsewhere: (listener: CommitListener) => void;
}

export interface OpenAlerts {
  readonly components: readonly Component[];
  /** Reports what has become of an account. */
  readonly noticed: AccountLockoutOptions['noticed'];
  /** The server is there for its clients. */
  start(urls: readonly string[]): Promise<void>;
  /** Other certificates may be in use than before. */
  trustChanged(): void;
  /** Before the mail queue closes, so that its last alerts are still sent. */
  close(): Promise<void>;
}

/** Opens the alert handlers, and connects them to what raises alerts. */
export function openAlerts(parts: AlertParts): OpenAlerts {
  const { alerts, feed, tls, mail, monitor, instanceFolder, later, log } = parts;
  const changes = new ChangeAlerts(feed, alerts);
  const handlers = new AlertHandlers(alerts, () =>
    changes.setWanted(alerts.isWanted('confdit.ConfigurationChanged')),
  );
  const { handlers: notifications, notices } = openNotices(parts);
  feed.listen(notices.listener);
  parts.listenElsewhere(notices.listener);
  const watch = new CertificateWatch({ ...tls, alerts, later, log });
  let isStarted = false;
  mail.queue.tell({
    gaveUp: ({ id, reason }) =>
      alerts.raise({ type: 'confdit.MailGivenUp', message: `The message ${id} was abandoned: ${reason}` }),
    spoolRefused: (reason) => alerts.raise({ type: 'confdit.SpoolRefused', message: reason }),
  });
  monitor.add(alertMonitor(alerts));
  return {
    components: [handlers, ...notifications.components],
    noticed: ({ type, account, entry, failures, until }) => {
      if (failures !== undefined)
        alerts.raise({
          type: 'confdit.AccountLocked',
          message: `${account.dn} is locked after ${failures} logins with wrong passwords.`,
        });
      if (entry !== undefined) notices.tell(type, entry, until);
    },
    start: async (urls) => {
      isStarted = true;
      const sender = alertSender(mail.queue, () => mail.servers.ordered);
      alerts.start(sender);
      notifications.start(sender);
      const refused = await takeRefusedStarts(instanceFolder);
      if (refused !== undefined) alerts.raise({ type: 'confdit.StartRefused', message: refused });
      const exports = await takeClearExports(instanceFolder);
      for (const problem of exports) log.warn({ problem }, 'secrets were exported in clear text');
      if (exports.length > 0)
        alerts.raise({ type: 'confdit.SecretsExported', message: exports.slice(-EXPORTS_MAX).join('\n') });
      alerts.raise({
        type: 'org.opends.server.DirectoryServerStarted',
        message: `confdit ${VERSION} has started and listens on ${urls.join(', ')}.`,
      });
      watch.start();
    },
    trustChanged: () => watch.lookSoon(),
    close: async () => {
      if (!isStarted) return;
      alerts.raise({
        type: 'org.opends.server.DirectoryServerShutdown',
        message: `confdit ${VERSION} stops.`,
      });
      watch.stop();
      await notifications.close();
      await alerts.close();
    },
  };
}

/** For the throttle. */
export function loginAlerts(alerts: Alerts): (refused: RefusedLogins) => void {
  return ({ whose, failures, forMs }) =>
    alerts.raise({
      type: 'confdit.LoginsRefused',
      message: `${failures} logins have failed ${whose}; they are refused for ${Math.ceil(forMs / 1000)} seconds.`,
    });
}

/** The handlers of notifications about accounts, and who writes the notices. */
function openNotices({ configuration: { schema, validator }, ...parts }: AlertParts) {
  const { secretAttributes } = validator.definitions;
  const handlers = new NotificationHandlers({
    ...parts,
    keyOf: (dn) => schema.dnKeyOfText(dn),
    mayShow: (name) => {
      const key = schema.describe(name)?.type.key;
      return key !== undefined && !secretAttributes.has(key);
    },
  });
  return { handlers, notices: new AccountNotices({ ...parts, schema, handlers }) };
}
