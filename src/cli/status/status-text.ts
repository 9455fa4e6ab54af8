// The screen of `confdit status`. It stays one screen however much there is: of long lists the first lines are shown, what
// needs somebody first, and how many there are besides.

import { formatTable } from '../dsconfig/table.ts';
import type { MailTrend } from '../mail/mail-trends.ts';
import { paint, type Stream } from '../terminal.ts';
import type { Status } from './read-status.ts';

const LINES_SHOWN = 10;
/** States in which a mail server does what it is there for, or has nothing to do. */
const QUIET_STATES: ReadonlySet<string> = new Set(['working', 'unused', 'disabled']);

/** The counts of the last looks at a mail server, as a row of bars each. */
export interface ShownTrends {
  trendOf(name: string): MailTrend;
  bars(counts: readonly number[]): string;
}

/** @param trends undefined: this is the only look. */
export function formatStatus(status: Status, stdout: Stream, trends?: ShownTrends): string {
  const { server, unresolved, pending, expiring, changes } = status;
  const warning = (text: string) => paint('yellow', text, stdout);
  const sections = [
    `${paint('bold', `confdit ${server.version}`, stdout)}, running since ${server.started}\n`,
    server.problems.map((problem) => `${paint('red', problem, stdout)}\n`).join(''),
    formatTable(
      ['Listener', 'Address', 'Connections'],
      status.listeners.map((one) => [one.name, one.address, String(one.connections)]),
    ),
    clusterServers(status),
    mailServers(status, trends),
    pending.length === 0
      ? 'Every stored value is effective.\n'
      : list(
          warning('Stored and not yet effective:'),
          pending.map(({ dn, change }, at) => (dn === pending[at - 1]?.dn ? '  ' : `${dn}\n    `) + change),
        ),
    unresolved.length === 0
      ? 'Every expression is resolved.\n'
      : list(warning('Not reloaded, because this does not resolve or cannot be read:'), unresolved),
    expiring.length === 0
      ? 'No certificate ends within 30 days.\n'
      : list(
          warning('Certificates that end soon:'),
          expiring.map(({ name, expires }) => `${name}: ${expires}`),
        ),
    changes.length === 0
      ? ''
      : formatTable(
          ['Change', 'When', 'Who', 'What'],
          changes.map(({ number, at, by, what }) => [String(number), at, by, what]),
        ),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

/** Servers that need somebody come first. */
function clusterServers({ servers: all }: Status): string {
  if (all.length === 0) return '';
  const isFine = ({ state, notInForce, problem }: Status['servers'][number]) =>
    Number(state === 'here' && notInForce.length === 0 && problem === undefined);
  const shown = all.toSorted((one, other) => isFine(one) - isFine(other)).slice(0, LINES_SHOWN);
  const table = formatTable(
    ['Server', 'State', 'Since', 'Version', 'Change', 'Behind', 'Messages', 'Not in force', 'Address'],
    shown.map((one) => [
      one.isSelf ? `${one.name} (this one)` : one.name,
      one.state,
      one.since,
      one.version,
      ...[one.change, one.behind, one.waitingMessages, one.notInForce.length].map(String),
      one.urls.join(' '),
    ]),
  );
  return `${table}${more(all.length)}`;
}

function mailServers({ mailServers: all }: Status, trends: ShownTrends | undefined): string {
  if (all.length === 0) return 'There are no enabled mail servers.\n';
  const isQuiet = ({ state }: Status['mailServers'][number]) => Number(QUIET_STATES.has(state));
  const shown = all.toSorted((one, other) => isQuiet(one) - isQuiet(other)).slice(0, LINES_SHOWN);
  const table = formatTable(
    ['Mail Server', 'Address', 'State', 'Sent', 'Failed', 'Last error'],
    shown.map((one) => {
      const { sent = [], failed = [] } = trends?.trendOf(one.name) ?? {};
      const counted = (count: number, counts: readonly number[]) =>
        `${count} ${trends?.bars(counts) ?? ''}`.trimEnd();
      const counts = [counted(one.sent, sent), counted(one.failed, failed)];
      return [one.name, one.address, one.state, ...counts, one.lastError ?? '-'];
    }),
  );
  return `${table}${more(all.length)}`;
}

function list(title: string, lines: readonly string[]): string {
  const shown = lines.slice(0, LINES_SHOWN).map((line) => `  ${line}\n`);
  return `${title}\n${shown.join('')}${more(lines.length)}`;
}

function more(count: number): string {
  return count <= LINES_SHOWN ? '' : `  and ${count - LINES_SHOWN} more: confdit status --json\n`;
}
