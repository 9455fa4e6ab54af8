// The mail queue, through which this server sends all mail: it spools a message, then tries the mail servers
// with growing pauses until one accepts it. A message that cannot be sent within its lifetime is abandoned and
// reported.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { reasonOf } from '../files/file-error.ts';
import type { Log } from '../files/log.ts';
import { Reason } from '../files/program-error.ts';
import { composeMessage } from './compose-message.ts';
import { type Delivery, deliver, type Failed, usableServers } from './deliver.ts';
import type { MailServer } from './mail-server.ts';
import { MailError, type MailSender, type OutgoingMessage, type SpooledMessage } from './outgoing-message.ts';
import { type Later, type PauseLimits, pauseAfter } from './pauses.ts';
import type { Spool } from './spool.ts';
import { makeSpoolId, type SpoolContent } from './spool-file.ts';
import type { ReadyMessage } from './transport.ts';
import { type WaitingMessage, WaitingMessages } from './waiting-messages.ts';

export interface QueueLimits {
  readonly pauses: PauseLimits;
  /** Maximum age of a message in the spool, in milliseconds. */
  readonly lifetimeMs: number;
}

/** Events of the queue, from which alerts are made. */
export interface MailEvents {
  gaveUp(message: { readonly id: string; readonly reason: string }): void;
  /** Called once, and again only after the spool has taken a message. */
  spoolRefused(reason: string): void;
}

export interface MailQueueOptions {
  readonly spool: Spool;
  /** Returns the enabled mail servers, in the order in which they are tried. */
  readonly servers: () => readonly MailServer[];
  readonly limits: () => QueueLimits;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly now: () => Date;
  readonly later: Later;
}

/** Address without characters that could end an SMTP command. */
const ADDRESS = /^[^\s<>\p{Cc}]+@[^\s<>\p{Cc}]+$/u;
const RECIPIENTS_MAX = 100;
const MESSAGE_OCTETS_MAX = 10 * 1024 * 1024;
/** Maximum number of messages in delivery at once. */
const DELIVERIES_MAX = 20;
const MAYBE_ACCEPTED = 'It is not known whether it was accepted at an earlier try, of which no answer came.';
const DEFERRED = 'a message was not accepted and is tried again';
/** Time after which a message is tried again if all mail servers were busy, in milliseconds. */
const LOOK_AGAIN_MS = 1000;
/** Maximum waiting time for deliveries in progress when the server stops, in milliseconds. */
const CLOSE_MS = 5000;

/** The mail queue of one server. */
export class MailQueue implements MailSender {
  readonly #options: MailQueueOptions;
  readonly #waiting: WaitingMessages;
  readonly #underWay = new Set<Promise<void>>();
  /** Remaining recipients of messages whose file may not be up to date. */
  readonly #remaining = new Map<string, readonly string[]>();
  /** Abandoned messages that could not be moved out of the spool. */
  readonly #givenUp = new Set<string>();
  /** Messages that may have been accepted without a reply. */
  readonly #unclear = new Set<string>();
  /** Number of calls of `wake`. A message in delivery during one of them does not pause. */
  #wakes = 0;
  #isOpen = true;
  #isRefusing = false;
  #events: MailEvents = { gaveUp: () => {}, spoolRefused: () => {} };
  /** Counts since the start of the server. */
  readonly counts = { spooled: 0, sent: 0, givenUp: 0, unclear: 0 };

  constructor(options: MailQueueOptions) {
    this.#options = options;
    this.#waiting = new WaitingMessages(options.later, () => this.#pump());
  }

  /** Sets the listener of events. */
  tell(events: MailEvents): void {
    this.#events = events;
  }

  /** Starts with the messages in the spool. */
  start(): void {
    for (const entry of this.#options.spool.entries) {
      if (entry.isUnclear) this.#noteUnclear(entry.id, 'The server ended while it was being sent.');
      this.#waiting.add({ entry, attempts: 0 });
    }
    this.#pump();
  }

  async send(message: OutgoingMessage): Promise<SpooledMessage> {
    const { spool, now } = this.#options;
    if (!this.#isOpen) throw new MailError('The server stops: no more messages are taken.');
    const date = now();
    const id = makeSpoolId(date);
    const messageId = makeMessageId();
    const content = await composeMessage(checkMessage(message), { messageId, date });
    if (content.length > MESSAGE_OCTETS_MAX) {
      throw new MailError(`The message has ${content.length} octets; ${MESSAGE_OCTETS_MAX} are allowed.`);
    }
    const { from, to } = message;
    const envelope = { from, to: [...new Set(to)], messageId, spooledAtMs: date.getTime() };
    const entry = await spool.add(id, { envelope, content }).catch((error: unknown) => {
      this.#tellRefused(error);
      throw error;
    });
    this.#isRefusing = false;
    this.counts.spooled += 1;
    this.#waiting.add({ entry, attempts: 0 });
    this.#pump();
    return { id, messageId };
  }

  /** Reports a refusal once: the listener may send a mail, which is refused too. */
  #tellRefused(error: unknown): void {
    if (this.#isRefusing || !(error instanceof MailError)) return;
    this.#isRefusing = true;
    this.#events.spoolRefused(error.message);
  }

  /**
   * Sends a message now through the first of these mail servers that accepts it, without the spool, while
   * somebody waits for the result. Throws MailError if the message itself is invalid.
   *
   * @param waits Called with what is waited for.
   */
  async sendNow(
    message: OutgoingMessage,
    servers: readonly MailServer[],
    waits?: ReadyMessage['waits'],
  ): Promise<Delivery> {
    const messageId = makeMessageId();
    const content = await composeMessage(checkMessage(message), { messageId, date: this.#options.now() });
    const { from, to } = message;
    const ready = { from, to: [...new Set(to)], content, waits };
    const delivery = await deliver(ready, servers);
    this.#report(messageId, delivery, 'a message was not accepted');
    this.#unclear.delete(messageId);
    return delivery;
  }

  /** Tries all waiting messages now, because mail servers have changed or work again. */
  wake(): void {
    this.#wakes += 1;
    this.#waiting.hurry();
    this.#pump();
  }

  /** Waits a short time for deliveries in progress. Unfinished messages stay in the spool. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#waiting.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(this.#underWay), late]);
    clearTimeout(timer);
  }

  #pump(): void {
    while (this.#isOpen && this.#underWay.size < DELIVERIES_MAX) {
      const next = this.#waiting.take();
      if (next === undefined) return;
      const work = this.#work(next, this.#wakes).finally(() => {
        this.#underWay.delete(work);
        this.#pump();
      });
      this.#underWay.add(work);
    }
  }

  /**
   * Delivers a message. Never rejects.
   *
   * @param wakes Number of calls of `wake` before the delivery began.
   */
  async #work(message: WaitingMessage, wakes: number): Promise<void> {
    const { log, servers, spool } = this.#options;
    const { id } = message.entry;
    try {
      if (this.#givenUp.has(id)) return await this.#giveUp(id);
      if (this.#remaining.get(id)?.length === 0) return this.#remove(id);
      const usable = usableServers(servers());
      if (usable.length === 0) await this.#postpone(message, [], wakes);
      else await this.#attempt(message, usable, wakes);
    } catch (error) {
      if (await spool.forgetIfGone(id)) {
        this.#remaining.delete(id);
        log.warn({ message: id }, 'a message was removed from the spool by somebody else, and is not sent');
        return;
      }
      const reason = reasonOf(error);
      log.warn({ message: id, reason }, 'a message in the spool could not be worked on');
      const attempts = message.attempts + 1;
      this.#waiting.add({ ...message, attempts }, pauseAfter(attempts, this.#options.limits().pauses));
    }
  }

  async #attempt(message: WaitingMessage, servers: readonly MailServer[], wakes: number): Promise<void> {
    const { spool, log } = this.#options;
    const { id } = message.entry;
    const spooled = await spool.read(id);
    if (spooled === undefined) {
      log.warn({ message: id }, 'a file in the spool is no message and was put aside');
      await spool.putAside(id);
      return;
    }
    const { envelope, content } = spooled;
    const to = this.#remaining.get(id) ?? envelope.to;
    // The disk must have the earlier results before anything else is sent.
    if (to.length < envelope.to.length) spool.keep(id, { envelope: { ...envelope, to }, content });
    await spool.mark(id);
    const ready = { from: envelope.from, to, content };
    let diskError: unknown;
    const delivery = await deliver(ready, servers, (soFar) => {
      diskError = this.#remember(id, spooled, soFar);
    });
    this.#report(id, delivery);
    if (delivery.refused.length > 0) this.#tellGivenUp(id, delivery.refused);
    if (delivery.remaining.length === 0) {
      if (delivery.accepted.length > 0) this.counts.sent += 1;
      else await this.#giveUp(id);
      if (diskError !== undefined) throw diskError;
      return;
    }
    const isUnclear = delivery.deferred.some(({ failure }) => failure.isUnclear);
    // The mark must stay while the file lists recipients that already have the message.
    if (!isUnclear && diskError === undefined) spool.unmark(id);
    await this.#postpone(message, delivery.deferred, wakes);
  }

  /**
   * Stores results as soon as they are known: only a crash in this moment sends a message twice. Returns the
   * error of the disk, if any.
   */
  #remember(id: string, { envelope, content }: SpoolContent, { remaining, accepted }: Delivery): unknown {
    if (accepted.length === 0 && remaining.length === 0) return undefined;
    // Memory comes first: a failing disk must not make a recipient get the message again.
    this.#remaining.set(id, remaining);
    try {
      if (remaining.length === 0) this.#remove(id);
      else this.#options.spool.keep(id, { envelope: { ...envelope, to: remaining }, content });
      return undefined;
    } catch (error) {
      return error ?? new Reason('unknown');
    }
  }

  #remove(id: string): void {
    this.#unclear.delete(id);
    this.#options.spool.remove(id);
    this.#remaining.delete(id);
  }

  /** Abandons a message. It is not sent again, even if the disk fails. */
  async #giveUp(id: string): Promise<void> {
    this.#unclear.delete(id);
    this.#givenUp.add(id);
    await this.#options.spool.giveUp(id);
    this.#givenUp.delete(id);
    this.#remaining.delete(id);
  }

  async #postpone(message: WaitingMessage, failures: readonly Failed[], wakes: number): Promise<void> {
    const { limits, now, servers } = this.#options;
    const { id, spooledAtMs } = message.entry;
    const { pauses, lifetimeMs } = limits();
    if (now().getTime() - spooledAtMs > lifetimeMs) {
      this.#tellGivenUp(id, failures);
      await this.#giveUp(id);
      return;
    }
    const attempts = message.attempts + (failures.length > 0 ? 1 : 0);
    if (wakes !== this.#wakes) {
      // The attempt failed with mail servers from before a change.
      this.#waiting.add({ ...message, attempts });
      return;
    }
    if (failures.length > 0) {
      this.#waiting.add({ ...message, attempts }, pauseAfter(attempts, pauses));
      return;
    }
    // No mail server was tried; tries again when the first one is available.
    const rests = servers().map(({ restsForMs }) => restsForMs);
    const pauseMs = rests.length === 0 ? pauses.longestMs : Math.min(...rests);
    this.#waiting.add(message, Math.max(pauseMs, LOOK_AGAIN_MS));
  }

  #report(id: string, { accepted, deferred }: Delivery, text = DEFERRED): void {
    const { log } = this.#options;
    for (const { mailServer, recipients, reply } of accepted) {
      log.info({ message: id, mailServer, recipients, reply }, 'a message was accepted by a mail server');
    }
    for (const { mailServer, failure } of deferred) {
      const { step, problem, advice, isUnclear } = failure;
      if (isUnclear) this.#noteUnclear(id, problem);
      else log.warn({ message: id, mailServer, step, problem, advice }, text);
    }
  }

  #noteUnclear(id: string, reason: string): void {
    this.counts.unclear += 1;
    this.#unclear.add(id);
    const text = 'a message may have been accepted without this server hearing of it, and may arrive twice';
    this.#options.log.warn({ message: id, reason }, text);
  }

  #tellGivenUp(id: string, failures: readonly Failed[]): void {
    const { log } = this.#options;
    this.counts.givenUp += 1;
    const [first] = failures;
    const problem = first?.failure.problem ?? 'No mail server could be used in all the time it waited.';
    const isUnclear = this.#unclear.has(id) && first?.failure.isUnclear !== true;
    const reason = isUnclear ? `${problem} ${MAYBE_ACCEPTED}` : problem;
    const recipients = failures.flatMap(({ recipient }) => recipient ?? []);
    log.warn({ message: id, mailServer: first?.mailServer, recipients, reason }, 'a message was abandoned');
    this.#events.gaveUp({ id, reason });
  }
}

/** Makes a Message-ID (RFC 5322 §3.6.4). The host name makes it globally unique. */
function makeMessageId(): string {
  return `<${randomUUID()}@${hostname()}>`;
}

/** Checks a message of another room. Throws MailError. */
function checkMessage(message: OutgoingMessage): OutgoingMessage {
  const { from, to } = message;
  const wrong = [from, ...to].find((address) => !ADDRESS.test(address));
  if (wrong !== undefined) throw new MailError(`${JSON.stringify(wrong)} is no mail address.`);
  if (to.length === 0) throw new MailError('The message has no recipients.');
  if (to.length > RECIPIENTS_MAX) {
    throw new MailError(`The message has ${to.length} recipients; ${RECIPIENTS_MAX} are allowed.`);
  }
  return message;
}
