// The one place where everything is plugged together. The ports open last and close first.

import { Configuration } from '../backend/configuration.ts';
import { WritePath } from '../backend/write-path.ts';
import type { StartCommand } from '../cli/command-line.ts';
import { expressionSyntaxes } from '../config/expression-syntaxes.ts';
import { PropertyValidator } from '../config/property-validator.ts';
import { parseDefinition } from '../expression/definition.ts';
import { Sources } from '../expression/sources.ts';
import { Accounts } from '../runtime/accounts.ts';
import { Runtime } from '../runtime/runtime.ts';
import { Schema } from '../schema/schema.ts';
import { AccessLog } from '../server/access-log.ts';
import { Authentication } from '../server/authentication.ts';
import { LdapServer } from '../server/ldap-server.ts';
import { openLdifStore } from '../store/ldif-store.ts';
import { giveAdministratorPassword } from './administrator.ts';
import { greet } from './greeting.ts';
import { type Instance, openInstance, readSchemaFiles } from './instance.ts';
import { loadConfiguration } from './load-configuration.ts';
import { type OpenLog, openLog } from './log.ts';
import { namingContextsOf } from './naming-contexts.ts';
import { sentenceForPeople } from './start-error.ts';
import { VERSION } from './version.ts';

const DEFAULT_INSTANCE = 'instance';
const EXIT_FAILED = 1;

/** Serves until SIGINT or SIGTERM; resolves to the exit code of the process. */
export async function start(command: StartCommand, process: NodeJS.Process): Promise<number> {
  let log: OpenLog | undefined;
  try {
    log = openLog(process.stdout, process.env.CONFDIT_LOG_LEVEL);
    const server = await open(command, process.env, log);
    log.info({ version: VERSION, urls: server.urls, instance: server.instance.folder }, 'ready');
    if (process.stdout.isTTY) process.stdout.write(greet(server.urls, server.instance));
    log.flush();
    const signal = await interruption(process);
    log.info({ signal }, 'stopping');
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
  command: StartCommand,
  environment: NodeJS.ProcessEnv,
  log: OpenLog,
): Promise<OpenServer> {
  const instance = await openInstance(command.instance ?? environment.CONFDIT_INSTANCE ?? DEFAULT_INSTANCE);
  const now = () => new Date();
  const schema = Schema.parse(await readSchemaFiles(instance), { syntaxes: expressionSyntaxes() });
  const sources = await Sources.open({
    environment,
    definitions: command.definitions.map(parseDefinition),
    instanceFolder: instance.folder,
  });
  const configuration = new Configuration({ schema, validator: new PropertyValidator({ schema, sources }) });
  const opened = await openLdifStore({
    folder: instance.configFolder,
    log: { warn: (message) => log.warn({}, message) },
    now,
  });
  const { store } = opened;
  try {
    for (const warning of opened.warnings) log.warn({}, warning);
    const isChanged = loadConfiguration(configuration, opened, now());
    const keyOf = (dn: string) => schema.dnKeyOfText(dn);
    const accounts = new Accounts(keyOf);
    const writePath = new WritePath({
      target: configuration,
      runtime: new Runtime([accounts]),
      store,
      now,
      log,
    });
    if (isChanged) await writePath.snapshot();
    await giveAdministratorPassword(instance, environment, configuration, writePath);
    const ldapServer = new LdapServer({
      contexts: namingContextsOf(configuration, writePath),
      authentication: new Authentication(accounts, keyOf),
      keyOf,
      accessLog: new AccessLog(log, (attribute) => configuration.isSecretAttribute(attribute)),
      log,
    });
    const runtime = new Runtime([accounts, ldapServer]);
    writePath.use(runtime);
    (await runtime.prepare(configuration.differences())).commit();
    const close = async () => {
      ldapServer.stop();
      await writePath.close();
      await store.close();
    };
    return { instance, urls: ldapServer.urls, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The first SIGINT or SIGTERM; a terminal and npm both pass one on, so those that follow are no hurry. */
function interruption(process: NodeJS.Process): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
}
