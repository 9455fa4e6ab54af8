// How a change becomes real: apply, validate, prepare, append, commit, answer. One change at a time, in order. While
// the disk syncs one batch, the changes that come in are prepared on top of it and are the next batch. Nothing has
// changed before the append, nothing can fail after it.

import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Requester } from '../../backend/backend.ts';
import { ChangeFeed } from '../../backend/change-feed.ts';
import type { Log } from '../../files/log.ts';
import type { Change } from '../../ldap/change.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { ObjectDifference } from '../../runtime/component.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { ForeignCommits, Store } from '../../store/store.ts';
import { Overtaken, TooLarge } from '../../store/store-error.ts';
import type { Timer } from '../../time/deadline.ts';
import { makeForeign } from './foreign-commits.ts';
import { Gathering } from './gathering.ts';
import { reachCommit } from './reach-commit.ts';
import {
  isNotNamedBy,
  type RefusedStep,
  refusalOf,
  refusalOfSome,
  stageSteps,
  withOthers,
} from './refused-steps.ts';
import {
  type Exclusive,
  notStored,
  type Ready,
  type Storing,
  triedAgain,
  triedAlone,
  type Waiting,
  type WriteStep,
  type Written,
} from './requests.ts';
import { Snapshots } from './snapshots.ts';
import { append, checkStaged, type NetChange, netOf, Staging } from './staging.ts';
import { FOLLOWING, PREPARING, RELOADING, type SlowWork, STORING, WorkUnderWay } from './work-under-way.ts';
import type { WriteTarget } from './write-target.ts';

export type { WriteStep, Written } from './requests.ts';

export interface WritePathOptions {
  readonly target: WriteTarget;
  readonly runtime: Runtime;
  readonly store: Store;
  /** Commits of other servers; undefined if nobody else writes. */
  readonly foreign?: ForeignCommits | undefined;
  readonly now: () => Date;
  readonly log: Pick<Log, 'warn'>;
  /** A clock that never goes back. */
  readonly clockMs?: () => number;
  /** Ends the wait of a batch for more requests. */
  readonly timer?: Timer;
  /** How many changes share one write and its fate. */
  readonly batchMax?: number;
}

/** The changes that share one sync are no more than this. */
const BATCH_MAX = 256;
/** Changes waiting for their turn: one more is refused as busy. */
const WAITING_MAX = 10_000;
export class WritePath {
  readonly #options: WritePathOptions;
  readonly #queue: (Waiting | Exclusive)[] = [];
  readonly #clockMs: () => number;
  readonly #work: WorkUnderWay;
  /** Undefined if no other server writes: a disk is too quick to be waited for. */
  readonly #gathering: Gathering | undefined;
  #runtime: Runtime;
  /** Prepared on top of what the disk is at work on. */
  #ready: Ready[] = [];
  #storing: Storing | undefined;
  /** Resolved when there is something new to look at. */
  #awake = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** The last commit that readers see: the store may know one more already. */
  #shownNumber: number;
  readonly #snapshots: Snapshots;
  /** Tells of every commit once readers see it. */
  readonly feed: ChangeFeed;

  constructor(options: WritePathOptions) {
    const { target, store, runtime } = options;
    this.#options = options;
    this.#runtime = runtime;
    this.#clockMs = options.clockMs ?? (() => performance.now());
    this.#work = new WorkUnderWay(this.#clockMs);
    const { foreign } = options;
    if (foreign !== undefined) this.#gathering = new Gathering(() => this.#awake.resolve(), options.timer);
    this.#shownNumber = store.lastNumber;
    this.#snapshots = new Snapshots({ ...options, shownNumber: () => this.#shownNumber });
    this.feed = new ChangeFeed(
      target.historyId ?? randomUUID(),
      store.lastNumber,
      foreign &&
        ((number) =>
          reachCommit(number, { foreign, follow: () => this.follow(), shown: () => this.#shownNumber })),
    );
  }

  /** How many changes wait for their turn or for the disk. */
  get waitingCount(): number {
    return this.#queue.length + this.#ready.length + (this.#storing?.batch.length ?? 0);
  }

  /** The work that is under way the longest; undefined: none is. */
  get slowest(): SlowWork | undefined {
    return this.#work.longest;
  }

  /** From now on changes are prepared by these components. */
  use(runtime: Runtime): void {
    this.#runtime = runtime;
  }

  /** Lets the changes that came so far have their end; refuses all others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    this.#snapshots.writeAtEnd();
  }

  /** Resolves when the change is on disk and in force; rejects with the LdapError that says why it is not. */
  submit(change: Change, requester: Requester): Promise<Written> {
    const asked = [change];
    return this.#enqueue([{ asked, changes: () => asked }], requester, false);
  }

  /** Submits several steps as one commit; with more than one, ChangeRefused says which is at fault. */
  submitAll(steps: readonly WriteStep[], requester: Requester): Promise<Written> {
    return this.#enqueue(steps, requester, false);
  }

  /** Does everything that can fail, and then forgets it; refuses as `submitAll` does. */
  try(steps: readonly WriteStep[], requester: Requester): Promise<Written> {
    return this.#enqueue(steps, requester, true);
  }

  /** Makes what other servers have stored, between the changes before it and those after it. Resolves when that is done. */
  follow(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const done = Promise.withResolvers<void>();
    const { work, what } = this.#following();
    this.#queue.push({ work: (runtime) => work(runtime).then(done.resolve), what });
    this.#wake();
    return done.promise;
  }

  /** Does something between the changes before it and those after it. Nothing of it is stored. */
  runExclusive<T>(work: (runtime: Runtime) => Promise<T>): Promise<T> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const outcome = Promise.withResolvers<T>();
    this.#queue.push({
      work: (runtime) => work(runtime).then(outcome.resolve, outcome.reject),
      what: RELOADING,
    });
    this.#wake();
    return outcome.promise;
  }

  #enqueue(steps: readonly WriteStep[], requester: Requester, isTrial: boolean): Promise<Written> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const outcome = Promise.withResolvers<Written>();
    this.#queue.push({ steps, isTrial, requester, outcome });
    this.#wake();
    return outcome.promise;
  }

  #wake(): void {
    this.#awake.resolve();
    this.#running ??= this.#run();
  }

  #refusal(): LdapError | undefined {
    if (this.#isClosed) return new LdapError('unavailable', 'The server is stopping and takes no changes.');
    if (this.#queue.length < WAITING_MAX) return undefined;
    return new LdapError('busy', `${WAITING_MAX} changes wait for the disk already. Try again later.`);
  }

  async #run(): Promise<void> {
    // Requests that arrive in one turn of the event loop are one batch.
    await setImmediate();
    while (this.#queue.length > 0 || this.#ready.length > 0 || this.#storing !== undefined) {
      await this.#prepareWaiting();
      if (this.#storing?.failure !== undefined) this.#takeBack(this.#storing, this.#storing.failure.cause);
      else if (this.#storing === undefined && !this.#isGathering()) this.#store();
      else await this.#awake.promise;
      this.#awake = Promise.withResolvers();
    }
    this.#running = undefined;
  }

  async #prepareWaiting(): Promise<void> {
    const { batchMax = BATCH_MAX } = this.#options;
    while (this.#ready.length < batchMax && this.#storing?.failure === undefined) {
      const [waiting] = this.#queue;
      if (waiting === undefined) return;
      const ahead = this.#ready.at(-1) ?? this.#storing?.batch.at(-1);
      if (ahead !== undefined && (ahead.prepared.isAlone === true || mustWait(waiting))) return;
      this.#queue.shift();
      if ('work' in waiting) {
        await this.#work.during(waiting.what, waiting.work(this.#runtime));
        continue;
      }
      // Not counted from what the store has, which may know of a batch already that readers do not see yet.
      const before = (this.#storing?.batch.length ?? 0) + this.#ready.length;
      const ready = await this.#prepareOne(waiting, this.#shownNumber + before + 1);
      if (ready !== undefined) this.#ready.push(ready);
      if (ready?.waiting.isAlone === true) return;
    }
  }

  /** True while the next batch waits for more requests. Nothing else waits with it. */
  #isGathering(): boolean {
    const { batchMax = BATCH_MAX } = this.#options;
    const count = this.#ready.length;
    const isMoreAllowed = count < batchMax && this.#ready.at(-1)?.waiting.isAlone !== true;
    const isOnly = count > 0 && this.#queue.length === 0 && !this.#isClosed;
    return isOnly && isMoreAllowed && this.#gathering?.isWorthWaiting(count) === true;
  }

  /** Hands to the disk what is ready. Readers see it, and its clients are told, as soon as it is there. */
  #store(): void {
    if (this.#ready.length === 0) return;
    const storing: Storing = { batch: this.#ready };
    this.#storing = storing;
    this.#ready = [];
    const commits = storing.batch.map(({ commit }) => commit);
    this.#gathering?.end();
    const begunMs = this.#clockMs();
    this.#work.during(STORING, append(this.#options.store, commits)).then(
      () => {
        this.#storing = undefined;
        this.#gathering?.begin(storing.batch.length + this.#ready.length, this.#clockMs() - begunMs);
        this.#commit(storing.batch);
        this.#awake.resolve();
      },
      (cause: unknown) => {
        storing.failure = { cause };
        this.#awake.resolve();
      },
    );
  }

  #commit(batch: readonly Ready[]): void {
    this.#options.target.tree.commit(batch.at(-1)?.mark);
    for (const { prepared } of batch) prepared.commit();
    for (const { waiting, commit, effects, net, prepared, refused } of batch) {
      this.#shownNumber = commit.number;
      this.feed.publish(commit.number, net.places);
      const written = { number: commit.number, notes: this.#notesOf(net), effects };
      const answer = () => {
        waiting.outcome.resolve(written);
        for (const one of refused) one.waiting.outcome.reject(one.error);
      };
      // Whoever hears of it will find it so: a port may open only when another handler has closed it.
      const settled = prepared.settled?.();
      if (settled === undefined) answer();
      else void settled.then(answer);
    }
    this.#snapshots.writeIfDue();
  }

  /** Takes a batch back that could not be stored. What was prepared or refused on top of it is tried again without it. */
  #takeBack(storing: Storing, cause: unknown): void {
    const ahead = this.#ready;
    this.#storing = undefined;
    this.#ready = [];
    for (const { prepared } of [...storing.batch, ...ahead].toReversed()) prepared.abort();
    this.#options.target.tree.abort();
    const behind = ({ refused }: Ready) => refused.map(({ waiting }) => waiting);
    const others = ahead.flatMap((ready) => [ready.waiting, ...behind(ready)]);
    if (cause instanceof Overtaken) {
      this.#queue.unshift(this.#following(), ...triedAgain(storing.batch), ...others);
      return;
    }
    if (cause instanceof TooLarge && storing.batch.length > 1) {
      this.#queue.unshift(...triedAlone(storing.batch), ...others);
      return;
    }
    this.#queue.unshift(...storing.batch.flatMap(behind), ...others);
    const refusal = notStored(cause);
    for (const { waiting } of storing.batch) waiting.outcome.reject(refusal);
  }

  #following(): Exclusive {
    const { foreign, target } = this.#options;
    const work = async (runtime: Runtime) => {
      await foreign?.each(async (one) => {
        const { commit, isOwn } = one;
        const { places, problems, settled } = await makeForeign(one, target, runtime);
        this.#shownNumber = commit.number;
        this.feed.publish(commit.number, places, !isOwn);
        await settled;
        return problems;
      });
      this.#snapshots.writeIfDue();
    };
    return { work, what: FOLLOWING };
  }

  /** Apply, validate, prepare; what fails one of them leaves no trace. */
  async #prepareOne(waiting: Waiting, number: number): Promise<Ready | undefined> {
    const { target, now } = this.#options;
    const reading = this.#readAhead(waiting.steps, number);
    if (reading !== undefined) await reading;
    const { requester, outcome } = waiting;
    let refused: readonly RefusedStep[] = [];
    let valid: readonly ObjectDifference[] | undefined;
    const staging = new Staging(target, { at: now(), by: requester.dn, id: randomUUID() });
    const mark = target.tree.mark();
    const ahead = this.#ready.at(-1) ?? this.#storing?.batch.at(-1);
    try {
      const staged = stageSteps(waiting.steps, staging, target.tree, number);
      const { effects } = staged;
      refused = staged.refused;
      const net = netOf(effects);
      const { entries, names } = net;
      const issues = checkStaged(target, net, staging, requester);
      const sound = issues.length === 0 ? entries : entries.filter(isNotNamedBy(issues));
      const differences = sound.flatMap((effect) => target.differenceOf(effect, names) ?? []);
      if (issues.length > 0 || refused.length > 0) {
        const judged = this.#work.during(PREPARING, this.#runtime.judge(differences));
        throw refusalOf(refused, issues, await judged);
      }
      valid = differences;
      const pending = this.#runtime.prepare(differences);
      const prepared = pending instanceof Promise ? await this.#work.during(PREPARING, pending) : pending;
      const isNothing = staging.changes.length === 0;
      // What is there already must be on disk before anybody is told so.
      if (isNothing && ahead !== undefined) {
        prepared.abort();
        this.#queue.unshift({ ...waiting, retryAfterCommit: true });
        return undefined;
      }
      if (!waiting.isTrial && !isNothing)
        return {
          waiting,
          commit: staging.commit(number),
          effects,
          net,
          prepared,
          mark: target.tree.mark(),
          refused: [],
        };
      prepared.abort();
      target.tree.rollBackTo(mark);
      outcome.resolve({ number: undefined, notes: this.#notesOf(net), effects });
    } catch (thrown) {
      const error = refusalOfSome(refused, thrown);
      target.tree.rollBackTo(mark);
      if (ahead === undefined) outcome.reject(await withOthers(error, valid, this.#runtime));
      // What a component cannot do yet it may do when all before is in force: one of them may close a port, for example.
      else if (valid !== undefined) this.#queue.unshift({ ...waiting, retryAfterCommit: true });
      else ahead.refused.push({ waiting, error });
    }
    return undefined;
  }

  /** Files that values name are read before the changes are staged: to stage and check waits for nothing. */
  #readAhead(steps: readonly WriteStep[], number: number): Promise<void> | undefined {
    const { target } = this.#options;
    if (target.readAhead === undefined) return undefined;
    try {
      const [step] = steps;
      if (steps.length === 1 && step?.asked !== undefined) return target.readAhead(step.asked);
      return target.readAhead(steps.flatMap((one) => one.asked ?? one.changes(number)));
    } catch {
      // Staging them says what is wrong.
      return undefined;
    }
  }

  #notesOf({ entries }: NetChange): string[] {
    return entries.flatMap((effect) => [...this.#options.target.notesOf(effect)]);
  }

  /** Writes what readers see now to the snapshot; resolves when it is on disk. */
  snapshot(): Promise<void> {
    return this.#snapshots.write();
  }
}

/** Returns true if it has its turn only when all before it is stored. */
function mustWait(waiting: Waiting | Exclusive): boolean {
  return (
    'work' in waiting || waiting.isTrial || waiting.retryAfterCommit === true || waiting.isAlone === true
  );
}
