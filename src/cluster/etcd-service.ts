// The service behind a log: etcd, as one cluster that only goes forward. Every answer of it is checked: a cluster that was restored
// from a backup, or replaced by another one, shows by its identifier or by a revision that went back. Keeps the state of the
// connection, and turns errors of etcd into those of a log.

import { EtcdError, type EtcdProblem } from '../etcd/etcd-error.ts';
import type { Header } from '../etcd/messages.ts';
import { errorFrom } from '../files/file-error.ts';
import { LogError, type LogProblem, type LogState } from './cluster-log.ts';

const PROBLEMS: Readonly<Record<EtcdProblem, LogProblem>> = {
  unavailable: 'unavailable',
  unknown: 'unknown',
  full: 'full',
  compacted: 'compacted',
  unauthenticated: 'refused',
  permission: 'refused',
  invalid: 'refused',
  absent: 'refused',
  corrupt: 'unavailable',
  'wrong-answer': 'unavailable',
  'too-large': 'too-large',
  'too-much': 'refused',
  closed: 'closed',
};

export class EtcdService {
  readonly #now: () => number;
  #state: LogState;
  #clusterId: bigint | undefined;
  /** Highest revision that an answer has shown. */
  #revision = 0n;
  #foreign: LogError | undefined;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#state = { isConnected: false, since: now(), why: 'No member of etcd was asked yet.' };
  }

  get state(): LogState {
    return this.#state;
  }

  /** Does a call whose answer is never older than the call. Throws LogError. */
  async ask<Answer extends { readonly header: Header }>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.#foreign !== undefined) throw this.#foreign;
    const before = this.#revision;
    const answer = await this.do(call);
    this.check(answer.header, before);
    return answer;
  }

  /** Does a call whose answer need not be checked. Throws LogError. */
  async do<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await call();
      this.connected();
      return answer;
    } catch (error) {
      throw this.failed(error);
    }
  }

  /**
   * Throws LogError (`foreign`), now and from every later `ask`, if this header cannot be of the service as it was.
   * @param atLeast revision that the answer must show
   */
  check({ clusterId, revision }: Header, atLeast = 0n): void {
    this.#clusterId ??= clusterId;
    if (clusterId !== this.#clusterId) {
      this.#foreign = foreign('is another cluster than before');
    } else if (revision < atLeast) {
      this.#foreign = foreign(`went back from revision ${atLeast} to ${revision}`);
    }
    if (this.#foreign !== undefined) throw this.#foreign;
    if (revision > this.#revision) this.#revision = revision;
  }

  /** Reports that the log is not what it was. Returns the error, which every later `ask` throws too. */
  becomeForeign(what: string): LogError {
    this.#foreign = foreign(what);
    return this.#foreign;
  }

  connected(): void {
    if (!this.#state.isConnected) this.#state = { isConnected: true, since: this.#now(), why: '' };
  }

  /** Notes a failure of the connection. Returns the error of the log; an error of anything but etcd is returned as it is. */
  failed(error: unknown): Error {
    if (!(error instanceof EtcdError)) return errorFrom(error);
    const failure = logErrorOf(error);
    if (failure.problem === 'unavailable' || failure.problem === 'unknown') {
      const { isConnected, since } = this.#state;
      this.#state = { isConnected: false, since: isConnected ? this.#now() : since, why: error.message };
    }
    return failure;
  }
}

/** Returns an error of etcd as one of a log. */
export function logErrorOf(error: EtcdError): LogError {
  const problem = PROBLEMS[error.problem];
  const message =
    problem === 'unknown' ? outcomeUnknown('etcd has done a write', error.message) : error.message;
  return new LogError(problem, message, { cause: error });
}

/**
 * Returns one sentence for a write without an answer.
 * @param what that may be so, such as `the change was stored`
 * @param why a sentence of the client of etcd
 */
export function outcomeUnknown(what: string, why: string): string {
  return `It is not known whether ${what}: ${why.replace(/^The /, 'the ')}`;
}

function foreign(what: string): LogError {
  const message = `etcd ${what}: it was restored from a backup or replaced. The configuration of the cluster has to be compared.`;
  return new LogError('foreign', message);
}
