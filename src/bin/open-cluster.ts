// The cluster that an instance belongs to, plugged in where it belongs to one. Other servers load nothing of src/cluster/.

import type { OpenCluster } from '../cluster/open-cluster.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import type { Log } from '../files/log.ts';
import { idOfCommit } from '../instance/cluster/last-commit.ts';
import { writeMembership } from '../instance/cluster/membership.ts';
import { valuesOf } from '../instance/keys/stored-secrets.ts';
import type { OpenConfiguration } from '../instance/open-configuration.ts';
import { StartError } from '../instance/start-error.ts';
import type { AlertSink } from '../mail/alert.ts';
import { memberAlerts } from './open-members.ts';

export interface ClusterMeans {
  readonly alerts: AlertSink;
  readonly log: Log;
}

/** Opens the cluster of an instance; undefined if it belongs to none. Throws StoreError. */
export async function openClusterOf(
  opened: OpenConfiguration,
  { alerts, log, now }: ClusterMeans & { readonly now: () => Date },
): Promise<OpenCluster | undefined> {
  const { membership, environment, store, files, master, schema, instance, values } = opened;
  if (membership === undefined) return undefined;
  const { historyId } = membership;
  requireSameHistory(opened, historyId);
  const serverId = membership.serverId ?? (await writeMembership(opened.instance.configFolder, historyId));
  const { openCluster } = await import('../cluster/open-cluster.ts');
  const failed = (message: string) => {
    log.error({}, message);
    alerts.raise({ type: 'confdit.ClusterFailed', message });
  };
  return openCluster({
    environment,
    historyId,
    serverId,
    lastId: () => idOfCommit(instance.configFolder, values, store.lastNumber),
    local: store,
    files,
    now,
    elapsed: () => performance.now(),
    master,
    valuesOf: (keys) => valuesOf(keys, schema),
    reports: {
      ...memberAlerts(alerts),
      stopped: failed,
      notFollowed: (message) => log.warn({}, `Changes of other servers are not seen for now: ${message}`),
      copyFailed: (message) => log.warn({}, message),
      notShared: (message) => log.warn({}, message),
      full: failed,
      notInForce: ({ number, by }, problems) => {
        const message = `Change ${number} of ${by} came from another server and is not all in force here:\n${problems.join('\n')}`;
        log.warn({ change: number, by, problems }, 'a change of another server is not all in force here');
        alerts.raise({ type: 'confdit.NotInForce', message });
      },
    },
  });
}

/** Throws StartError if the mark of the instance and its configuration are not of one cluster: a join was interrupted. */
function requireSameHistory({ configuration, instance }: OpenConfiguration, historyId: string): void {
  if (configuration.historyId === historyId) return;
  throw new StartError(
    `The configuration in ${instance.folder} is not that of the cluster that config/cluster.json names: "confdit cluster join" ` +
      'was interrupted, or files of two instances were mixed. Move the instance aside and make it again with confdit cluster join.',
  );
}

/** Brings a server to where its cluster is, before it serves. Throws StoreError if its history is another one. */
export async function joinOthers(
  cluster: OpenCluster | undefined,
  writePath: WritePath,
  { alerts, log }: ClusterMeans,
): Promise<void> {
  const reason = await cluster?.catchUp(() => writePath.follow());
  // A server that follows no further has said so.
  if (reason === undefined || cluster?.store.failure !== undefined) return;
  const message =
    'The server starts with its copy of the configuration, and refuses changes until it reaches etcd: ' +
    reason;
  log.warn({}, message);
  alerts.raise({ type: 'confdit.ClusterFailed', message });
}

/** Throws StartError for a server that nobody could reach: every connection handler is refused here. */
export function requireAddress(urls: readonly string[]): void {
  if (urls.length > 0) return;
  throw new StartError(
    'No connection handler of the cluster can be in force on this server; the log says why. Give it the ports and files that they name.',
  );
}
