// What a server keeps up in etcd while it runs: a lease, and with it its entry among the servers of the cluster. It has a connection
// of its own, so that large reads and writes of the log delay no renewal.

import { EtcdClient } from '../etcd/etcd-client.ts';
import type { FileReader } from '../files/file-reader.ts';
import type { ClusterKeys } from './cluster-keys.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { EtcdLease } from './etcd-lease.ts';
import { LogKeys } from './log-keys.ts';
import { type MemberReports, Members } from './members.ts';

export interface SessionParts {
  readonly settings: ClusterSettings;
  /** Reads the files of TLS and login. */
  readonly files: FileReader;
  readonly codes: ClusterKeys;
  /** Identifier of this server. */
  readonly serverId: string;
  readonly now: () => Date;
  /** Returns milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
  readonly reports: MemberReports;
}

export interface Session {
  readonly client: EtcdClient;
  readonly keys: LogKeys;
  readonly lease: EtcdLease;
  readonly members: Members;
  /** Ends the session. What is bound to the lease goes when the lease ends. */
  close(): Promise<void>;
}

/** Seconds that the entry of a server lives without it. */
const TTL = 5;
/** A member that does not answer is left soon: the lease must be renewed at another one before it ends. */
const LIMITS = { connectMs: 1000, callMs: 1500, patienceMs: 1500 };

/** Opens a session; etcd need not be there. */
export function openSession(parts: SessionParts): Session {
  const { settings, files, codes, serverId, now, elapsed, reports } = parts;
  const client = new EtcdClient({ ...settings, ...LIMITS, files });
  const keys = new LogKeys(settings.prefix);
  const lease = new EtcdLease({ client, elapsed, ttl: TTL });
  const members = new Members({ client, lease, keys, codes, id: serverId, now, elapsed, reports });
  return {
    client,
    keys,
    lease,
    members,
    close: async () => {
      await members.close();
      await lease.close();
    },
  };
}
