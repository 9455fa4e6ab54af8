// An alert: an event that an administrator must learn of. The parts that raise alerts get an AlertSink, like
// the log, and do not know its subscribers.

import type { AlertType } from '../config/alert-types.ts';

export interface Alert {
  readonly type: AlertType;
  /** Sentences for administrators, without secrets. */
  readonly message: string;
}

export interface AlertSink {
  /** Raises an alert. Returns at once and never throws. */
  raise(alert: Alert): void;
}

/** An alert with its id. */
export interface RaisedAlert extends Alert {
  /** UUID that connects mails and log lines. */
  readonly id: string;
  readonly at: Date;
}
