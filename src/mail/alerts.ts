// The alerts of this server, from the parts that raise them to the handlers. Each alert is also logged, because
// mail itself may be the problem.

import { randomUUID } from 'node:crypto';
import type { AlertType } from '../config/alert-types.ts';
import type { Log } from '../files/log.ts';
import type { Alert, AlertSink, RaisedAlert } from './alert.ts';
import { AlertHandler, type AlertHandlerSettings } from './alert-handler.ts';
import { composeAlert } from './alert-message.ts';
import type { AlertSender } from './alert-sender.ts';
import { MailError, type OutgoingMessage } from './outgoing-message.ts';
import type { Later } from './pauses.ts';

export interface AlertsOptions {
  readonly now: () => Date;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly later: Later;
}

/** Maximum number of alerts that are kept until there are handlers. */
const EARLY_MAX = 100;
/** Maximum waiting time for mails in progress when the server stops, in milliseconds. */
const CLOSE_MS = 5000;

/** The alerts of one server. */
export class Alerts implements AlertSink {
  readonly #options: AlertsOptions;
  readonly #handlers = new Map<string, AlertHandler>();
  readonly #underWay = new Set<Promise<void>>();
  #early: RaisedAlert[] | undefined = [];
  #sender: AlertSender | undefined;
  /** Counts since the start of the server. */
  readonly counts = { raised: 0, mailed: 0, failed: 0 };

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  raise(alert: Alert): void {
    const raised: RaisedAlert = { ...alert, id: randomUUID(), at: this.#options.now() };
    this.counts.raised += 1;
    this.#options.log.info({ alert: alert.type, id: raised.id, about: alert.message }, 'alert');
    if (this.#early === undefined) this.#tell(raised);
    else if (this.#early.length < EARLY_MAX) this.#early.push(raised);
  }

  /** Returns true if any handler sends alerts of this type. */
  isWanted(type: AlertType): boolean {
    return [...this.#handlers.values()].some((handler) => handler.wants(type));
  }

  /** Settings of the handlers, by key. */
  get handlers(): ReadonlyMap<string, AlertHandlerSettings> {
    return new Map([...this.#handlers].map(([key, { settings }]) => [key, settings]));
  }

  /** Number of handlers. */
  get handlerCount(): number {
    return this.#handlers.size;
  }

  /** Starts mailing alerts, those from before included. The handlers must exist by then. */
  start(sender: AlertSender): void {
    this.#sender = sender;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const alert of early) this.#tell(alert);
  }

  /** Sets or replaces the handler with this key; undefined removes it. */
  setHandler(key: string, settings: AlertHandlerSettings | undefined): void {
    this.#handlers.get(key)?.close();
    this.#handlers.delete(key);
    if (settings === undefined) return;
    const handler = new AlertHandler(settings, {
      later: this.#options.later,
      tell: (group) => this.#mail(composeAlert(group, settings)),
    });
    this.#handlers.set(key, handler);
  }

  /** Renames handlers. Takes new keys by old ones. */
  renameHandlers(keys: ReadonlyMap<string, string>): void {
    const renamed = Array.from(this.#handlers, ([key, handler]) => [keys.get(key) ?? key, handler] as const);
    this.#handlers.clear();
    for (const [key, handler] of renamed) this.#handlers.set(key, handler);
  }

  /** Sends the collected alerts. Resolves when all mails are in the spool, or after the maximum waiting time. */
  async close(): Promise<void> {
    for (const handler of this.#handlers.values()) handler.close();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.later(CLOSE_MS, resolve);
    await Promise.race([Promise.all(this.#underWay), late]);
    cancel();
  }

  #tell(alert: RaisedAlert): void {
    for (const handler of this.#handlers.values()) handler.hear(alert);
  }

  #mail(message: OutgoingMessage): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    const sending = this.#send(sender, message).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  /** Sends a mail. A failure raises no alert, to avoid a loop. */
  async #send(sender: AlertSender, message: OutgoingMessage): Promise<void> {
    try {
      await sender.send(message);
      this.counts.mailed += 1;
    } catch (error) {
      this.counts.failed += 1;
      const problem = error instanceof MailError ? error.message : String(error);
      this.#options.log.warn({ problem }, 'an alert could not be mailed');
    }
  }
}
