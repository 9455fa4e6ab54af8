// An alert: something that an administrator should hear of without having asked. Whoever finds such a thing is given an
// AlertSink, as it is given the log, and knows nothing of who listens.

import type { AlertType } from '../config/alert-types.ts';

export interface Alert {
  readonly type: AlertType;
  /** Sentences for administrators, without secrets. */
  readonly message: string;
}

export interface AlertSink {
  /** Returns at once and never throws; what becomes of the alert is nobody else's business. */
  raise(alert: Alert): void;
}

/** One that was raised. */
export interface RaisedAlert extends Alert {
  /** A UUID, by which mails and lines of the log can be put together. */
  readonly id: string;
  readonly at: Date;
}
