// The one place where everything is plugged together. The ports open last and close first.

import { Configuration } from '../backend/configuration.ts';
import { reloadTask } from '../backend/reload-task.ts';
import { snapshotTask } from '../backend/snapshot-task.ts';
import { WritePath } from '../backend/write-path.ts';
import type { World } from '../cli/command.ts';
import { expressionSyntaxes } from '../config/expression-syntaxes.ts';
import { PropertyValidator } from '../config/property-validator.ts';
import { parseDefinition } from '../expression/definition.ts';
import { Sources } from '../expression/sources.ts';
import { Accounts } from '../runtime/accounts.ts';
import { Runtime } from '../runtime/runtime.ts';
import { Schema } from '../schema/schema.ts';
import { AccessLog } from '../server/access-log.ts';
import { connectionMonitor, resultMonitor } from '../server/connection-monitor.ts';
import { LdapServer } from '../server/ldap-server.ts';
import { openLdifStore } from '../store/ldif-store.ts';
import { KEEP_ALL } from '../store/retention.ts';
import { giveAdministratorPassword } from './administrator.ts';
import { nameOfChecker } from './checked-by.ts';
import type { InstanceChoice } from './commands/instance-options.ts';
import { greet } from './greeting.ts';
import { type Instance, openInstance, readSchemaFiles } from './instance.ts';
import { loadConfiguration } from './load-configuration.ts';
import { type OpenLog, openLog } from './log.ts';
import { openContexts } from './naming-contexts.ts';
import { openAuthentication } from './open-authentication.ts';
import { openHistory } from './open-history.ts';
import { openMail } from './open-mail.ts';
import { openMonitor } from './open-monitor.ts';
import { openReload } from './open-reload.ts';
import { type OpenTasks, openTasks } from './open-tasks.ts';
import { openTrust } from './open-trust.ts';
import { sentenceForPeople } from './start-error.ts';
import { VERSION } from './version.ts';

const EXIT_FAILED = 1;
const TASK_RETENTION_MS = 24 * 60 * 60 * 1000;

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
    process.stderr.write(sentenceForPeople(error));
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
  const instance = await openInstance(choice.instance);
  const now = () => new Date();
  const schemaFiles = await readSchemaFiles(instance);
  const schema = Schema.parse(schemaFiles, { syntaxes: expressionSyntaxes() });
  const openSources = () =>
    Sources.open({
      environment,
      definitions: choice.definitions.map(parseDefinition),
      instanceFolder: instance.folder,
    });
  const sources = await openSources();
  const configuration = new Configuration({
    schema,
    validator: new PropertyValidator({ schema, sources }),
    checkedBy: nameOfChecker(schemaFiles),
  });
  const opened = await openLdifStore({
    folder: instance.configFolder,
    log: { warn: (message) => log.warn({}, message), error: (message) => log.error({}, message) },
    now,
    // Until the configuration says how much.
    retention: KEEP_ALL,
  });
  const { store } = opened;
  let tasks: OpenTasks | undefined;
  try {
    for (const warning of opened.warnings) log.warn({}, warning);
    const isChanged = loadConfiguration(configuration, opened, now());
    const keyOf = (dn: string) => schema.dnKeyOfText(dn);
    const accounts = new Accounts(keyOf);
    const runtime = new Runtime([accounts]);
    const writePath = new WritePath({ target: configuration, runtime, store, now, log });
    if (isChanged) await writePath.snapshot();
    await giveAdministratorPassword(instance, environment, configuration, writePath);
    const past = openHistory({ configuration, writePath, store, configFolder: instance.configFolder });
    let isStarting = true;
    const monitor = openMonitor({
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
    const mail = await openMail({ ...providing, trusts: trust.servers, keyOf, monitor });
    const reload = openReload({
      ...{ configuration, writePath, effective, openSources, now, log },
      providers: () => trust.tls,
    });
    tasks = await openTasks({
      ...{ instanceFolder: instance.folder, schema, views, now, log },
      kinds: [snapshotTask(writePath), reloadTask(reload), ...mail.taskKinds],
      retentionMs: () => TASK_RETENTION_MS,
    });
    contexts.add(tasks.backend);
    const authentication = openAuthentication(accounts, configuration);
    const ldapServer = new LdapServer({
      ...providing,
      services: { contexts, authentication, keyOf, history: past.service },
      tls: trust.tls,
      accessLog: new AccessLog(log, (attribute) => configuration.isSecretAttribute(attribute)),
    });
    monitor.add(connectionMonitor(ldapServer));
    monitor.add(resultMonitor(ldapServer));
    const components = [
      ...[accounts, authentication.throttle, past.retention, memoryBackends],
      ...[...mail.components, ...ldapServer.components],
    ];
    writePath.use(new Runtime([...trust.components, ...components]));
    // The ports open when there is everything that connections need.
    for (const part of [trust.components, components]) {
      (await new Runtime(part).prepare(configuration.differences())).commit();
    }
    isStarting = false;
    mail.queue.start();
    await tasks.runner.start();
    const close = async () => {
      ldapServer.stop();
      await tasks?.close();
      await mail.close();
      await memoryBackends.close();
      await writePath.close();
      await store.close();
    };
    return { instance, urls: ldapServer.urls, reload: (cause) => reload.run(cause), close };
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
