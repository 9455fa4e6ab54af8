// Compares what a server has with the log: a server whose last change is not that of the log follows no further, so that no change
// which somebody was told of is forgotten, and nobody reads two orders of one history.

import { StoreError } from '../store/store-error.ts';
import { type ClusterLog, LogError, type LogHead, type LogRecord } from './cluster-log.ts';

/** Part of a history that a server has. */
export interface OwnPast {
  readonly historyId: string;
  /** Number of its last commit. */
  readonly number: number;
  /** Returns the id of its last commit; undefined if it is not known. Throws StoreError. */
  readonly lastId?: (() => string | undefined) | undefined;
}

type ReadLog = Pick<ClusterLog, 'head' | 'read' | 'snapshotNumber' | 'readSnapshot'>;

/** Remedies: make the instance again with `join`, or begin the cluster again with the server that has most. */
export type Remedy = 'begin again' | 'join';

/** The last change of a server is not that of the log, or cannot be compared. */
export class OtherPast extends StoreError {
  /** The message without what follows from it. */
  readonly what: string;
  readonly remedy: Remedy;

  constructor(what: string, remedy: Remedy) {
    super(`${what} ${CONSEQUENCE}`, { isFinal: true });
    this.name = 'OtherPast';
    this.what = what;
    this.remedy = remedy;
  }
}

const CONSEQUENCE =
  'This server follows no further and takes no changes; what it has stays in force. "confdit cluster check" says what to do.';

/** Returns the end of the log. Throws LogError, and OtherPast if the log does not have what this server has. */
export async function endOfLog(log: Pick<ClusterLog, 'head'>, past: OwnPast): Promise<LogHead> {
  const head = await log.head();
  if (head === undefined)
    throw new OtherPast(
      `There is no cluster in etcd below this prefix, and this server has change ${past.number} of one: etcd is another one ` +
        'or was emptied, or CONFDIT_ETCD_PREFIX is wrong.',
      'begin again',
    );
  if (head.historyId !== past.historyId)
    throw new OtherPast(
      'There is another cluster in etcd below this prefix than that of this server: etcd is another one, or ' +
        'CONFDIT_ETCD_PREFIX is wrong.',
      'begin again',
    );
  if (head.number < past.number)
    throw new OtherPast(
      `The cluster in etcd ends with change ${head.number}, and this server has change ${past.number}: etcd was restored ` +
        'from an older backup.',
      'begin again',
    );
  return head;
}

/** Returns the code of the last record that a server has. Throws LogError, and OtherPast if the log has another one. */
export async function codeOfLast(log: ReadLog, past: OwnPast): Promise<string> {
  const head = await endOfLog(log, past);
  const record = await recordOf(log, past.number);
  if (record !== undefined) {
    const id = past.lastId?.();
    if (id !== undefined && id !== record.id) throw otherLast(past);
    return record.code;
  }
  // A server whose last change is that of the snapshot has begun with it, or has begun the cluster.
  if ((await log.snapshotNumber()) === past.number) {
    if (head.number === past.number) return head.code;
    const snapshot = await log.readSnapshot();
    if (snapshot?.number === past.number) return snapshot.code;
  }
  throw new OtherPast(
    `The cluster in etcd has change ${past.number} no longer, so it is not known whether this server has it as the others ` +
      'do: it was away for too long.',
    'join',
  );
}

/** Returns the error of a server whose last change is another one in the log. */
export function otherLast({ number }: OwnPast): OtherPast {
  return new OtherPast(
    `The cluster in etcd does not have change ${number} as this server has it: etcd was restored from a backup and changed ` +
      'since, or somebody else has written to it.',
    'join',
  );
}

/** Returns the record with a number; undefined if the log does not have it. Throws LogError. */
async function recordOf(log: Pick<ClusterLog, 'read'>, number: number): Promise<LogRecord | undefined> {
  try {
    const [record] = await log.read(number, 1);
    return record?.number === number ? record : undefined;
  } catch (error) {
    if (error instanceof LogError && error.problem === 'compacted') return undefined;
    throw error;
  }
}
