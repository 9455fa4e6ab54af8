// Follows the log of a cluster: reads what is there, then watches for more. Numbers are consecutive, so an event that etcd loses
// shows as a gap and is read; one after which nothing comes shows at the next sign of life, by the head.

import { EtcdError } from '../etcd/etcd-error.ts';
import type { KeyValue } from '../etcd/messages.ts';
import type { WatchBatch } from '../etcd/watch.ts';
import { pause } from '../time/pause.ts';
import { LogError, type LogRecord } from './cluster-log.ts';
import type { EtcdService } from './etcd-service.ts';

export interface LogPosition {
  readonly number: number;
  readonly revision: bigint;
}

/** The parts of the log that following needs. */
interface Followed {
  readonly signal: AbortSignal;
  readonly service: EtcdService;
  /** Returns the number of the last record, and the revision of the service at which that was so. */
  readonly position: () => Promise<LogPosition>;
  readonly read: (from: number, max: number) => Promise<readonly LogRecord[]>;
  readonly recordsOf: (value: KeyValue) => Promise<readonly LogRecord[]>;
  readonly watch: (fromRevision: bigint) => AsyncIterable<WatchBatch>;
}

const READ_RECORDS = 256;
const RETRY_PAUSE_MS = 250;

/** Yields the records after a number, each once. Ends when the signal aborts. Throws LogError. */
export async function* follow(after: number, log: Followed): AsyncGenerator<readonly LogRecord[], void> {
  let last = after;
  while (!log.signal.aborted) {
    try {
      for await (const records of followOnce(last, log)) {
        last += records.length;
        yield records;
      }
    } catch (error) {
      if (log.signal.aborted) return;
      const failure = log.service.failed(error);
      // Compacted revisions are no loss: the keys are read again. That a key is gone is an error of the log itself.
      const isWatchBehind = error instanceof EtcdError && error.problem === 'compacted';
      const isPassing = failure instanceof LogError && failure.problem === 'unavailable';
      if (!isWatchBehind && !isPassing) throw failure;
      if (isPassing) await pause(RETRY_PAUSE_MS, log.signal);
    }
  }
}

/** Reads and watches until the watch has missed something. */
async function* followOnce(after: number, log: Followed): AsyncGenerator<readonly LogRecord[], void> {
  let last = after;
  const { revision } = await positionFrom(last, log);
  for (;;) {
    const records = await log.read(last + 1, READ_RECORDS);
    if (records.length === 0) break;
    last += records.length;
    yield records;
  }
  // What comes after the first look is either read above or watched here, or both.
  for await (const { header, events } of log.watch(revision + 1n)) {
    log.service.check(header);
    log.service.connected();
    let isOld = false;
    for (const { type, value } of events) {
      isOld ||= type === 'delete';
      if (type === 'delete') continue;
      const records = await log.recordsOf(value);
      const fresh = records.filter(({ number }) => number > last);
      const [first] = fresh;
      isOld ||= first === undefined;
      if (first === undefined) continue;
      if (first.number !== last + 1) return;
      last += fresh.length;
      yield fresh;
    }
    // Old records are trimmed, or come once more; otherwise somebody has taken the log back.
    if (!isOld && events.length > 0) continue;
    const { number } = await positionFrom(last, log);
    if (events.length === 0 && number > last) return;
  }
}

/** Returns the position of a log that had a record with this number. Throws LogError (`foreign`) if it ends before. */
async function positionFrom(last: number, log: Followed): Promise<LogPosition> {
  const position = await log.position();
  if (position.number >= last) return position;
  throw log.service.becomeForeign(`has changes up to ${position.number}, and had ${last}`);
}
