// Monitoring of a cluster: its servers, as this one sees them. A server without a cluster has nothing of it.

import type { Member, Members } from '../cluster/members.ts';
import type { MonitorSource } from './monitor.ts';

/** Number of objects that a sentence names. */
const NAMES_SHOWN_MAX = 5;

/** Returns the monitor source of the servers of a cluster. */
export function serversMonitor(members: Pick<Members, 'all' | 'head' | 'isCurrent'>): MonitorSource {
  return {
    name: 'servers',
    objectClass: 'ds-monitor-servers',
    figures: () => {
      const { all } = members;
      return {
        'ds-mon-servers-known': all.length,
        'ds-mon-servers-away': all.filter(({ state }) => state !== 'here').length,
        'ds-mon-cluster-change-number': members.head,
        'ds-mon-cluster-seen': members.isCurrent,
      };
    },
    *items() {
      for (const member of members.all)
        yield {
          name: member.name,
          objectClass: 'ds-monitor-cluster-server',
          figures: () => ({
            'ds-mon-server-id': member.id,
            'ds-mon-server-url': member.urls,
            'ds-mon-full-version': member.version,
            'ds-mon-server-state': member.state,
            'ds-mon-server-here': member.state === 'here',
            'ds-mon-server-since': member.since,
            'ds-mon-server-self': member.isSelf,
            'ds-mon-server-change-number': member.number,
            'ds-mon-server-lag': member.lag,
            'ds-mon-server-not-in-force': member.notInForce,
            'ds-mon-server-not-in-force-count': member.notInForce.length,
            'ds-mon-server-waiting-messages': member.waiting,
            'ds-mon-server-problem': member.problem === '' ? undefined : member.problem,
          }),
        };
    },
  };
}

/** Returns a sentence for each server that is away, and for each that cannot do all that is stored. */
export function serverProblems({ all }: Pick<Members, 'all'>): readonly string[] {
  return all.flatMap((member) => [...absence(member), ...shortcomings(member)]);
}

function absence({ name, state, since, isSinceNews, urls, waiting }: Member): readonly string[] {
  if (state === 'here') return [];
  const away = isSinceNews ? 'is away; its last news is of' : 'has not been heard since';
  const what = state === 'stopped' ? 'was stopped at' : away;
  const spool = waiting === 0 ? '' : ` Messages that waited in its spool then: ${waiting}.`;
  return [`The server ${name} (${urls.join(', ')}) ${what} ${since.toISOString()}.${spool}`];
}

function shortcomings({ name, notInForce, problem, isSelf }: Member): readonly string[] {
  const shown = notInForce.slice(0, NAMES_SHOWN_MAX).join('; ');
  const more = notInForce.length - NAMES_SHOWN_MAX;
  const rest = more > 0 ? `; and ${more} more` : '';
  return [
    ...(problem === '' || isSelf ? [] : [`The server ${name} follows no further: ${problem}`]),
    ...(shown === ''
      ? []
      : [`Stored, and not in force on the server ${name}, whose log says why: ${shown}${rest}.`]),
  ];
}
