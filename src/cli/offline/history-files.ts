// The history of an instance from its files: listed and compared at any time, rolled back while no server runs.

import { formatChange } from '../../codec/ldif-writer.ts';
import { changesOf, clientChange } from '../../directory/entry-difference.ts';
import { unlimited } from '../../directory/octet-budget.ts';
import type { ConfigurationHistory } from '../../history/configuration-history.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { readValues } from '../../instance/keys/stored-secrets.ts';
import { configFolderOf, openOfflineInstance, schemaOf } from '../../instance/offline-instance.ts';
import { historyIn } from '../../instance/open-history.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import type { HistoryReader } from '../../store/history-reader.ts';
import type { World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { type ChangelogLine, type HistoryRange, requireKept } from '../history-listing.ts';

async function pastOf(choice: InstanceChoice, { env }: Pick<World, 'env'>): Promise<ConfigurationHistory> {
  const configFolder = await configFolderOf(choice);
  const schema = await schemaOf(choice);
  const environment = await environmentWith(choice.environmentFile, env);
  return historyIn(configFolder, schema, await readValues({ folder: choice.instance, environment, schema }));
}

/** Lists the last changes. Rejects with CommandError. */
export async function historyOffline(
  choice: InstanceChoice,
  range: HistoryRange,
  world: Pick<World, 'env'>,
): Promise<readonly ChangelogLine[]> {
  return asCommandError(async () => {
    const past = await pastOf(choice, world);
    return linesOf(past.reader, range);
  });
}

/**
 * Resolves to the LDIF that leads from the state after one change to that after another. Rejects with CommandError.
 * @param to undefined: the present
 */
export async function diffOffline(
  choice: InstanceChoice,
  { from, to }: { readonly from: number; readonly to: number | undefined },
  world: Pick<World, 'env'>,
): Promise<string> {
  return asCommandError(async () => {
    const past = await pastOf(choice, world);
    const differences = await past.differences(from, to ?? past.lastNumber, unlimited());
    const changes = changesOf(differences, await schemaOf(choice));
    return formatAll(changes.flatMap((change) => clientChange(change) ?? []));
  });
}

/** Request of a rollback. */
export interface RollbackRequest {
  readonly to: number;
  /** The number of the last change; another one in between is refused. */
  readonly expected?: number;
  readonly trial: boolean;
}

/** Outcome of a rollback or of its trial. */
export interface RollbackAnswer {
  readonly from: number;
  readonly number?: number | undefined;
  readonly notes?: readonly string[];
  readonly ldif: string;
}

interface OpenRollback {
  readonly roll: (request: RollbackRequest) => Promise<RollbackAnswer>;
  close(): Promise<void>;
}

/** Opens an instance for a rollback. Rejects with CommandError, as `roll` does. */
export async function openRollback(
  choice: InstanceChoice,
  { env, stderr }: Pick<World, 'env' | 'stderr'>,
): Promise<OpenRollback> {
  const report = (warning: string) => void stderr.write(`${warning}\n`);
  const instance = await asCommandError(() => openOfflineInstance(choice, env, report));
  const roll = ({ to, expected, trial }: RollbackRequest) =>
    asCommandError(async () => {
      const { changes, ...done } = await instance.history.rollBack(
        { to, expected, isTrial: trial },
        instance.requester,
        unlimited(),
      );
      return { ...done, ldif: formatAll(changes) };
    });
  return { roll, close: () => instance.close() };
}

/** Throws StoreError, and LdapError noSuchObject where the range ends before the first change that is kept. */
function linesOf(reader: HistoryReader, { limit, to }: HistoryRange): ChangelogLine[] {
  const first = reader.firstNumber ?? 1;
  requireKept(to, first);
  const last = to ?? reader.lastNumber;
  const lines: ChangelogLine[] = [];
  for (const commit of reader.commits(Math.max(last - limit + 1, first), last)) {
    if (commit === undefined) continue;
    for (const change of commit.changes) {
      const ldif = formatChange(change);
      const typeAt = ldif.indexOf('\nchangetype: ') + 1;
      lines.push({
        number: commit.number,
        at: commit.at.toISOString(),
        by: commit.by,
        type: change.type === 'modifyDn' ? 'modrdn' : change.type,
        dn: dnOfChange(change).toString(),
        changes: ldif.slice(ldif.indexOf('\n', typeAt) + 1),
      });
    }
  }
  return lines;
}

function formatAll(changes: readonly Change[]): string {
  return changes.map(formatChange).join('\n');
}
