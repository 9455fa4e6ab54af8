// What is happening in a server, read from it.

import type { Entry } from '../../ldap/entry.ts';
import { CommandError } from '../command.ts';
import type { Directory } from '../connection/directory.ts';

/** A certificate that ends sooner is worth a line. */
const EXPIRES_SOON_MS = 30 * 24 * 60 * 60 * 1000;
const CHANGES_SHOWN = 5;

/** Status that `confdit status` shows, and prints with --json. */
export interface Status {
  readonly server: {
    readonly version: string;
    readonly started: string;
    readonly problems: readonly string[];
  };
  readonly listeners: readonly {
    readonly name: string;
    readonly address: string;
    readonly connections: number;
  }[];
  /** The servers of the cluster; none without one. */
  readonly servers: readonly {
    readonly name: string;
    readonly urls: readonly string[];
    readonly version: string;
    readonly state: string;
    readonly since: string;
    /** True for the server that was asked. */
    readonly isSelf: boolean;
    readonly change: number;
    /** Number of changes that it does not show yet. */
    readonly behind: number;
    readonly notInForce: readonly string[];
    readonly waitingMessages: number;
    readonly problem: string | undefined;
  }[];
  readonly mailServers: readonly {
    readonly name: string;
    readonly address: string;
    readonly state: string;
    readonly sent: number;
    readonly failed: number;
    readonly lastError: string | undefined;
  }[];
  readonly pending: readonly { readonly dn: string; readonly change: string }[];
  /** Why the last reload was refused: expressions that do not resolve, files that cannot be read. */
  readonly unresolved: readonly string[];
  readonly expiring: readonly { readonly name: string; readonly expires: string }[];
  readonly changes: readonly {
    readonly number: number;
    readonly at: string;
    readonly by: string;
    readonly what: string;
  }[];
}

/** Reads the status from cn=monitor, cn=config and cn=changelog. */
export async function readStatus(directory: Directory, now: Date): Promise<Status> {
  const monitor = await directory.search({ base: 'cn=monitor', scope: 'sub' });
  const pending = await directory.search({
    base: 'cn=config',
    scope: 'sub',
    filter: '(ds-cfg-pending-change=*)',
    attributes: ['ds-cfg-pending-change'],
  });
  const ofClass = (name: string) => monitor.filter((entry) => entry.values('objectclass').includes(name));
  const [server] = ofClass('ds-monitor-server');
  const [health] = ofClass('ds-monitor-health-status');
  return {
    server: {
      version: server?.first('ds-mon-full-version') ?? '',
      started: readableTime(server?.first('ds-mon-start-time')),
      problems: [
        ...(health?.values('ds-mon-alive-errors') ?? []),
        ...(health?.values('ds-mon-healthy-errors') ?? []),
        ...(health?.values('ds-mon-degraded') ?? []),
      ],
    },
    listeners: ofClass('ds-monitor-connection-handler').map((entry) => ({
      name: entry.dn.name,
      address: entry.first('ds-mon-listen-address') ?? '',
      connections: Number(entry.first('ds-mon-active-connections-count') ?? 0),
    })),
    servers: ofClass('ds-monitor-cluster-server').map(clusterServer),
    mailServers: ofClass('ds-monitor-mail-server').map((entry) => ({
      name: entry.dn.name,
      address: entry.first('ds-mon-mail-address') ?? '',
      state: entry.first('ds-mon-mail-state') ?? '',
      sent: Number(entry.first('ds-mon-mail-sent-count') ?? 0),
      failed: Number(entry.first('ds-mon-mail-failed-count') ?? 0),
      lastError: lastErrorOf(entry),
    })),
    pending: pending.flatMap((entry) =>
      entry.values('ds-cfg-pending-change').map((change) => ({ dn: entry.dn.toString(), change })),
    ),
    unresolved: ofClass('ds-monitor-reload').flatMap((entry) => entry.values('ds-mon-reload-problem')),
    expiring: monitor.flatMap((entry) => expiryOf(entry, now)),
    changes: await lastChanges(directory),
  };
}

function clusterServer(entry: Entry): Status['servers'][number] {
  const ofServer = (name: string) => entry.first(`ds-mon-server-${name}`);
  return {
    name: entry.dn.name,
    urls: entry.values('ds-mon-server-url'),
    version: entry.first('ds-mon-full-version') ?? '',
    state: ofServer('state') ?? '',
    since: readableTime(ofServer('since')),
    isSelf: ofServer('self') === 'TRUE',
    change: Number(ofServer('change-number') ?? 0),
    behind: Number(ofServer('lag') ?? 0),
    notInForce: entry.values('ds-mon-server-not-in-force'),
    waitingMessages: Number(ofServer('waiting-messages') ?? 0),
    problem: ofServer('problem'),
  };
}

/** The newer of what befell a message and what the last verification found; what a later verification has refuted is past. */
function lastErrorOf(entry: Entry): string | undefined {
  const [error, errorAt, verifiedAt, problem] = ['error', 'error-at', 'verified-at', 'verified-problem'].map(
    (name) => entry.first(`ds-mon-mail-last-${name}`),
  );
  const isVerifiedLater = verifiedAt !== undefined && (errorAt === undefined || verifiedAt >= errorAt);
  return isVerifiedLater ? problem : error;
}

function expiryOf(entry: Entry, now: Date): Status['expiring'] {
  const text = entry.first('ds-mon-certificate-expires-at');
  const at = text === undefined ? undefined : parseTime(text);
  if (at === undefined || at.getTime() - now.getTime() > EXPIRES_SOON_MS) return [];
  return [{ name: entry.first('ds-mon-config-dn') ?? entry.dn.toString(), expires: readableTime(text) }];
}

/** Newest first; none where the changes may not be read. */
async function lastChanges(directory: Directory): Promise<Status['changes']> {
  const [root] = await directory.search({ base: '', scope: 'base', attributes: ['lastChangeNumber'] });
  const last = Number(root?.first('lastchangenumber') ?? 0);
  if (last === 0) return [];
  const attributes = ['changeNumber', 'changeTime', 'changeInitiatorsName', 'changeType', 'targetDN'];
  const filter = `(changeNumber>=${Math.max(1, last - CHANGES_SHOWN + 1)})`;
  try {
    const found = await directory.search({ base: 'cn=changelog', scope: 'one', filter, attributes });
    return found
      .map((entry) => ({
        number: Number(entry.first('changenumber')),
        at: readableTime(entry.first('changetime')),
        by: entry.first('changeinitiatorsname') ?? '',
        what: `${entry.first('changetype')} ${entry.first('targetdn')}`,
      }))
      .toReversed()
      .slice(0, CHANGES_SHOWN);
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

/** GeneralizedTime (RFC 4517 §3.3.13) in UTC, as servers write it. */
function parseTime(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function readableTime(text: string | undefined): string {
  const at = text === undefined ? undefined : parseTime(text);
  return at === undefined
    ? ''
    : at
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC');
}
