// The alerts of this server, from whoever raises them to whoever wants to hear of them. Each is a line of the log too:
// mail may be what is broken.

import { randomUUID } from 'node:crypto';
import type { AlertType } from '../config/alert-types.ts';
import type { Alert, AlertSink, RaisedAlert } from './alert.ts';
import { AlertHandler, type AlertHandlerSettings } from './alert-handler.ts';
import { composeAlert } from './alert-message.ts';
import type { AlertSender } from './alert-sender.ts';
import { MailError, type OutgoingMessage } from './outgoing-message.ts';
import type { Later } from './pauses.ts';

export interface AlertsOptions {
  readonly now: () => Date;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  readonly later: Later;
}

/** Alerts from before there is anybody to hear of them. */
const EARLY_MAX = 100;
/** How long mails under way are waited for when the server stops. */
const CLOSE_MS = 5000;

export class Alerts implements AlertSink {
  readonly #options: AlertsOptions;
  readonly #handlers = new Map<string, AlertHandler>();
  readonly #underWay = new Set<Promise<void>>();
  #early: RaisedAlert[] | undefined = [];
  #sender: AlertSender | undefined;
  /** Since the start of the server. */
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

  /** Whether anybody would be told of alerts of this type. */
  isWanted(type: AlertType): boolean {
    return [...this.#handlers.values()].some((handler) => handler.wants(type));
  }

  /** What each handler was told to do, by its key. */
  get handlers(): ReadonlyMap<string, AlertHandlerSettings> {
    return new Map([...this.#handlers].map(([key, { settings }]) => [key, settings]));
  }

  /** How many handlers there are. */
  get handlerCount(): number {
    return this.#handlers.size;
  }

  /** From now on alerts are mailed; those from before too. Handlers must be there by then. */
  start(sender: AlertSender): void {
    this.#sender = sender;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const alert of early) this.#tell(alert);
  }

  /** Whoever has this key hears of alerts in this way from now on; undefined: not any more. */
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

  /** Handlers go on under other keys: new ones by old ones. */
  renameHandlers(keys: ReadonlyMap<string, string>): void {
    const renamed = Array.from(this.#handlers, ([key, handler]) => [keys.get(key) ?? key, handler] as const);
    this.#handlers.clear();
    for (const [key, handler] of renamed) this.#handlers.set(key, handler);
  }

  /** Tells what waits; resolves when all mails are in the spool, or when that takes too long. */
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

  /** No alert is raised about an alert. */
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
