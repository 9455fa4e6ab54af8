// Back to what the configuration was after an earlier change: itself one change, validated, journaled and atomic like any
// other. What people may set becomes as it was, value by value and in order; entryUUID, timestamps and names of who
// changed what tell of the rollback, and an entry that had been deleted comes back under a new entryUUID.

import { setImmediate } from 'node:timers/promises';
import type { Requester } from '../backend/backend.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { requireAccountRights } from '../configuration/rights/login-rights.ts';
import { requireSecretAnew } from '../configuration/rights/secret-destination.ts';
import { entriesBefore } from '../configuration/write/tree-writer.ts';
import type { WritePath, WriteStep, Written } from '../configuration/write/write-path.ts';
import { changesOf, changesOfMany } from '../directory/entry-difference.ts';
import { octetsOfChange } from '../directory/kept-octets.ts';
import type { HeldOctets } from '../directory/octet-budget.ts';
import type { Change, EntryDifference } from '../ldap/change.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { ConfigurationHistory } from './configuration-history.ts';

export interface RollbackOptions {
  readonly configuration: Configuration;
  readonly history: ConfigurationHistory;
  readonly writePath: WritePath;
}

export interface RollbackRequest {
  /** Back to the state after this change. */
  readonly to: number;
  /** The last change that whoever asks has seen; any other, and nothing is done. */
  readonly expected?: number | undefined;
  /** Everything is checked and prepared, and nothing changes. */
  readonly isTrial?: boolean;
  /** More changes are refused; without it there may be any number. */
  readonly changesMax?: number;
}

export interface RolledBack extends Written {
  /** What was done, or would be; none when nothing is different. */
  readonly changes: readonly Change[];
  /** The last change before it. */
  readonly from: number;
}

/** Others may change something between looking and doing so often before we give up. */
const ATTEMPTS_MAX = 5;
/** What changes take on their way to the disk, in proportion to themselves. */
const WRITING_FACTOR = 3;

/**
 * Throws LdapError: the state is not remembered, the requester may not, what was then is not valid any more, or it takes
 * more memory than `held` has room for.
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
    const differences = await history.differences(from, to, held);
    const changes = await changesOfMany(differences, configuration.schema, held);
    if (changes.length === 0) return { number: undefined, notes: [], effects: [], changes, from };
    if (changes.length > changesMax) throw tooMany(changes.length, changesMax);
    // They are made once more when it is their turn, and written down.
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
  /** Whether another change came in between. */
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
      requireSecretAnew(change, this.#requester, { schema, definitions }, entries[index]);
    }
    return this.made;
  }
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
    `Change ${last} came after change ${expected}, which was the last one when this was looked at. Look again and decide again.`,
  );
}
