// Alerts of one type for one handler: the first is told at once, and those that follow it soon are kept and told
// together. The longer a storm lasts the longer the pauses become, so that it costs a handful of mails.

import type { RaisedAlert } from './alert.ts';
import type { AlertGroup } from './alert-message.ts';
import type { Later } from './pauses.ts';

const PAUSE_FIRST_MS = 60_000;
const PAUSE_MAX_MS = 3_600_000;
/** As many are told of in full. */
const ALERTS_MAX = 20;

export interface AlertGrouping {
  readonly later: Later;
  readonly tell: (group: AlertGroup) => void;
}

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

  /** Tells what waits; nothing of the group goes on. */
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
    // Forgotten after as long a calm; what comes before that belongs to the storm, and begins with a longer pause.
    this.#wait(() => {
      this.#pauseMs = PAUSE_FIRST_MS;
    });
  }

  #wait(run: () => void): void {
    this.#cancel();
    this.#cancel = this.#grouping.later(this.#pauseMs, run);
  }
}
