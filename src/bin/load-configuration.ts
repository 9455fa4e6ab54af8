// From what the store holds to a configuration that is whole and valid, or every reason why it is not.

import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Configuration } from '../backend/configuration.ts';
import {
  loadCheckedEntries,
  loadEntries,
  replayCommits,
  validateDoubtful,
} from '../backend/configuration-loader.ts';
import { textsInEntries } from '../backend/texts-with-expressions.ts';
import { readAhead } from '../expression/read-ahead.ts';
import { formatIssue, type Issue } from '../ldap/issue.ts';
import type { Log } from '../server/access-log.ts';
import type { StoreContents } from '../store/store.ts';
import { StartError } from './start-error.ts';

/**
 * Returns whether a snapshot should be written: entries had to be completed, or had to be checked that need not be again.
 * Throws StartError.
 */
export async function loadConfiguration(
  configuration: Configuration,
  { entries, checked, commits }: Pick<StoreContents, 'entries' | 'checked' | 'commits'>,
  now: Date,
): Promise<boolean> {
  if (checked !== undefined && checked.checkedBy === configuration.checkedBy) {
    loadCheckedEntries(configuration, entries);
    const touched = replayCommits(configuration, commits);
    const doubtful = await validateDoubtful(configuration, checked, touched);
    refuse([...doubtful, ...configuration.checkStart()], 'The configuration is not valid');
    return false;
  }
  const made = { at: now, by: 'cn=First Start' };
  const isIncomplete = entries.some((entry) => entry.find('entryuuid') === undefined);
  refuse(loadEntries(configuration, entries, made, randomUUID), 'The configuration does not fit the schema');
  replayCommits(configuration, commits);
  const texts = textsInEntries(configuration.tree.entries());
  await readAhead(texts, configuration.validator.sources);
  const issues = configuration.validator.validateAll(configuration.tree.entries());
  refuse([...issues, ...configuration.checkStart()], 'The configuration is not valid');
  return isIncomplete || entries.length > WORTH_A_SNAPSHOT;
}

/** Makes what a load has left to be made, while nothing else is to be done, until it is done or `isOver`. Never rejects. */
export async function finishLoading(
  configuration: Configuration,
  log: Pick<Log, 'warn'>,
  isOver: () => boolean,
): Promise<void> {
  try {
    for (const _ of configuration.finish()) {
      if (isOver()) return;
      await setImmediate();
    }
  } catch (error) {
    log.warn({ err: error }, 'the indexes could not be made; searches that need them are refused');
  }
}

/** So many entries take longer to check than to write. */
const WORTH_A_SNAPSHOT = 5_000;

function refuse(issues: readonly Issue[], what: string): void {
  if (issues.length === 0) return;
  throw new StartError([`${what}; ${issues.length} to be put right:`, ...issues.map(formatIssue)].join('\n'));
}
