// From what the store holds to a configuration that is whole and valid, or every reason why it is not.

import { randomUUID } from 'node:crypto';
import type { Configuration } from '../backend/configuration.ts';
import { formatIssue, type Issue } from '../ldap/issue.ts';
import type { StoreContents } from '../store/store.ts';
import { StartError } from './start-error.ts';

/** Returns whether entries had to be completed, so that a snapshot should keep what was added. Throws StartError. */
export function loadConfiguration(
  configuration: Configuration,
  { entries, commits }: StoreContents,
  now: Date,
): boolean {
  const isIncomplete = entries.some((entry) => entry.find('entryuuid') === undefined);
  const made = { at: now, by: 'cn=First Start' };
  refuse(configuration.load(entries, made, randomUUID), 'The configuration does not fit the schema');
  configuration.replay(commits);
  const issues = configuration.validator.validateAll(configuration.tree.entries());
  refuse(issues, 'The configuration is not valid');
  return isIncomplete;
}

function refuse(issues: readonly Issue[], what: string): void {
  if (issues.length === 0) return;
  throw new StartError([`${what}; ${issues.length} to be put right:`, ...issues.map(formatIssue)].join('\n'));
}
