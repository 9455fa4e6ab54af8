// From what the store holds to a configuration that is whole and valid, or every reason why it is not.

import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Configuration } from '../configuration/configuration.ts';
import {
  loadCheckedEntries,
  loadEntries,
  validateDoubtful,
} from '../configuration/loading/configuration-loader.ts';
import { loadSiteSchema, repeatWithSiteSchema } from '../configuration/site-schema.ts';
import { EXPRESSION_MARKS } from '../configuration/texts-with-expressions.ts';
import type { Log } from '../files/log.ts';
import type { Entry } from '../ldap/entry.ts';
import { countOf, formatIssue, type Issue } from '../ldap/issue.ts';
import type { StoreContents } from '../store/store.ts';
import { StartError } from './start-error.ts';

export interface LoadedConfiguration {
  /** True if a snapshot should be written: entries had to be completed, or checked again. */
  readonly isSnapshotDue: boolean;
  /** Values that an earlier version took and that a change may not bring any more. They are in force. */
  readonly outdated: readonly Issue[];
  /** Problems of entries that other servers have stored and of which nothing is in force here. */
  readonly notInForce: readonly Issue[];
}

/** Control characters as LDIF has them in plain text; those beyond are in base64, which is looked into anyway. */
const CONTROL_CHARACTERS: readonly string[] = [
  ...Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).filter((one) => one !== '\n'),
  '\u007f',
];

/**
 * Loads what the store holds. Throws StartError, and SchemaError for the schema of the site.
 * @param isShared True if other servers have a say in it: an entry that is not valid here is in force there, and keeps no server
 *   from starting.
 */
export async function loadConfiguration(
  configuration: Configuration,
  { entries, checked, commits }: Pick<StoreContents, 'entries' | 'checked' | 'commits'>,
  now: Date,
  isShared: boolean,
): Promise<LoadedConfiguration> {
  const { tree, schema } = configuration;
  loadSiteSchema(schema, entries);
  const notInForce: Issue[] = [];
  const requireValid = (issues: readonly Issue[]) => {
    const others = isShared ? issues.filter((issue) => !isHeld(configuration, issue, now)) : issues;
    notInForce.push(...issues.filter((issue) => !others.includes(issue)));
    refuse(others, 'The configuration is not valid');
  };
  if (checked !== undefined && checked.checkedBy === configuration.checkedBy) {
    loadCheckedEntries(configuration, entries);
    const touched = repeatWithSiteSchema(configuration, commits);
    const doubtful = await validateDoubtful(configuration, checked, touched);
    requireValid([...doubtful, ...configuration.checkStart()]);
    const keys = new Set(touched);
    for (const entry of checked.entriesWith([...EXPRESSION_MARKS, ...CONTROL_CHARACTERS]))
      keys.add(schema.dnKey(entry.dn));
    const present = [...keys].flatMap((key) => tree.find(key) ?? []);
    return { isSnapshotDue: false, outdated: outdatedValues(configuration, present), notInForce };
  }
  const made = { at: now, by: 'cn=First Start' };
  const isIncomplete = entries.some((entry) => entry.find('entryuuid') === undefined);
  refuse(loadEntries(configuration, entries, made, randomUUID), 'The configuration does not fit the schema');
  repeatWithSiteSchema(configuration, commits);
  await configuration.readAheadOf(tree.entries());
  requireValid(configuration.checkAll());
  const outdated = outdatedValues(configuration, tree.entries());
  return { isSnapshotDue: isIncomplete || entries.length > WORTH_A_SNAPSHOT, outdated, notInForce };
}

/** Keeps the entry of an issue from being in force; returns false if there is none. */
function isHeld(configuration: Configuration, { dn }: Issue, now: Date): boolean {
  const key = configuration.schema.dnKeyOfText(dn);
  const entry = configuration.tree.find(key);
  if (entry === undefined || configuration.isTop(key)) return false;
  configuration.inForce.hold({ before: undefined, after: entry }, now, new Map());
  return true;
}

/** Returns the issues of values in these entries that an earlier version took and that a change may not bring any more. */
export function outdatedValues({ validator }: Configuration, entries: Iterable<Entry>): readonly Issue[] {
  return Array.from(entries, (entry) => validator.checkOutdated(entry)).flat();
}

/** Returns the sentence for a value that an earlier version took: which it is, and what to do. */
export function formatOutdatedValue(issue: Issue): string {
  const advice = `It stays effective as an earlier version stored it; new values like it are refused. ${issue.advice ?? ''}`;
  return formatIssue({ ...issue, advice: advice.trimEnd() });
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
  throw new StartError(
    [`${what}; ${countOf(issues.length, 'error')}:`, ...issues.map(formatIssue)].join('\n'),
  );
}
