// Everything that this server sends goes through here: a message is spooled first, and then handed to the mail servers
// until one takes it, with growing pauses. What cannot be sent in its time is given up, visibly.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { reasonOf } from '../files/file-error.ts';
import { composeMessage } from './compose-message.ts';
import { type Delivery, deliver, type Failed, usableServers } from './deliver.ts';
import type { MailLog, MailServer } from './mail-server.ts';
import { MailError, type MailSender, type OutgoingMessage, type SpooledMessage } from './outgoing-message.ts';
import { type Later, type PauseLimits, pauseAfter } from './pauses.ts';
import type { Spool } from './spool.ts';
import { makeSpoolId, type SpoolContent } from './spool-file.ts';
import type { ReadyMessage } from './transport.ts';
import { type WaitingMessage, WaitingMessages } from './waiting-messages.ts';

export interface QueueLimits {
  readonly pauses: PauseLimits;
  /** How old a message may become in the spool. */
  readonly lifetimeMs: number;
}

/** What others may want to know; alerts are made of it. */
export interface MailEvents {
  gaveUp(message: { readonly id: string; readonly reason: string }): void;
  /** Told once, and not again before the spool has taken a message. */
  spoolRefused(reason: string): void;
}

export interface MailQueueOptions {
  readonly spool: Spool;
  /** The enabled ones, in the order in which they are tried. */
  readonly servers: () => readonly MailServer[];
  readonly limits: () => QueueLimits;
  readonly log: MailLog;
  readonly now: () => Date;
  readonly later: Later;
}

/** What could end a command of SMTP is no part of an address. */
const ADDRESS = /^[^\s<>\p{Cc}]+@[^\s<>\p{Cc}]+$/u;
const RECIPIENTS_MAX = 100;
const MESSAGE_OCTETS_MAX = 10 * 1024 * 1024;
/** Messages that are read from the spool and handed over at a time. */
const DELIVERIES_MAX = 20;
const MAYBE_ACCEPTED = 'It is not known whether it was accepted at an earlier try, of which no answer came.';
const DEFERRED = 'a message was not accepted and is tried again';
/** How soon a message is looked at again that no mail server had room for. */
const LOOK_AGAIN_MS = 1000;
/** How long messages under way are waited for when the server stops. */
const CLOSE_MS = 5000;

export class MailQueue implements MailSender {
  readonly #options: MailQueueOptions;
  readonly #waiting: WaitingMessages;
  readonly #underWay = new Set<Promise<void>>();
  /** The addresses that messages still have to reach, where the disk may not know it. */
  readonly #remaining = new Map<string, readonly string[]>();
  /** Those that are given up and still in the spool, because they could not be put aside. */
  readonly #givenUp = new Set<string>();
  /** Those that may have been accepted without an answer. */
  readonly #unclear = new Set<string>();
  /** Number of calls of `wake`: a message that was under way at one of them does not pause. */
  #wakes = 0;
  #isOpen = true;
  #isRefusing = false;
  #events: MailEvents = { gaveUp: () => {}, spoolRefused: () => {} };
  /** Since the start of the server. */
  readonly counts = { spooled: 0, sent: 0, givenUp: 0, unclear: 0 };

  constructor(options: MailQueueOptions) {
    this.#options = options;
    this.#waiting = new WaitingMessages(options.later, () => this.#pump());
  }

  /** Who is told from now on. */
  tell(events: MailEvents): void {
    this.#events = events;
  }

  /** Begins with what the spool holds from before. */
  start(): void {
    for (const entry of this.#options.spool.entries) {
      if (entry.isUnclear) this.#noteUnclear(entry.id, 'The server ended while it was handed over.');
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

  /** Who hears of it may send a mail about it, which is refused too: hence once. */
  #tellRefused(error: unknown): void {
    if (this.#isRefusing || !(error instanceof MailError)) return;
    this.#isRefusing = true;
    this.#events.spoolRefused(error.message);
  }

  /**
   * Hands a message over now, to the first of these mail servers that takes it, without the spool: for somebody who waits
   * for the outcome. Throws MailError when the message itself is wrong.
   *
   * @param waits told what the mail server is being waited for, where a person waits
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

  /** Mail servers have changed, or work again: what waits is tried now. */
  wake(): void {
    this.#wakes += 1;
    this.#waiting.hurry();
    this.#pump();
  }

  /** Waits a little for the messages under way; those that are not done then stay in the spool. */
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
   * Never rejects.
   *
   * @param wakes the number of calls of `wake` before it began
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
    // What the disk has not taken so far it must take before anything else is sent.
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
    // The mark must stay while the file names addresses that have the message.
    if (!isUnclear && diskError === undefined) spool.unmark(id);
    await this.#postpone(message, delivery.deferred, wakes);
  }

  /**
   * The moment an answer is there it is on disk too: only a crash within this moment sends a message twice. Returns why the
   * disk does not take it.
   */
  #remember(id: string, { envelope, content }: SpoolContent, { remaining, accepted }: Delivery): unknown {
    if (accepted.length === 0 && remaining.length === 0) return undefined;
    // First of all in memory: a disk that takes nothing must not make anybody get a message again.
    this.#remaining.set(id, remaining);
    try {
      if (remaining.length === 0) this.#remove(id);
      else this.#options.spool.keep(id, { envelope: { ...envelope, to: remaining }, content });
      return undefined;
    } catch (error) {
      return error ?? new Error('unknown');
    }
  }

  #remove(id: string): void {
    this.#unclear.delete(id);
    this.#options.spool.remove(id);
    this.#remaining.delete(id);
  }

  /** Whatever the disk says, nobody is asked to take the message again. */
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
      // It failed at mail servers as they were before a change.
      this.#waiting.add({ ...message, attempts });
      return;
    }
    if (failures.length > 0) {
      this.#waiting.add({ ...message, attempts }, pauseAfter(attempts, pauses));
      return;
    }
    // Nobody was tried: again when the first has rested.
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
    log.warn({ message: id, mailServer: first?.mailServer, recipients, reason }, 'a message was given up');
    this.#events.gaveUp({ id, reason });
  }
}

/** RFC 5322 §3.6.4; the name of the machine makes it unique, whatever else it is. */
function makeMessageId(): string {
  return `<${randomUUID()}@${hostname()}>`;
}

/** Nobody else has looked at what the rooms above hand in. Throws MailError. */
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
