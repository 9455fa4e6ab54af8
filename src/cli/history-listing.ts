// The last changes as a list, from cn=changelog of a running server.

import { LdapError } from '../ldap/ldap-error.ts';
import type { Directory } from './connection/directory.ts';

export interface HistoryRange {
  readonly limit: number;
  /** The last change there is when absent. */
  readonly to?: number;
}

/** One change of an entry; several may have one number. */
export interface ChangelogLine {
  readonly number: number;
  readonly at: string;
  readonly by: string;
  readonly type: string;
  readonly dn: string;
  /** As LDIF, without name and type. */
  readonly changes: string;
}

/** Throws LdapError noSuchObject where the range ends before the first change that is kept. */
export async function historyOnline(
  directory: Directory,
  { limit, to }: HistoryRange,
): Promise<readonly ChangelogLine[]> {
  const [top] = await directory.search({
    base: 'cn=changelog',
    scope: 'base' as const,
    attributes: ['firstChangeNumber', 'lastChangeNumber'],
  });
  const last = to ?? Number(top?.first('lastchangenumber') ?? 0);
  requireKept(to, Number(top?.first('firstchangenumber') ?? 0));
  const filter = `(&(changeNumber>=${Math.max(last - limit + 1, 0)})(changeNumber<=${last}))`;
  const entries = await directory.search({ base: 'cn=changelog', scope: 'one', filter });
  return entries.map((entry) => ({
    number: Number(entry.first('changenumber')),
    at: (entry.first('changetime') ?? '').replace(
      /^(....)(..)(..)(..)(..)(..)(\.\d+)?Z$/,
      '$1-$2-$3T$4:$5:$6$7Z',
    ),
    by: entry.first('changeinitiatorsname') ?? '',
    type: entry.first('changetype') ?? '',
    dn: entry.first('targetdn') ?? '',
    changes: entry.first('changes') ?? '',
  }));
}

/** Throws LdapError noSuchObject where a range ends before the first change that is kept. */
export function requireKept(to: number | undefined, first: number): void {
  if (to === undefined || to >= first) return;
  throw new LdapError(
    'noSuchObject',
    `Change ${to} is not kept any more: the first change that is kept is ${first}. Give --to that number or a higher one.`,
  );
}

/** Formats one change of the list. */
export function formatChangelogLine(line: ChangelogLine, hasChanges: boolean): string {
  const { number, at, by, type, dn, changes } = line;
  if (!hasChanges) return `${String(number).padStart(8)}  ${at}  ${type.padEnd(6)}  ${dn}  by ${by}\n`;
  return `# change ${number} at ${at} by ${by}\ndn: ${dn}\nchangetype: ${type}\n${changes}\n`;
}
