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
import type { StoredValues } from '../../store/encryption/stored-values.ts';
import type { HistoryReader } from '../../store/history-reader.ts';
import type { Commit } from '../../store/store.ts';
import type { World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import { type ChangelogLine, type HistoryRange, requireKept } from '../history-listing.ts';
import { noteSecretsIn } from './clear-secrets.ts';

interface Past {
  readonly history: ConfigurationHistory;
  readonly values: StoredValues;
}

async function pastOf(choice: InstanceChoice, { env }: Pick<World, 'env'>): Promise<Past> {
  const configFolder = await configFolderOf(choice);
  const schema = await schemaOf(choice);
  const environment = await environmentWith(choice.environmentFile, env);
  const values = await readValues({ folder: choice.instance, environment, schema });
  return { history: historyIn(configFolder, schema, values), values };
}

/**
 * Lists the last changes. Rejects with CommandError.
 * @param hasChanges true if the changes themselves are printed, with secrets in clear text
 */
export async function historyOffline(
  choice: InstanceChoice,
  range: HistoryRange,
  hasChanges: boolean,
  world: Pick<World, 'env' | 'stderr'>,
): Promise<readonly ChangelogLine[]> {
  return asCommandError(async () => {
    const { history, values } = await pastOf(choice, world);
    const commits = commitsOf(history.reader, range);
    const changes = hasChanges ? commits.flatMap((commit) => commit.changes) : [];
    await noteSecretsIn(changes, values, choice.instance, world);
    return linesOf(commits);
  });
}

/**
 * Resolves to the LDIF that leads from the state after one change to that after another. Rejects with CommandError.
 * @param to undefined: the present
 */
export async function diffOffline(
  choice: InstanceChoice,
  { from, to }: { readonly from: number; readonly to: number | undefined },
  world: Pick<World, 'env' | 'stderr'>,
): Promise<string> {
  return asCommandError(async () => {
    const { history, values } = await pastOf(choice, world);
    const differences = await history.differences(from, to ?? history.lastNumber, unlimited());
    const changes = changesOf(differences, await schemaOf(choice)).flatMap(
      (change) => clientChange(change) ?? [],
    );
    await noteSecretsIn(changes, values, choice.instance, world);
    return formatAll(changes);
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
  world: Pick<World, 'env' | 'stderr'>,
): Promise<OpenRollback> {
  const report = (warning: string) => void world.stderr.write(`${warning}\n`);
  const instance = await asCommandError(() => openOfflineInstance(choice, world.env, report));
  const roll = ({ to, expected, trial }: RollbackRequest) =>
    asCommandError(async () => {
      const { changes, ...done } = await instance.history.rollBack(
        { to, expected, isTrial: trial },
        instance.requester,
        unlimited(),
      );
      // What is printed is what was tried.
      if (trial) await noteSecretsIn(changes, instance.values, choice.instance, world);
      return { ...done, ldif: formatAll(changes) };
    });
  return { roll, close: () => instance.close() };
}

/** Throws StoreError, and LdapError noSuchObject where the range ends before the first change that is kept. */
function commitsOf(reader: HistoryReader, { limit, to }: HistoryRange): Commit[] {
  const first = reader.firstNumber ?? 1;
  requireKept(to, first);
  const last = to ?? reader.lastNumber;
  const commits = reader.commits(Math.max(last - limit + 1, first), last);
  return [...commits].filter((commit) => commit !== undefined);
}

function linesOf(commits: readonly Commit[]): ChangelogLine[] {
  return commits.flatMap(({ number, at, by, changes }) =>
    changes.map((change) => {
      const ldif = formatChange(change);
      const typeAt = ldif.indexOf('\nchangetype: ') + 1;
      return {
        number,
        at: at.toISOString(),
        by,
        type: change.type === 'modifyDn' ? 'modrdn' : change.type,
        dn: dnOfChange(change).toString(),
        changes: ldif.slice(ldif.indexOf('\n', typeAt) + 1),
      };
    }),
  );
}

function formatAll(changes: readonly Change[]): string {
  return changes.map(formatChange).join('\n');
}
