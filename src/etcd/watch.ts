// A watch of keys that survives its stream. After a loss it goes on, on another member, at the revision after the last event that
// was delivered.
//
// It never goes on at the revision of a header: that one may be ahead of events that are still to come. It is so for answers with
// events in all versions, and for the answer to a progress request up to 3.4.24. So a watch without events may fall behind a
// compaction; then it ends with `compacted`, and the caller reads again. A report of progress that the member sends by itself
// comes only when every event before it was sent.

import { Deadline } from '../time/deadline.ts';
import { pause } from '../time/pause.ts';
import { decodeWatch } from './decode.ts';
import { encodeWatchCreate, encodeWatchProgress } from './encode.ts';
import type { Endpoints } from './endpoints.ts';
import type { EtcdConnection } from './etcd-connection.ts';
import { EtcdError } from './etcd-error.ts';
import { errorOfCancel } from './grpc-status.ts';
import type { GrpcStream } from './grpc-stream.ts';
import type { Header, WatchAnswer, WatchEvent, WatchRequest } from './messages.ts';

export interface WatchBatch {
  readonly header: Header;
  /** Events in the order of their revisions, all events of a revision together. None for a sign of life. */
  readonly events: readonly WatchEvent[];
}

interface WatchOptions {
  readonly signal: AbortSignal;
  /** Milliseconds of silence until the watch asks for a sign of life, and again until it leaves the member. */
  readonly silenceMs: number;
}

const RETRY_PAUSE_MS = 100;

/**
 * Yields events until the signal aborts, each once. It reads on only when the consumer asks for more. Throws EtcdError:
 * `compacted`, `unauthenticated`, `permission`; `unavailable` if every member fails, one after the other.
 */
export async function* watch(
  endpoints: Endpoints,
  request: WatchRequest,
  options: WatchOptions,
): AsyncGenerator<WatchBatch, void> {
  const { signal } = options;
  const progress = new WatchProgress(request.fromRevision);
  let failures = 0;
  let isRenewed = false;
  while (!signal.aborted) {
    let connection: EtcdConnection | undefined;
    try {
      connection = await endpoints.connection();
      const stream = connection.stream('/etcdserverpb.Watch/Watch');
      stream.send(encodeWatchCreate({ ...request, fromRevision: progress.begin() }));
      for await (const answer of answers(stream, options)) {
        if (answer.canceled) throw cancellation(answer, connection.url);
        if (!answer.created) {
          failures = 0;
          isRenewed = false;
        }
        yield { header: answer.header, events: progress.take(answer) };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof EtcdError)) throw error;
      if (error.isTokenStale && connection !== undefined && endpoints.hasLogin && !isRenewed) {
        isRenewed = true;
        await endpoints.renewLogin(connection);
        continue;
      }
      if (connection !== undefined) endpoints.leave(connection);
      failures += 1;
      const isPassing = error.problem === 'unavailable' || error.problem === 'wrong-answer';
      if (!isPassing || failures > endpoints.urls.length) throw error;
      await pause(RETRY_PAUSE_MS, signal);
    }
  }
}

/** Progress of a watch: which events were delivered. */
class WatchProgress {
  /** The first revision whose events are still to come. */
  #next: bigint;
  /** Events of the last revision of a fragment: the next one may have more of it. */
  #held: readonly WatchEvent[] = [];

  constructor(next: bigint) {
    this.#next = next;
  }

  /** Returns where a stream has to begin. What is left of the stream before comes again. */
  begin(): bigint {
    this.#held = [];
    return this.#next;
  }

  /** Returns the events that are new, without those whose revision is incomplete. */
  take({ events, isFragment }: WatchAnswer): WatchEvent[] {
    // 3.4.23 sends events twice, and old ones where a watch begins in the future.
    const all = [...this.#held, ...events.filter(({ value }) => value.modRevision >= this.#next)];
    const last = all.at(-1)?.value.modRevision;
    this.#held = isFragment ? all.filter(({ value }) => value.modRevision === last) : [];
    const whole = isFragment ? all.filter(({ value }) => value.modRevision !== last) : all;
    const delivered = whole.at(-1)?.value.modRevision;
    if (delivered !== undefined && delivered >= this.#next) this.#next = delivered + 1n;
    return whole;
  }
}

/** Yields the answers of a stream; ends it when it is silent or the signal aborts. */
async function* answers(stream: GrpcStream, options: WatchOptions): AsyncGenerator<WatchAnswer, void> {
  const { signal, silenceMs } = options;
  let isAsked = false;
  const silence = new Deadline(silenceMs, () => {
    if (isAsked) stream.end(stream.errors.unanswered(`a watch was silent for ${(2 * silenceMs) / 1000} s`));
    else {
      isAsked = true;
      stream.send(encodeWatchProgress());
      silence.begin();
    }
  });
  const abort = () => stream.end(new EtcdError('closed', 'The watch was ended.'));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const messages = stream.messages();
  try {
    for (;;) {
      // Only the member's silence counts, and not the time that the consumer takes.
      isAsked = false;
      silence.begin();
      const { value, done } = await messages.next();
      silence.end();
      if (done === true) return;
      yield decodeWatch(value);
    }
  } finally {
    silence.close();
    signal.removeEventListener('abort', abort);
    await messages.return();
  }
}

function cancellation({ compactRevision, cancelReason }: WatchAnswer, url: string): EtcdError {
  if (compactRevision <= 0n) return errorOfCancel(cancelReason, url);
  const message = `The etcd member ${url} no longer has what was to be watched: it is compacted up to revision ${compactRevision}.`;
  return new EtcdError('compacted', message, { compactRevision });
}
