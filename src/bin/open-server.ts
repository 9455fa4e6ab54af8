// The one place where everything is plugged together, storey by storey: what is stored, what works with it, what
// listens. The ports open last and close first.

import { getHeapStatistics } from 'node:v8';
import { SiteSchema } from '../configuration/site-schema.ts';
import { alertingStore } from '../configuration/write/alerting-store.ts';
import { WritePath } from '../configuration/write/write-path.ts';
import { OctetBudget } from '../directory/octet-budget.ts';
import { isDiskFull } from '../files/file-error.ts';
import { addAtStart } from '../instance/at-start/added-at-start.ts';
import { backupTask } from '../instance/backup-task.ts';
import type { Instance } from '../instance/instance.ts';
import type { InstanceChoice } from '../instance/instance-choice.ts';
import { keepAsLastKnownGood, withHint } from '../instance/last-known-good.ts';
import { finishLoading } from '../instance/load-configuration.ts';
import { openConfiguration } from '../instance/open-configuration.ts';
import { openHistory } from '../instance/open-history.ts';
import { tellUpgradeNotices } from '../instance/upgrade-notices.ts';
import { Alerts } from '../mail/alerts.ts';
import { reloadMonitor } from '../monitor/reload-monitor.ts';
import { AccessLog } from '../operations/access-log.ts';
import { PasswordHashing } from '../operations/login/password-hashing.ts';
import { AccessPolicyComponent } from '../runtime/access-policies.ts';
import { Accounts } from '../runtime/accounts.ts';
import type { DescribedPart, Digest } from '../runtime/description.ts';
import { LoginStates } from '../runtime/login-states.ts';
import { PREPARE_MS_MAX, Runtime } from '../runtime/runtime.ts';
import { TrustRecovery } from '../runtime/trust-recovery.ts';
import { UnsentAnswers } from '../server/connection/unsent-answers.ts';
import { connectionMonitor, resultMonitor } from '../server/connection-monitor.ts';
import { LdapServer } from '../server/ldap-server.ts';
import { ListeningAddresses } from '../server/listening/listening-places.ts';
import { reloadTask } from '../tasks/reload-task.ts';
import { snapshotTask } from '../tasks/snapshot-task.ts';
import type { Clock } from './clock.ts';
import type { OpenLog } from './log.ts';
import { type OpenContexts, openContexts } from './naming-contexts.ts';
import { loginAlerts, openAlerts } from './open-alerts.ts';
import { offeredMechanisms, openAuthentication, openPolicies, openProfiles } from './open-authentication.ts';
import { joinOthers, openClusterOf, requireAddress } from './open-cluster.ts';
import { openHttp } from './open-http.ts';
import { openMail } from './open-mail.ts';
import { announceServer, clusterProblems, monitorServers } from './open-members.ts';
import { type OpenMonitor, openMonitor } from './open-monitor.ts';
import { openReload } from './open-reload.ts';
import { openSecretExport } from './open-secret-export.ts';
import { openTasks, sharingOf } from './open-tasks.ts';
import { openTrust, type TrustParts } from './open-trust.ts';
import { putIntoForce } from './put-into-force.ts';

/** How much of the memory of the process the requests of clients may hold; as much again is garbage until it is collected. */
const REQUESTS_SHARE = 0.25;

/** And answers that clients do not take, which are outside of that memory: in proportion to it, in MiB. */
const UNSENT_SHARE = 1 / 16;
const UNSENT_MEBIBYTES = { least: 32, most: 256 };

export interface ServerParts extends Clock {
  readonly choice: InstanceChoice;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: OpenLog;
}

export interface OpenServer {
  readonly instance: Instance;
  readonly urls: readonly string[];
  /** Reads again what the configuration draws from. */
  reload(cause: string): Promise<unknown>;
  /** Describes what runs, as the running parts report it. */
  describe(digest: Digest): Promise<readonly DescribedPart[]>;
  /** Files whose file systems do not answer: no process ends by itself that waits for one. */
  heldUpBy(): readonly string[];
  close(): Promise<void>;
}

/** Everything is served when this resolves; when it rejects, nothing is left open. */
export async function openServer(parts: ServerParts): Promise<OpenServer> {
  // Closed in the other order than opened.
  await using opened = new AsyncDisposableStack();
  let isStarting = true;
  const ground = await openGround(parts, opened);
  const services = await openServices(ground, () => isStarting, opened);
  const listeners = openListeners(ground, services, opened);
  const { instance, configuration, writePath, now, log } = ground;
  const { stages } = listeners;
  const runtime = new Runtime(stages.flat(), {
    prepareMsMax: PREPARE_MS_MAX,
    filesRead: () => ground.files.current,
  });
  writePath.use(runtime);
  // What others need is there before they are prepared, and the ports open when there is everything that connections need.
  const hintOptions = {
    configFolder: instance.configFolder,
    choice: parts.choice,
    failed: configuration,
    schema: configuration.schema,
    sources: configuration.validator.sources,
    values: ground.values,
  };
  await putIntoForce(stages, ground).catch(async (error: unknown) => {
    throw await withHint(error, hintOptions);
  });
  // Not before: a stage that is prepared would undo what another server has stored meanwhile.
  ground.cluster?.store.follow(() => writePath.follow());
  isStarting = false;
  await tellUpgradeNotices(instance, configuration, log);
  services.healthWatch.start(runtime);
  const urls = listeners.urls();
  if (ground.cluster !== undefined) requireAddress(urls);
  announceServer(ground, listeners.urls, services.mail.waiting);
  services.mail.queue.start();
  await services.alerting.start(urls);
  await services.tasks.start();
  ground.keepLastKnownGood(
    keepAsLastKnownGood({
      configFolder: instance.configFolder,
      configuration,
      number: writePath.feed.number,
      now,
      log,
      values: ground.values,
    }),
  );
  let isClosed = false;
  void finishLoading(configuration, log, () => isClosed);
  const rest = opened.move();
  return {
    instance,
    urls,
    reload: (cause) => services.reload.run(cause),
    describe: async (digest) => [
      ...(await runtime.describe(digest)),
      ...[...services.tasks.runner.describe()].map((part) => ({ kind: 'tasks', ...part })),
    ],
    heldUpBy: () => ground.files.abandoned,
    close: () => {
      isClosed = true;
      return rest.disposeAsync();
    },
  };
}

type Ground = Awaited<ReturnType<typeof openGround>>;
type Services = Awaited<ReturnType<typeof openServices>>;

/** Opens the store, the configuration and the write path. */
async function openGround(parts: ServerParts, opened: AsyncDisposableStack) {
  const { environment, now, later, log } = parts;
  const alerts = new Alerts({ now, later, log });
  const configured = await openConfiguration({ ...parts, alerts, isServer: true });
  const { instance, schema, configuration, store } = configured;
  opened.defer(() => configured.close());
  let endOfGoodStart = async () => {};
  opened.defer(() => endOfGoodStart());
  const keyOf = (dn: string) => schema.dnKeyOfText(dn);
  const hashing = new PasswordHashing();
  opened.defer(() => hashing.close());
  const profiles = openProfiles(configuration);
  const accountProfiles = profiles.section();
  const accounts = new Accounts(keyOf, accountProfiles);
  const policies = openPolicies(configured, keyOf);
  const states = await LoginStates.open({ folder: instance.configFolder, later, log });
  opened.defer(() => states.close());
  const cluster = await openClusterOf(configured, { alerts, log, now });
  opened.defer(() => cluster?.close());
  const written = cluster?.store ?? store;
  const siteSchema = new SiteSchema(schema, () => configuration.tree.stagedEntries());
  const writePath = new WritePath({
    target: configuration,
    runtime: new Runtime([accounts, siteSchema]),
    now,
    log,
    store: alertingStore(written, alerts),
    foreign: cluster?.store,
  });
  opened.defer(() => writePath.close());
  await joinOthers(cluster, writePath, { alerts, log });
  if (configured.isSnapshotDue) await writePath.snapshot().catch(tellUnlessFull(log));
  const isShared = configured.membership !== undefined;
  await addAtStart({ instance, environment, configuration, writePath, isShared, now, log });
  return {
    ...configured,
    keyOf,
    accounts,
    siteSchema,
    policies,
    states,
    writePath,
    written,
    cluster,
    alerts,
    now,
    later,
    log,
    hashing,
    profiles,
    accountProfiles,
    /** Takes what is to be waited for before the store closes. */
    keepLastKnownGood(end: () => Promise<void>) {
      endOfGoodStart = end;
    },
  };
}

/** A full disk keeps no server from starting: what the snapshot would hold is in the journal too. */
function tellUnlessFull(log: Pick<OpenLog, 'warn'>): (error: unknown) => void {
  return (error) => {
    if (!isDiskFull(error)) throw error;
    log.warn({ err: error }, 'the snapshot could not be written; the journal goes on growing');
  };
}

/** Opens the services that work on the stored configuration. */
async function openServices(ground: Ground, isStarting: () => boolean, opened: AsyncDisposableStack) {
  const { instance, schema, configuration, store, values, files, writePath, accounts, alerts } = ground;
  const { now, later, log } = ground;
  const { folder: instanceFolder, configFolder } = instance;
  const past = openHistory({ configuration, writePath, store, values, configFolder });
  const { monitor, health, ...monitoring } = openMonitor({
    configuration,
    writePath,
    store: ground.written,
    degraded: () => clusterProblems(ground.cluster),
    files,
    now,
    instanceFolder,
    isStarting,
    alerts,
    later,
    log,
  });
  opened.defer(monitoring.stop);
  monitorServers(ground.cluster, monitor);
  const { contexts, config, policies, views, effective, memoryBackends } = openContexts({
    ...past,
    configuration,
    writePath,
    monitor,
    instanceFolder,
    files,
    now,
    log,
    ...newPasswords(ground),
    profiles: ground.profiles,
    supportedSaslMechanisms: () => offeredMechanisms(ground.accountProfiles),
  });
  opened.defer(() => memoryBackends.close());
  accounts.use(memoryBackends.findAccount, () => policies.changes.changed());
  const providing = { instanceFolder, files, log, now, later, isStarting };
  const sending = { contexts, monitor, config, providing, memoryBackends };
  const { trust, mail, alerting } = await openSending(ground, sending, opened);
  const { reload, watch } = openReload({
    configuration,
    writePath,
    effective,
    openSources: ground.openSources,
    alerts,
    now,
    log,
    fileReader: files,
    providers: () => trust.tls,
  });
  opened.defer(() => watch.stop());
  monitor.add(reloadMonitor(reload));
  const backups = backupTask(instanceFolder, now, values);
  const tasks = await openTasks({
    instanceFolder,
    schema,
    values,
    views,
    monitor,
    now,
    later,
    log,
    kinds: [snapshotTask(writePath), backups, reloadTask(reload), ...mail.taskKinds],
    sharing: sharingOf(ground),
  });
  opened.defer(() => tasks.close());
  contexts.add(tasks.backend);
  const told = { past, monitor, health, healthWatch: monitoring.watch, alerting };
  return { ...told, policies, contexts, views, memoryBackends, providing, trust, mail, reload, watch, tasks };
}

interface SendingParts extends Pick<OpenContexts, 'contexts' | 'config' | 'memoryBackends'> {
  readonly monitor: OpenMonitor['monitor'];
  readonly providing: Omit<TrustParts, 'contexts' | 'schema' | 'monitor'> & {
    readonly later: Ground['later'];
  };
}

/** Where new passwords are hashed, what they must be like, and the logins with them. */
function newPasswords({ hashing, policies, states }: Ground) {
  return { deriveFor: hashing.forLoad, findPolicy: policies.find, states };
}

/** Opens trust, mail servers and alerts. What a mail server waits for is tried again when it can be trusted. */
async function openSending(ground: Ground, parts: SendingParts, opened: AsyncDisposableStack) {
  const { contexts, config, monitor, providing } = parts;
  const { schema, alerts, keyOf } = ground;
  const trust = openTrust({ ...providing, contexts, schema, monitor });
  opened.defer(() => trust.close());
  const mail = await openMail({
    ...providing,
    trusts: trust.servers,
    keyOf,
    monitor,
    alerts,
    tryObject: (change, requester) => config.tryObject(change, requester),
  });
  opened.defer(() => mail.close());
  const recovery = new TrustRecovery({ servers: mail.servers, trustManagers: trust.tls.trustManagers });
  trust.onChange((provider) => recovery.changed(keyOf(provider)));
  opened.defer(() => recovery.stop());
  const alerting = openAlerts({
    alerts,
    monitor,
    feed: ground.writePath.feed,
    tls: trust.tls,
    mail,
    ...providing,
    ...newPasswords(ground),
    configuration: ground.configuration,
    listenElsewhere: parts.memoryBackends.listen,
  });
  trust.onChange(() => alerting.trustChanged());
  opened.defer(() => alerting.close());
  return { trust, mail, alerting };
}

/** Opens the listeners, and everything that comes and goes with the configuration. */
function openListeners(ground: Ground, services: Services, opened: AsyncDisposableStack) {
  const { schema, configuration, accounts, alerts, keyOf, log } = ground;
  const { past, monitor, health, contexts, views, providing, trust, mail, alerting, tasks } = services;
  const { find: findPolicy } = ground.policies;
  const authentication = openAuthentication(
    {
      accounts,
      profiles: ground.profiles,
      derive: ground.hashing.forLogin,
      renew: services.memoryBackends.renewPassword,
      states: ground.states,
      findPolicy,
      now: ground.now,
      noticed: services.alerting.noticed,
      findElsewhere: services.memoryBackends.findEntry,
    },
    configuration,
    loginAlerts(alerts),
  );
  const { service: history } = past;
  const secretExport = openSecretExport(ground);
  const places = new ListeningAddresses(providing.instanceFolder);
  const accessLog = new AccessLog(log, (attribute) => configuration.isSecretAttribute(attribute));
  const ldapServer = new LdapServer({
    ...providing,
    places,
    services: { contexts, authentication, keyOf, history, findPolicy, secretExport },
    tls: trust.tls,
    budget: new OctetBudget(Math.floor(getHeapStatistics().heap_size_limit * REQUESTS_SHARE)),
    unsent: new UnsentAnswers(unsentOctetsMax()),
    accessLog,
  });
  const httpServer = openHttp({ monitor, health, schema, places, log, authentication, accessLog, views });
  opened.defer(() => {
    ldapServer.stop();
    httpServer.stop();
  });
  monitor.add(connectionMonitor(ldapServer, () => httpServer.items));
  monitor.add(resultMonitor(ldapServer));
  return {
    urls: () => [...ldapServer.urls, ...httpServer.urls],
    stages: [
      trust.components,
      [
        new AccessPolicyComponent(services.policies),
        ...ground.policies.components,
        ...[
          ground.siteSchema,
          accounts,
          authentication.throttle,
          past.retention,
          services.memoryBackends,
          services.watch,
        ],
        ...[...tasks.components, ...mail.components, ...alerting.components],
      ],
      [...places.components, ...ldapServer.components, httpServer],
    ],
  };
}

function unsentOctetsMax(): number {
  const mebibyte = 1024 * 1024;
  const share = (getHeapStatistics().heap_size_limit * UNSENT_SHARE) / mebibyte;
  return mebibyte * Math.min(Math.max(share, UNSENT_MEBIBYTES.least), UNSENT_MEBIBYTES.most);
}
