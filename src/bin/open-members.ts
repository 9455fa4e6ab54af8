// What a server of a cluster tells the others of itself, and what it reports of them. Servers without a cluster announce nothing.

import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import type { MemberReports, SelfDescription } from '../cluster/members.ts';
import type { OpenCluster } from '../cluster/open-cluster.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { VERSION } from '../instance/version.ts';
import type { Entry } from '../ldap/entry.ts';
import type { AlertSink } from '../mail/alert.ts';
import type { Monitor } from '../monitor/monitor.ts';
import { serverProblems, serversMonitor } from '../monitor/servers-monitor.ts';

export interface AnnouncedParts {
  readonly cluster: OpenCluster | undefined;
  readonly configuration: Configuration;
  readonly writePath: WritePath;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

/** The name by which other machines reach this one; the host name if it is not set. */
const NAME_VARIABLE = 'CONFDIT_SERVER_NAME';
/** URLs of addresses that stand for every address of the machine. */
const EVERY_ADDRESS = /^(\w+:\/\/)(?:0\.0\.0\.0|\[::\])(?=:)/;

/**
 * Shows this server to the others of its cluster, from now on.
 * @param urls returns where it listens
 * @param waiting returns the number of messages in its spool
 */
export function announceServer(parts: AnnouncedParts, urls: () => readonly string[], waiting: () => number) {
  const { cluster, configuration, writePath, environment, now } = parts;
  if (cluster === undefined) return;
  const name = environment[NAME_VARIABLE] || hostname();
  const host = isIPv6(name) ? `[${name}]` : name;
  const since = now().getTime();
  const notInForce = heldEntries(configuration, writePath);
  cluster.session.members.announce(
    (): SelfDescription => ({
      name,
      version: VERSION,
      urls: urls().flatMap((url) =>
        url.startsWith('ldapi:') ? [] : [url.replace(EVERY_ADDRESS, (_, scheme: string) => scheme + host)],
      ),
      number: cluster.store.lastNumber,
      since,
      notInForce: notInForce(),
      waiting: waiting(),
      problem: cluster.store.failure?.message ?? '',
    }),
  );
}

/** The parts of a configuration that show what is held. */
interface HeldIn {
  readonly tree: { entries(): Iterable<Entry> };
  readonly inForce: Pick<
    Configuration['inForce'],
    'holdCount' | 'isHeld' | 'isAbsent' | 'pending' | 'sourcesId'
  >;
}

/**
 * Returns a function that lists what is not in force here as it is stored: its DN, and its properties without values. It looks through
 * the tree only while something may be held.
 */
export function heldEntries(
  { tree, inForce }: HeldIn,
  { feed }: { readonly feed: Pick<WritePath['feed'], 'number'> },
): () => readonly string[] {
  let known = { state: '', lines: [] as readonly string[] };
  /** Number of holds, and of the last change, when the number of holds was other than before. */
  let held = { count: 0, number: 0 };
  let isFree = true;
  return () => {
    const { holdCount } = inForce;
    if (holdCount !== held.count) {
      held = { count: holdCount, number: feed.number };
      isFree = false;
    }
    if (isFree) return [];
    const state = `${feed.number} ${holdCount} ${inForce.sourcesId}`;
    if (known.state === state) return known.lines;
    const lines: string[] = [];
    for (const entry of tree.entries()) {
      if (!inForce.isHeld(entry)) continue;
      const names = inForce.isAbsent(entry) ? [] : [...(inForce.pending(entry)?.keys() ?? [])];
      lines.push(`${entry.dn}: ${names.length === 0 ? 'nothing of it is in force' : names.join(', ')}`);
    }
    known = { state, lines };
    // What was held may not have been shown yet by then: the next change shows it.
    isFree = lines.length === 0 && feed.number > held.number;
    return lines;
  };
}

/** Shows the servers of a cluster in cn=monitor. */
export function monitorServers(cluster: OpenCluster | undefined, monitor: Monitor): void {
  if (cluster !== undefined) monitor.add(serversMonitor(cluster.session.members));
}

/** Returns sentences about what does not work in a cluster for now; none without one. */
export function clusterProblems(cluster: OpenCluster | undefined): readonly string[] {
  return cluster === undefined ? [] : [...cluster.problems(), ...serverProblems(cluster.session.members)];
}

/** Returns what raises alerts about other servers: once for the cluster, by the server that is called. */
export function memberAlerts(alerts: AlertSink): MemberReports {
  return {
    away: ({ name, state, since, isSinceNews, urls, number, waiting }) => {
      const at = since.toISOString();
      const away = isSinceNews ? `is away; its last news is of ${at}` : `has not been heard since ${at}`;
      const what = state === 'stopped' ? `was stopped at ${at} and is not back` : away;
      const spool = waiting === 0 ? '' : ` ${messages(waiting)} in its spool then.`;
      const message = `The server ${name} (${urls.join(', ')}) ${what}. It had change ${number}.${spool}`;
      alerts.raise({ type: 'confdit.ServerAway', message });
    },
    back: ({ name, urls }, awaySince) => {
      const message = `The server ${name} (${urls.join(', ')}) is there again; it was away since ${awaySince.toISOString()}.`;
      alerts.raise({ type: 'confdit.ServerBack', message });
    },
  };
}

function messages(count: number): string {
  return count === 1 ? '1 message waited' : `${count} messages waited`;
}
