// Waits for a commit that a client has seen at another server: this server may be behind by a moment, or by as long as etcd was
// away.

import { messageOf } from '../../files/file-error.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { ForeignCommits } from '../../store/store.ts';
import { Deadline, type Timer } from '../../time/deadline.ts';

export interface ReachParts {
  readonly foreign: Pick<ForeignCommits, 'has'>;
  /** Makes what others have stored. */
  readonly follow: () => Promise<void>;
  /** Returns the number of the last commit that readers see. */
  readonly shown: () => number;
  readonly timer?: Timer;
}

/** Milliseconds for all of it. */
const REACH_MS = 10_000;

/**
 * Resolves when readers see the commit with this number, or nobody has stored it. Rejects with LdapError (unavailable) if that is not
 * known in time.
 */
export async function reachCommit(number: number, { timer, ...parts }: ReachParts): Promise<void> {
  const late = Promise.withResolvers<never>();
  let isLate = false;
  const deadline = new Deadline(
    REACH_MS,
    () => {
      isLate = true;
      late.reject(notReached(number, `it was not here within ${REACH_MS / 1000} seconds.`));
    },
    timer,
  );
  deadline.begin();
  try {
    await Promise.race([late.promise, reach(number, parts, () => isLate)]);
  } finally {
    deadline.close();
  }
}

async function reach(
  number: number,
  { foreign, follow, shown }: ReachParts,
  isOver: () => boolean,
): Promise<void> {
  try {
    while (shown() < number && !isOver()) {
      // Taken before the question: the watch may make commits while it is asked.
      const before = shown();
      if (!(await foreign.has(number))) return;
      await follow();
      if (shown() === before) throw notReached(number, 'this server cannot read it now.');
    }
  } catch (error) {
    throw error instanceof LdapError ? error : notReached(number, messageOf(error));
  }
}

function notReached(number: number, reason: string): LdapError {
  return new LdapError(
    'unavailable',
    `Change ${number}, which this client knows from another server, is not seen here yet: ${reason} Come again with the same cookie, ` +
      'here or at another server.',
  );
}
