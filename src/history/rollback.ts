// Rolls the configuration back to the state after an earlier change. A rollback is one change: validated, journaled, atomic.
// It restores user attributes, value by value and in order. Operational attributes describe the rollback itself, and an entry
// that had been deleted gets a new entryUUID.

import { setImmediate } from 'node:timers/promises';
import type { Requester } from '../backend/backend.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { requireAccountRights } from '../configuration/rights/login-rights.ts';
import { requireSecretAnew } from '../configuration/rights/secret-destination.ts';
import { entriesBefore } from '../configuration/write/entries-before.ts';
import type { WritePath, WriteStep, Written } from '../configuration/write/write-path.ts';
import { changesOf, changesOfMany } from '../directory/entry-difference.ts';
import { octetsOfChange } from '../directory/kept-octets.ts';
import type { HeldOctets } from '../directory/octet-budget.ts';
import type { Change, EntryDifference, ModifyDnChange } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { ConfigurationHistory } from './configuration-history.ts';

export interface RollbackOptions {
  readonly configuration: Configuration;
  readonly history: ConfigurationHistory;
  readonly writePath: WritePath;
}

export interface RollbackRequest {
  /** Number of the change whose state is restored. */
  readonly to: number;
  /** The last change that the requester has seen; the rollback is refused if there is a later one. */
  readonly expected?: number | undefined;
  /** If true, everything is checked and prepared, but nothing changes. */
  readonly isTrial?: boolean;
  /** Maximum number of changes; unlimited if undefined. */
  readonly changesMax?: number;
}

export interface RolledBack extends Written {
  /** The changes made, or to be made; empty if nothing differs. */
  readonly changes: readonly Change[];
  /** Number of the last change before the rollback. */
  readonly from: number;
}

/** Number of attempts, since others may change something between reading and writing. */
const ATTEMPTS_MAX = 5;
/** Memory of changes being written, as a multiple of their size. */
const WRITING_FACTOR = 3;

/**
 * Rolls back. Throws LdapError if the state is not remembered, the requester lacks a privilege, the old state is invalid now,
 * or `held` has too little room.
 */
export async function rollBack(
  { to, expected, isTrial = false, changesMax = Number.POSITIVE_INFINITY }: RollbackRequest,
  requester: Requester,
  options: RollbackOptions,
  held: HeldOctets,
): Promise<RolledBack> {
  const { configuration, history, writePath } = options;
  for (let attempt = 1; ; attempt++) {
    const from = writePath.feed.number;
    if (expected !== undefined && expected !== from) throw overtaken(expected, from);
    held.release();
    const { definitions } = configuration.validator;
    // A container that came with an upgrade stays.
    const differences = (await history.differences(from, to, held)).filter(
      ({ key, after }) => after !== undefined || definitions.findAtPlace(key) === undefined,
    );
    const changes = await changesOfMany(differences, configuration.schema, held);
    if (changes.length === 0) return { number: undefined, notes: [], effects: [], changes, from };
    if (changes.length > changesMax) throw tooMany(changes.length, changesMax);
    // The write path makes them again, and the store formats them.
    held.take(WRITING_FACTOR * changes.reduce((sum, change) => sum + octetsOfChange(change), 0));
    const step = new RollbackStep(from, differences, requester, configuration);
    try {
      const written = await (isTrial
        ? writePath.try([step], requester)
        : writePath.submitAll([step], requester));
      return { ...written, changes: step.made, from };
    } catch (error) {
      if (!step.isOvertaken || attempt === ATTEMPTS_MAX) throw error;
      await setImmediate();
    }
  }
}

class RollbackStep implements WriteStep {
  readonly #from: number;
  readonly #differences: readonly EntryDifference[];
  readonly #requester: Requester;
  readonly #configuration: Configuration;
  /** True if another change came in between. */
  isOvertaken = false;
  made: readonly Change[] = [];

  constructor(
    from: number,
    differences: readonly EntryDifference[],
    requester: Requester,
    configuration: Configuration,
  ) {
    this.#from = from;
    this.#differences = differences;
    this.#requester = requester;
    this.#configuration = configuration;
  }

  changes(number: number): readonly Change[] {
    if (number !== this.#from + 1) {
      this.isOvertaken = true;
      throw overtaken(this.#from, number - 1);
    }
    const { schema, tree, validator } = this.#configuration;
    const present = this.#differences.map((one) => ({ ...one, before: tree.findStaged(one.key) }));
    this.made = changesOf(present, schema);
    const { definitions } = validator;
    const entries = entriesBefore(this.made, schema, (key) => tree.findStaged(key));
    for (const [index, change] of this.made.entries()) {
      requireAccountRights(change, this.#requester, { schema, definitions }, entries[index]);
      const readsSecrets = this.#configuration.readsSecrets(this.#requester, entries[index]);
      requireSecretAnew(change, this.#requester, { schema, definitions, readsSecrets }, entries[index]);
    }
    for (const rename of renamesIn(present)) this.#configuration.requireRename(rename, this.#requester);
    return this.made;
  }
}

/**
 * Returns a rename for each entry that has another name afterwards. The rollback itself may delete and add the entry instead,
 * because another one has the name now.
 */
function renamesIn(differences: readonly EntryDifference[]): readonly ModifyDnChange[] {
  const entries = new Map<string, Entry>();
  for (const { before } of differences) {
    const id = before?.first('entryuuid');
    if (before !== undefined && id !== undefined) entries.set(id, before);
  }
  return differences.flatMap(({ before, after }): readonly ModifyDnChange[] => {
    const id = after?.first('entryuuid');
    const entry = id === undefined || id === before?.first('entryuuid') ? undefined : entries.get(id);
    if (entry === undefined || after === undefined) return [];
    const { rdn = [], parent } = after.dn;
    return [{ type: 'modifyDn', dn: entry.dn, newRdn: rdn, deleteOldRdn: true, newSuperior: parent }];
  });
}

function tooMany(count: number, changesMax: number): LdapError {
  return new LdapError(
    'adminLimitExceeded',
    `${count} changes are needed, and a server that runs makes ${changesMax} at once. ` +
      'Go back in several steps, to a state in between first, or stop the server and use --offline.',
  );
}

function overtaken(expected: number, last: number): LdapError {
  return new LdapError(
    'busy',
    `Change ${last} came after change ${expected}, which was the last one when the difference was shown. Show it again and decide again.`,
  );
}
