// How commands reach etcd: with the environment of an instance, and with CommandErrors for what keeps them from it.

import { type ClusterLog, LogError } from '../../cluster/cluster-log.ts';
import { clusterSettings, openLog } from '../../cluster/cluster-settings.ts';
import { KnownServers } from '../../cluster/forget-server.ts';
import { FileReader } from '../../files/file-reader.ts';
import { currentUser } from '../../files/ownership.ts';
import { CommandError } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Does some work with the servers that etcd has entries of. Rejects with CommandError. */
export async function usingServers<Result>(
  environment: Environment,
  work: (servers: KnownServers) => Promise<Result>,
): Promise<Result> {
  const servers = new KnownServers(clusterSettings(environment), new FileReader({ user: currentUser() }));
  try {
    return await work(servers);
  } catch (error) {
    throw commandErrorOf(error);
  } finally {
    servers.close();
  }
}

/** Does some work with the log of a cluster. Rejects with CommandError. */
export async function usingLog<Result>(
  environment: Environment,
  work: (log: ClusterLog) => Promise<Result>,
): Promise<Result> {
  const log = openLog(environment, { files: new FileReader({ user: currentUser() }), now: () => Date.now() });
  try {
    return await work(log);
  } catch (error) {
    throw commandErrorOf(error);
  } finally {
    await log.close();
  }
}

function commandErrorOf(error: unknown): unknown {
  if (!(error instanceof LogError)) return error;
  const exitCode = error.problem === 'unavailable' ? ExitCode.connectError : ExitCode.other;
  return new CommandError(error.message, exitCode);
}
