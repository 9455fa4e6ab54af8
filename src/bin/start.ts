// The one place where everything is plugged together. The ports open last and close first.

import { alertingStore } from '../backend/alerting-store.ts';
import { reloadTask } from '../backend/reload-task.ts';
import { snapshotTask } from '../backend/snapshot-task.ts';
import { WritePath } from '../backend/write-path.ts';
import type { World } from '../cli/command.ts';
import { Accounts } from '../runtime/accounts.ts';
import { Runtime } from '../runtime/runtime.ts';
import { AccessLog } from '../server/access-log.ts';
import { connectionMonitor, resultMonitor } from '../server/connection-monitor.ts';
import { LdapServer } from '../server/ldap-server.ts';
import { giveAdministratorPassword } from './administrator.ts';
import type { InstanceChoice } from './commands/instance-options.ts';
import { greet } from './greeting.ts';
import type { Instance } from './instance.ts';
import { keepAsLastKnownGood } from './last-known-good.ts';
import { type OpenLog, openLog } from './log.ts';
import { openContexts } from './naming-contexts.ts';
import { loginAlerts, newAlerts, openAlerts } from './open-alerts.ts';
import { openAuthentication } from './open-authentication.ts';
import { openConfiguration } from './open-configuration.ts';
import { openHistory } from './open-history.ts';
import { openHttp } from './open-http.ts';
import { openMail } from './open-mail.ts';
import { openMonitor } from './open-monitor.ts';
import { openReload } from './open-reload.ts';
import { type OpenTasks, openTasks } from './open-tasks.ts';
import { openTrust } from './open-trust.ts';
import { noteRefusedStart } from './refused-starts.ts';
import { sentenceForPeople } from './start-error.ts';
import { VERSION } from './version.ts';

const EXIT_FAILED = 1;

/** Serves until SIGINT or SIGTERM; resolves to the exit code of the process. */
export async function start(choice: InstanceChoice, process: World): Promise<number> {
  let log: OpenLog | undefined;
  try {
    log = openLog(process.stdout, process.env.CONFDIT_ACCESS_LOG);
    const server = await open(choice, process.env, log);
    // Whoever reads that the server is ready may end it at once.
    const interrupted = interruption(process);
    // What is wrong stands in the log.
    process.on('SIGHUP', () => void server.reload('SIGHUP').catch(() => {}));
    log.info({ version: VERSION, urls: server.urls, instance: server.instance.folder }, 'ready');
    if (process.stdout.isTTY) process.stdout.write(greet(server.urls, server.instance));
    log.flush();
    log.info({ signal: await interrupted }, 'stopping');
    await server.close();
    log.info({}, 'stopped');
    return 0;
  } catch (error) {
    const reason = sentenceForPeople(error);
    process.stderr.write(reason);
    await noteRefusedStart(choice.instance, reason, new Date());
    return EXIT_FAILED;
  } finally {
    log?.flush();
  }
}

interface OpenServer {
  readonly instance: Instance;
  readonly urls: readonly string[];
  /** Reads again what the configuration draws from. */
  reload(cause: string): Promise<unknown>;
  close(): Promise<void>;
}

async function open(
  choice: InstanceChoice,
  environment: NodeJS.ProcessEnv,
  log: OpenLog,
): Promise<OpenServer> {
  const now = () => new Date();
  const alerts = newAlerts({ now, log });
  const opened = await openConfiguration({ choice, environment, now, log, alerts });
  const { instance, schema, configuration, store, openSources } = opened;
  let tasks: OpenTasks | undefined;
  try {
    const keyOf = (dn: string) => schema.dnKeyOfText(dn);
    const accounts = new Accounts(keyOf);
    const runtime = new Runtime([accounts]);
    const writePath = new WritePath({
      ...{ target: configuration, runtime, now, log },
      store: alertingStore(store, alerts),
    });
    if (opened.isSnapshotDue) await writePath.snapshot();
    await giveAdministratorPassword(instance, environment, configuration, writePath);
    const past = openHistory({ configuration, writePath, store, configFolder: instance.configFolder });
    let isStarting = true;
    const { monitor, health } = openMonitor({
      ...{ configuration, writePath, store, now, instanceFolder: instance.folder },
      isStarting: () => isStarting,
    });
    const { contexts, views, effective, memoryBackends } = openContexts({
      ...past,
      configuration,
      writePath,
      monitor,
      instanceFolder: instance.folder,
      now,
      log,
    });
    accounts.use(memoryBackends.findAccount);
    const providing = { instanceFolder: instance.folder, log, now, isStarting: () => isStarting };
    const trust = openTrust({ ...providing, contexts, schema, monitor });
    const mail = await openMail({ ...providing, trusts: trust.servers, keyOf, monitor, alerts });
    const alerting = openAlerts({
      ...{ alerts, monitor, feed: writePath.feed, tls: trust.tls, mail },
      instanceFolder: instance.folder,
    });
    const { reload, watch } = openReload({
      ...{ configuration, writePath, effective, openSources, now, log },
      providers: () => trust.tls,
    });
    tasks = await openTasks({
      ...{ instanceFolder: instance.folder, schema, views, monitor, now, log },
      kinds: [snapshotTask(writePath), reloadTask(reload), ...mail.taskKinds],
    });
    contexts.add(tasks.backend);
    const authentication = openAuthentication(accounts, configuration, loginAlerts(alerts));
    const ldapServer = new LdapServer({
      ...providing,
      services: { contexts, authentication, keyOf, history: past.service },
      tls: trust.tls,
      accessLog: new AccessLog(log, (attribute) => configuration.isSecretAttribute(attribute)),
    });
    const httpServer = openHttp({ monitor, health, schema, log });
    monitor.add(connectionMonitor(ldapServer, () => httpServer.items));
    monitor.add(resultMonitor(ldapServer));
    const components = [
      ...[accounts, authentication.throttle, past.retention, memoryBackends, watch, ...tasks.components],
      ...[...mail.components, ...alerting.components, ...ldapServer.components, httpServer],
    ];
    writePath.use(new Runtime([...trust.components, ...components]));
    // The ports open when there is everything that connections need.
    for (const part of [trust.components, components]) {
      (await new Runtime(part).prepare(configuration.differences())).commit();
    }
    isStarting = false;
    mail.queue.start();
    const urls = [...ldapServer.urls, ...httpServer.urls];
    await alerting.start(urls);
    await tasks.runner.start();
    const { configFolder } = instance;
    const lastKnownGood = keepAsLastKnownGood({
      ...{ configFolder, configuration, number: writePath.feed.number, now, log },
    });
    const close = async () => {
      ldapServer.stop();
      httpServer.stop();
      await tasks?.close();
      watch.stop();
      await alerting.close();
      await mail.close();
      await memoryBackends.close();
      await writePath.close();
      await lastKnownGood();
      await store.close();
    };
    return {
      instance,
      urls,
      reload: (cause) => reload.run(cause),
      close,
    };
  } catch (error) {
    await tasks?.close();
    await store.close();
    throw error;
  }
}

/** The first SIGINT or SIGTERM; a terminal and npm both pass one on, so those that follow are no hurry. */
function interruption(process: Pick<World, 'on'>): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
}
