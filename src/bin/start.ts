// The one place where everything is plugged together. The ports open last and close first.

import { Configuration } from '../backend/configuration.ts';
import { snapshotTask } from '../backend/snapshot-task.ts';
import { WritePath } from '../backend/write-path.ts';
import type { World } from '../cli/command.ts';
import { expressionSyntaxes } from '../config/expression-syntaxes.ts';
import { PropertyValidator } from '../config/property-validator.ts';
import { parseDefinition } from '../expression/definition.ts';
import { Sources } from '../expression/sources.ts';
import { Accounts } from '../runtime/accounts.ts';
import { keyManagers } from '../runtime/key-managers.ts';
import { Runtime } from '../runtime/runtime.ts';
import { trustManagers } from '../runtime/trust-managers.ts';
import { Schema } from '../schema/schema.ts';
import { AccessLog } from '../server/access-log.ts';
import { connectionMonitor, resultMonitor } from '../server/connection-monitor.ts';
import { LdapServer } from '../server/ldap-server.ts';
import { openLdifStore } from '../store/ldif-store.ts';
import { giveAdministratorPassword } from './administrator.ts';
import type { InstanceChoice } from './commands/instance-options.ts';
import { greet } from './greeting.ts';
import { type Instance, openInstance, readSchemaFiles } from './instance.ts';
import { loadConfiguration } from './load-configuration.ts';
import { type OpenLog, openLog } from './log.ts';
import { openContexts } from './naming-contexts.ts';
import { openAuthentication } from './open-authentication.ts';
import { openMonitor } from './open-monitor.ts';
import { type OpenTasks, openTasks } from './open-tasks.ts';
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
  close(): Promise<void>;
}

async function open(
  choice: InstanceChoice,
  environment: NodeJS.ProcessEnv,
  log: OpenLog,
): Promise<OpenServer> {
  const instance = await openInstance(choice.instance);
  const now = () => new Date();
  const schema = Schema.parse(await readSchemaFiles(instance), { syntaxes: expressionSyntaxes() });
  const sources = await Sources.open({
    environment,
    definitions: choice.definitions.map(parseDefinition),
    instanceFolder: instance.folder,
  });
  const configuration = new Configuration({ schema, validator: new PropertyValidator({ schema, sources }) });
  const opened = await openLdifStore({
    folder: instance.configFolder,
    log: { warn: (message) => log.warn({}, message), error: (message) => log.error({}, message) },
    now,
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
    let isStarting = true;
    const monitor = openMonitor({
      ...{ configuration, writePath, store, now, instanceFolder: instance.folder },
      isStarting: () => isStarting,
    });
    const { contexts, views, memoryBackends } = openContexts({
      configuration,
      writePath,
      monitor,
      instanceFolder: instance.folder,
      now,
      log,
    });
    accounts.use(memoryBackends.findAccount);
    tasks = await openTasks({
      ...{ instanceFolder: instance.folder, schema, views, now, log },
      kinds: [snapshotTask(writePath)],
      retentionMs: () => TASK_RETENTION_MS,
    });
    contexts.add(tasks.backend);
    const providing = { instanceFolder: instance.folder, log, now, isStarting: () => isStarting };
    const tls = { keyManagers: keyManagers(providing), trustManagers: trustManagers(providing), now };
    const authentication = openAuthentication(accounts, configuration);
    const ldapServer = new LdapServer({
      ...providing,
      services: { contexts, authentication, keyOf },
      tls,
      accessLog: new AccessLog(log, (attribute) => configuration.isSecretAttribute(attribute)),
    });
    monitor.add(connectionMonitor(ldapServer));
    monitor.add(resultMonitor(ldapServer));
    const providers = [...tls.keyManagers.components, ...tls.trustManagers.components];
    const components = [accounts, authentication.throttle, memoryBackends, ...ldapServer.components];
    writePath.use(new Runtime([...providers, ...components]));
    // The ports open when there is everything that connections need.
    for (const part of [providers, components]) {
      (await new Runtime(part).prepare(configuration.differences())).commit();
    }
    isStarting = false;
    await tasks.runner.start();
    const close = async () => {
      ldapServer.stop();
      await tasks?.close();
      await memoryBackends.close();
      await writePath.close();
      await store.close();
    };
    return { instance, urls: ldapServer.urls, close };
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
