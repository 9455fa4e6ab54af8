// Errors of etcd's client: one class with a kind. The message is one sentence: which member, what, and what to do. It contains no
// key's value and no secret.

/** Kinds of errors. */
export type EtcdProblem =
  /** No member can be reached, or there is no leader. A write with this error was not done. */
  | 'unavailable'
  /** A write was sent, and there is no answer: it is not known whether it was done. The message says why there is none. */
  | 'unknown'
  /**
   * The quota of the database is used up, or the alarm NOSPACE is raised. The write that crosses the quota is done all the same: a
   * read shows it, because with this answer nothing is under way any more.
   */
  | 'full'
  /** The revision that was asked for is compacted. */
  | 'compacted'
  /** The login is missing or wrong. */
  | 'unauthenticated'
  /** The user may not do this. */
  | 'permission'
  /** The request is refused for another reason. */
  | 'invalid'
  /** A key or lease that the request names does not exist. */
  | 'absent'
  /** The member reports that its data are corrupt. */
  | 'corrupt'
  /** The answer cannot be decoded. */
  | 'wrong-answer'
  /** The request is larger than the member accepts, or has more operations. */
  | 'too-large'
  /** The answer is larger than the client accepts. */
  | 'too-much'
  /** `close` was called, or the signal aborted. */
  | 'closed';

interface EtcdErrorOptions extends ErrorOptions {
  /** True if the request certainly had no effect. */
  readonly hadNoEffect?: boolean;
  /** True if a new login may help. */
  readonly isTokenStale?: boolean;
  /** Oldest revision that is still there, for `compacted`. */
  readonly compactRevision?: bigint;
}

export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly problem: EtcdProblem;
  readonly hadNoEffect: boolean;
  readonly isTokenStale: boolean;
  readonly compactRevision: bigint | undefined;

  constructor(problem: EtcdProblem, message: string, options: EtcdErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.problem = problem;
    this.hadNoEffect = options.hadNoEffect ?? false;
    this.isTokenStale = options.isTokenStale ?? false;
    this.compactRevision = options.compactRevision;
  }
}
