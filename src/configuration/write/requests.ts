// What waits for its turn in the write path, and what becomes of it on its way to the disk.

import type { Requester } from '../../backend/backend.ts';
import type { Effect } from '../../directory/apply-change.ts';
import { messageOf } from '../../files/file-error.ts';
import type { Change } from '../../ldap/change.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Prepared } from '../../runtime/component.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Commit } from '../../store/store.ts';
import { OutcomeUnknown } from '../../store/store-error.ts';
import type { NetChange } from './staging.ts';

/** How often a change is tried again because another server was first. */
const TRIES_MAX = 8;

/** Something that is asked for at once with others, and is done with them or not at all. */
export interface WriteStep {
  /** Requested changes, if they have all texts of the changes that are made of them. */
  readonly asked?: readonly Change[];
  /**
   * Called when it is its turn, with the number that the commit will have, and sees what the steps before it have
   * staged. Throws what refuses the step.
   */
  changes(number: number): readonly Change[];
  /** Told what the changes would do. Throws what refuses the step. */
  accept?(effects: readonly Effect[]): void;
}

/** Outcome of a request. */
export interface Written {
  /** The number of the commit; undefined when it was to be tried only. */
  readonly number: number | undefined;
  readonly notes: readonly string[];
  /** The effects, step by step. */
  readonly effects: readonly (readonly Effect[])[];
}

/** Work that runs while nothing is being prepared or stored; requests wait for its end. Never rejects. */
export interface Exclusive {
  readonly work: (runtime: Runtime) => Promise<void>;
  /** The work as a sentence for those who wonder why it takes long, as in WorkUnderWay. */
  readonly what: string;
}

export interface Waiting {
  readonly steps: readonly WriteStep[];
  /** Everything is checked and prepared, and nothing changes. */
  readonly isTrial: boolean;
  readonly requester: Requester;
  readonly outcome: PromiseWithResolvers<Written>;
  /** True if it is prepared after all earlier ones are committed: a component could not prepare it before. */
  readonly retryAfterCommit?: boolean;
  /** True if it shares no write with others: the store took no batch with it. */
  readonly isAlone?: boolean;
  /** How often another server was first. */
  readonly tries?: number;
}

/** Staged and prepared request that waits for the disk. */
export interface Ready {
  readonly waiting: Waiting;
  readonly commit: Commit;
  readonly effects: readonly (readonly Effect[])[];
  readonly net: NetChange;
  readonly prepared: Prepared;
  /** Where the tree was when it was staged. */
  readonly mark: number;
  /** Requests that came right after it and were refused. They are answered when what refused them is on disk. */
  readonly refused: Refused[];
}

export interface Refused {
  readonly waiting: Waiting;
  readonly error: unknown;
}

/** Batch that is being stored. */
export interface Storing {
  readonly batch: readonly Ready[];
  /** Once the append has failed. */
  failure?: { readonly cause: unknown };
}

/** Returns the refusal of a change that could not be stored. */
export function notStored(error: unknown): LdapError {
  if (error instanceof OutcomeUnknown) return new LdapError('unavailable', error.message, { cause: error });
  const reason = messageOf(error);
  return new LdapError('unavailable', `The change could not be stored and nothing has changed: ${reason}`, {
    cause: error,
  });
}

/** Returns the requests of a batch that was too large, each to be stored for itself. */
export function triedAlone(batch: readonly Ready[]): readonly Waiting[] {
  return batch.flatMap(({ waiting, refused }) => [
    { ...waiting, isAlone: true },
    ...refused.map((one) => one.waiting),
  ]);
}

/** Returns the requests that are tried again. Refuses those for which another server was first too often. */
export function triedAgain(batch: readonly Ready[]): readonly Waiting[] {
  return batch.flatMap(({ waiting, refused }) => {
    const behind = refused.map((one) => one.waiting);
    const tries = (waiting.tries ?? 0) + 1;
    if (tries < TRIES_MAX) return [{ ...waiting, tries }, ...behind];
    waiting.outcome.reject(
      new LdapError(
        'busy',
        `Other servers of the cluster were first ${tries} times, and nothing has changed. Try again.`,
      ),
    );
    return behind;
  });
}
