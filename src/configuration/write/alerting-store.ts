// A store that raises an alert whenever it could not write a change, and is the store it stands before in all else.

import { messageOf } from '../../files/file-error.ts';
import type { AlertSink } from '../../mail/alert.ts';
import type { Commit, Store } from '../../store/store.ts';
import { OutcomeUnknown, Overtaken } from '../../store/store-error.ts';

/** Wraps a store so that every failed append raises an alert. */
export function alertingStore(store: Store, alerts: AlertSink): Store {
  return {
    append: (commits: readonly Commit[]) =>
      store.append(commits).catch((error: unknown) => {
        // The change is made on top of the other one.
        if (error instanceof Overtaken) throw error;
        const reason = messageOf(error);
        alerts.raise({
          type: 'org.opends.server.CannotWriteConfig',
          message:
            error instanceof OutcomeUnknown
              ? reason
              : `A change could not be written, and was refused: ${reason}`,
        });
        throw error;
      }),
    snapshot: (entries, throughNumber, checkedBy) => store.snapshot(entries, throughNumber, checkedBy),
    get lastNumber() {
      return store.lastNumber;
    },
    get commitsSinceSnapshot() {
      return store.commitsSinceSnapshot;
    },
    get bytesSinceSnapshot() {
      return store.bytesSinceSnapshot;
    },
    get failure() {
      return store.failure;
    },
    close: () => store.close(),
  };
}
