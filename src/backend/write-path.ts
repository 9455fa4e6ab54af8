// How a change becomes real: apply, validate, prepare, append, commit, answer. One change at a time, in order;
// changes that wait for the disk while others come in share the next sync. Nothing has changed before the append,
// nothing can fail after it.

import { randomUUID } from 'node:crypto';
import type { Effect } from '../directory/apply-change.ts';
import type { Change } from '../ldap/change.ts';
import { refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Prepared } from '../runtime/component.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Commit, Store } from '../store/store.ts';
import type { ChangeOutcome, Requester } from './backend.ts';
import type { WriteTarget } from './write-target.ts';

export interface WritePathOptions {
  readonly target: WriteTarget;
  readonly runtime: Runtime;
  readonly store: Store;
  readonly now: () => Date;
  readonly log: { warn(fields: object, message: string): void };
}

/** The changes that share one sync are no more than this. */
const BATCH_MAX = 256;
/** Changes waiting for their turn: one more is refused as busy. */
const WAITING_MAX = 10_000;
/** A snapshot is due when replaying the journal would mean to read so much, and more than the entries themselves. */
const SNAPSHOT_OCTETS_MIN = 4 * 1024 * 1024;
const SNAPSHOT_OCTETS_PER_ENTRY = 512;

interface Waiting {
  readonly change: Change;
  readonly requester: Requester;
  readonly outcome: PromiseWithResolvers<ChangeOutcome>;
}

/** A change that is staged and prepared and waits for the disk. */
interface Ready {
  readonly waiting: Waiting;
  readonly commit: Commit;
  readonly effects: readonly Effect[];
  readonly prepared: Prepared;
}

export class WritePath {
  readonly #options: WritePathOptions;
  readonly #queue: Waiting[] = [];
  #runtime: Runtime;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #isSnapshotUnderWay = false;

  constructor(options: WritePathOptions) {
    this.#options = options;
    this.#runtime = options.runtime;
  }

  /** From now on changes are prepared by these components. */
  use(runtime: Runtime): void {
    this.#runtime = runtime;
  }

  /** Lets the changes that came so far have their end; refuses all others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  /** Resolves when the change is on disk and in force; rejects with the LdapError that says why it is not. */
  submit(change: Change, requester: Requester): Promise<ChangeOutcome> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const outcome = Promise.withResolvers<ChangeOutcome>();
    this.#queue.push({ change, requester, outcome });
    this.#running ??= this.#run();
    return outcome.promise;
  }

  #refusal(): LdapError | undefined {
    if (this.#isClosed) return new LdapError('unavailable', 'The server is stopping and takes no changes.');
    if (this.#queue.length < WAITING_MAX) return undefined;
    return new LdapError('busy', `${WAITING_MAX} changes wait for the disk already. Try again later.`);
  }

  async #run(): Promise<void> {
    // Requests that arrive in one turn of the event loop are one batch.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#writeBatch(this.#queue.splice(0, BATCH_MAX));
    this.#running = undefined;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const { store, target } = this.#options;
    const ready: Ready[] = [];
    for (const waiting of batch) {
      const one = await this.#prepareOne(waiting, store.lastNumber + ready.length + 1);
      if (one !== undefined) ready.push(one);
    }
    if (ready.length === 0) return;
    try {
      await store.append(ready.map(({ commit }) => commit));
    } catch (error) {
      for (const { prepared } of ready.toReversed()) prepared.abort();
      target.tree.abort();
      const refusal = notStored(error);
      for (const { waiting } of ready) waiting.outcome.reject(refusal);
      return;
    }
    target.tree.commit();
    for (const { prepared } of ready) prepared.commit();
    for (const { waiting, effects } of ready) {
      waiting.outcome.resolve({ notes: effects.flatMap((effect) => target.notesOf(effect)) });
    }
    this.#snapshotIfDue();
  }

  /** Steps 1 to 3; a change that fails one of them is answered and leaves no trace. */
  async #prepareOne({ change, requester, outcome }: Waiting, number: number): Promise<Ready | undefined> {
    const { target, now } = this.#options;
    const commit: Commit = { number, at: now(), by: requester.dn, id: randomUUID(), changes: [change] };
    const mark = target.tree.mark();
    try {
      const effects = target.apply(change, commit);
      for (const effect of effects) target.stage(effect);
      refuseIfAny(effects.flatMap((effect) => target.check(effect)));
      const prepared = await this.#runtime.prepare(
        effects.flatMap((effect) => target.differenceOf(effect) ?? []),
      );
      return { waiting: { change, requester, outcome }, commit, effects, prepared };
    } catch (error) {
      target.tree.rollBackTo(mark);
      outcome.reject(error);
      return undefined;
    }
  }

  #snapshotIfDue(): void {
    const { store, target } = this.#options;
    const due = Math.max(SNAPSHOT_OCTETS_MIN, target.tree.size * SNAPSHOT_OCTETS_PER_ENTRY);
    if (this.#isSnapshotUnderWay || store.bytesSinceSnapshot < due) return;
    this.snapshot().catch((error: unknown) => {
      this.#options.log.warn(
        { err: error },
        'the snapshot could not be written; the journal goes on growing',
      );
    });
  }

  /** Writes what readers see now to the snapshot; resolves when it is on disk. */
  async snapshot(): Promise<void> {
    const { store, target } = this.#options;
    this.#isSnapshotUnderWay = true;
    try {
      await store.snapshot([...target.tree.entries()], store.lastNumber);
    } finally {
      this.#isSnapshotUnderWay = false;
    }
  }
}

function notStored(error: unknown): LdapError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LdapError('unavailable', `The change could not be stored and nothing has changed: ${reason}`, {
    cause: error,
  });
}
