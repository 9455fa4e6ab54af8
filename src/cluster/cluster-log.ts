// The log of a cluster: one order of commits for all its servers, kept by a service outside of them. Types only.
// test/cluster/log-conformance.ts tests a log against this contract.
//
// The log does not know what a record says. Its caller makes and checks the codes that chain each record to the one before.
//
// Order: records have consecutive numbers, and each number has one record for ever. A batch is there as a whole or not at all.
// A server reads what it appended: after `append` has resolved, `head` and `read` of every server show the batch.

/** End of the log: the last record, as one server saw it. */
export interface LogHead {
  /** Number of the last record; that of the first snapshot while no record follows it. */
  readonly number: number;
  /** Identifier of the history that the numbers belong to, as in the change log of the directory. */
  readonly historyId: string;
  /** Code of the last record, in hexadecimal digits. */
  readonly code: string;
  /** Identifies this state of the head. Only the log reads it. */
  readonly revision: bigint;
}

export interface LogRecord {
  readonly number: number;
  /** UUID of the commit (RFC 9562). The log finds its own records by it if the outcome of a write is unknown. */
  readonly id: string;
  /** The journal's record as LDIF, with encrypted secrets. */
  readonly text: string;
  /** Code that chains the record to the one before, in hexadecimal digits. */
  readonly code: string;
}

/** All entries after one commit. A server reads it where the records before are no longer there. */
export interface LogSnapshot {
  /** Number of the last commit in it. */
  readonly number: number;
  readonly historyId: string;
  /** Code of the record with this number: the chain goes on from it. */
  readonly code: string;
  /** Code of the content, in hexadecimal digits. */
  readonly seal: string;
  /** The content as text, in pieces of any length. A log that reads a snapshot may cut elsewhere. */
  readonly pieces: Iterable<string>;
}

export interface LogState {
  readonly isConnected: boolean;
  /** Time since which that is so, in milliseconds since 1970. */
  readonly since: number;
  /** One sentence that says why there is no connection; empty while there is one. */
  readonly why: string;
}

export interface ClusterLog {
  /** Connection to the service, as the last exchange with it showed. */
  readonly state: LogState;

  /** Returns the end of the log, which is never older than the call; undefined if there is no cluster yet. Throws LogError. */
  head(): Promise<LogHead | undefined>;

  /**
   * Begins a cluster with a snapshot. Throws LogError: `refused` if there is a cluster already.
   */
  create(snapshot: LogSnapshot): Promise<LogHead>;

  /**
   * Appends records as one batch if `seen` is still the end of the log. Their numbers continue from it.
   *
   * Returns the new end of the log, or `overtaken` if another server was first; then nothing is stored. Throws LogError. After
   * `unavailable`, `full`, `refused`, `too-large` and `foreign` nothing is stored. After `unknown` the records may be there: the log has
   * already looked for them, in vain, until its deadline.
   */
  append(seen: LogHead, records: readonly LogRecord[]): Promise<LogHead | 'overtaken'>;

  /**
   * Returns records in order, without a gap, the first with the number `from`; none if the log ends before it. A batch is never
   * cut, so there may be more than `max`. There are fewer if the records are large. Throws LogError: `compacted` if the record `from` is no longer there.
   */
  read(from: number, max: number): Promise<readonly LogRecord[]>;

  /** Returns the number of the first record that is there; the next number if there is none. Throws LogError. */
  firstNumber(): Promise<number>;

  /** Returns the octets that the service may take for everything in it; undefined if it does not say. Throws LogError. */
  quota(): Promise<number | undefined>;

  /**
   * Yields the records after a number, each once and in order, a batch or several at a time, and waits for more until the
   * signal aborts. While the service is away it tries again and reports that by `state`. It asks for more only when the consumer
   * takes what it has. Throws LogError: `compacted`, `foreign`, `format` or `refused`.
   */
  follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogRecord[]>;

  /**
   * Stores a snapshot and makes it the one that `readSnapshot` returns, unless that one has the same number or a higher one.
   * Parts of the snapshot before are deleted. Throws LogError.
   */
  writeSnapshot(snapshot: LogSnapshot): Promise<void>;

  /** Returns the number of the newest whole snapshot; undefined if there is no cluster yet. Throws LogError. */
  snapshotNumber(): Promise<number | undefined>;

  /** Returns the newest whole snapshot; undefined if there is no cluster yet. Throws LogError. */
  readSnapshot(): Promise<LogSnapshot | undefined>;

  /**
   * Deletes records before a number and gives their space back to the service. The number must not be higher than the one after
   * the newest snapshot. A batch that reaches over the number stays. Throws LogError.
   */
  trim(before: number): Promise<void>;

  /** Ends all calls and streams, and the connections. */
  close(): Promise<void>;
}

/** Kinds of errors of a log. */
export type LogProblem =
  /** The service cannot be reached or has no leader. Nothing was stored. */
  | 'unavailable'
  /** The service did not answer: it is not known whether the records were stored. */
  | 'unknown'
  /** The service has no space left for records. */
  | 'full'
  /** The service refuses the request: login, rights, or something that it does not accept. */
  | 'refused'
  /** The service takes no batch of this size. One of fewer records may be taken. */
  | 'too-large'
  /** The records are no longer there; the snapshot has their effect. */
  | 'compacted'
  /** The service is another one than before, or its content is older than what was seen. */
  | 'foreign'
  /** A newer confdit has written the log, or its content cannot be read. */
  | 'format'
  /** `close` was called. */
  | 'closed';

/** Error of a log, as one sentence for the administrator: where, why, what to do. Never contains a value or a secret. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly problem: LogProblem;

  constructor(problem: LogProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
