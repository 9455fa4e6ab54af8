// Groups alerts of one type for one handler: the first is sent at once, later ones are collected and sent
// together. The intervals grow while alerts continue, so that a storm of alerts costs a few mails.

import type { RaisedAlert } from './alert.ts';
import type { AlertGroup } from './alert-message.ts';
import type { Later } from './pauses.ts';

const PAUSE_FIRST_MS = 60_000;
const PAUSE_MAX_MS = 3_600_000;
/** Maximum number of alerts in one mail; the others are only counted. */
const ALERTS_MAX = 20;

export interface AlertGrouping {
  readonly later: Later;
  readonly tell: (group: AlertGroup) => void;
}

/** Alerts of one type that wait for one handler. */
export class GroupedAlerts {
  readonly #grouping: AlertGrouping;
  #waiting: RaisedAlert[] = [];
  #omitted = 0;
  #pauseMs = PAUSE_FIRST_MS;
  #isPausing = false;
  #cancel: () => void = () => {};

  constructor(grouping: AlertGrouping) {
    this.#grouping = grouping;
  }

  add(alert: RaisedAlert): void {
    if (this.#waiting.length < ALERTS_MAX) this.#waiting.push(alert);
    else this.#omitted += 1;
    if (!this.#isPausing) this.#tell();
  }

  /** Sends the collected alerts and stops the timer. */
  close(): void {
    if (this.#waiting.length > 0) this.#tell();
    this.#cancel();
  }

  #tell(): void {
    const [first, ...others] = this.#waiting;
    if (first === undefined) return;
    const group: AlertGroup = { alerts: [first, ...others], omitted: this.#omitted };
    this.#waiting = [];
    this.#omitted = 0;
    this.#isPausing = true;
    this.#wait(() => this.#endPause());
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MAX_MS);
    this.#grouping.tell(group);
  }

  #endPause(): void {
    if (this.#waiting.length > 0) {
      this.#tell();
      return;
    }
    this.#isPausing = false;
    // The group ends after an equally long calm. An alert before that belongs to the storm and starts a longer
    // pause.
    this.#wait(() => {
      this.#pauseMs = PAUSE_FIRST_MS;
    });
  }

  #wait(run: () => void): void {
    this.#cancel();
    this.#cancel = this.#grouping.later(this.#pauseMs, run);
  }
}
