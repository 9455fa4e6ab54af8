// A mail server in use: limits the messages at a time, rests after failures, and counts. A change of its
// properties creates another one; this one then finishes its messages and closes its connections.

import { messageOf } from '../files/file-error.ts';
import type { Log } from '../files/log.ts';
import { Deadline } from '../time/deadline.ts';
import type { ServerTrust } from '../trust/server-trust.ts';
import { checkMailServer, type MailServerCheck } from './check-mail-server.ts';
import { type ConnectionPlan, planConnection } from './connection-plan.ts';
import type { MailServerFigures } from './mail-server-figures.ts';
import type { MailServerSettings } from './mail-server-settings.ts';
import type { NameLookups } from './name-lookups.ts';
import { type PauseLimits, pauseAfter } from './pauses.ts';
import { type SecretText, secretsOf } from './secret-text.ts';
import type { MailFailure } from './smtp/failure.ts';
import type { Patience } from './smtp/smtp-session.ts';
import { type HandOver, MailTransport, type ReadyMessage } from './transport.ts';

/** Clock, log and the like, shared by all mail servers. */
export interface MailWorld {
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly now: () => Date;
  /** Returns the milliseconds of a monotonic clock. */
  readonly clockMs: () => number;
  readonly lookups: NameLookups;
  /** Returns the limits of the pauses after failures. */
  readonly pauses: () => PauseLimits;
}

export interface MailServerOptions extends MailWorld {
  /** Name in messages: the DN of its entry. */
  readonly name: string;
  readonly settings: MailServerSettings;
  readonly trust: () => ServerTrust;
  readonly figures: MailServerFigures;
  /** A server that is silent for this many milliseconds is tried last. Default: 5000. */
  readonly stallMs?: number;
}

/** A message that was not sent. */
export interface NotTried {
  readonly kind: 'not tried';
  /** Sentence: why not. */
  readonly reason: string;
}

export type MailServerState = 'unused' | 'working' | 'resting' | 'stalled' | 'failing';

const STALL_MS = 5000;
/** Maximum time to find out what is wrong with a certificate, in milliseconds. */
const LOOK_MS = 5000;

/** One mail server with its connections. */
export class MailServer {
  readonly priority: number;
  readonly figures: MailServerFigures;
  readonly plan: ConnectionPlan;
  readonly #options: MailServerOptions;
  #name: string;
  #trust: () => ServerTrust;
  readonly #stallMs: number;
  readonly #secrets: SecretText;
  readonly #transport: MailTransport;
  readonly #waiting: ((isTurn: boolean) => void)[] = [];
  #active = 0;
  #failures = 0;
  #restsUntilMs = 0;
  /** Number of calls of `endRest`. A message in delivery during one of them does not start a rest. */
  #restsEnded = 0;
  /** Time since which messages are in delivery and none was answered. */
  #silentSinceMs = 0;
  #isRetired = false;
  #look: Promise<MailFailure | undefined> | undefined;
  readonly #closing = new AbortController();

  constructor(options: MailServerOptions) {
    this.#name = options.name;
    this.#trust = options.trust;
    this.priority = options.settings.priority;
    this.figures = options.figures;
    this.plan = planConnection(options.settings);
    this.#options = options;
    this.#stallMs = options.stallMs ?? STALL_MS;
    this.#secrets = secretsOf(this.plan);
    const { clockMs, lookups, log } = options;
    const { plan } = this;
    const trust = () => this.#trust();
    const hear = plan.logsDialog
      ? ({ by, text }: { readonly by: string; readonly text: string }) =>
          log.info({ mailServer: this.name, by, text }, 'said on a mail connection')
      : () => {};
    const secrets = this.#secrets;
    const trusted = (expiresAt: Date) => {
      this.figures.certificateExpiresAt = expiresAt;
    };
    this.#transport = new MailTransport({ plan, secrets, trust, clockMs, lookups, hear, trusted });
  }

  /** Name in messages. */
  get name(): string {
    return this.#name;
  }

  /** Renames the mail server and replaces the lookup of its trust manager, which may be renamed too. */
  rename(name: string, trust: () => ServerTrust): void {
    this.#name = name;
    this.#trust = trust;
  }

  /** True if another mail server has replaced it, so that it takes no messages. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Name of the trust manager of new connections, or the reason why there is none. */
  get trustName(): string {
    try {
      return this.#trust().name;
    } catch (error) {
      return messageOf(error);
    }
  }

  get state(): MailServerState {
    if (this.restsForMs > 0) return 'resting';
    if (this.isStalled) return 'stalled';
    if (this.figures.isFailing) return 'failing';
    return this.figures.sent === 0 && this.#active === 0 ? 'unused' : 'working';
  }

  get activeCount(): number {
    return this.#active;
  }

  get connectionCount(): number {
    return this.#transport.connectionCount;
  }

  /** True if it rests because TLS failed: its certificate is not trusted, or there is no trust manager. */
  get isNotTrusted(): boolean {
    return this.restsForMs > 0 && this.figures.lastFailure?.failure.step === 'tls';
  }

  /**
   * Ends the rest, because the reason of earlier failures may be gone. Failures of messages that are already in
   * delivery start no new rest.
   */
  endRest(): void {
    this.#failures = this.#restsUntilMs = 0;
    this.#restsEnded += 1;
  }

  /**
   * Reacts to a change of its trust manager. Returns true if messages can be sent that could not be sent
   * before.
   */
  trustChanged(): boolean {
    if (!this.isNotTrusted && this.#active === 0) return false;
    this.endRest();
    return true;
  }

  /** Remaining rest in milliseconds; 0 if it may be tried. */
  get restsForMs(): number {
    return Math.max(this.#restsUntilMs - this.#options.clockMs(), 0);
  }

  /** True if it is silent on its messages for a while, or is being tried again after a failure. */
  get isStalled(): boolean {
    if (this.#active === 0) return false;
    return this.#failures > 0 || this.#options.clockMs() - this.#silentSinceMs > this.#stallMs;
  }

  /**
   * Sends a message when it is its turn. Gives up before the attempt if the server stops answering, fails, or
   * is replaced. Never throws.
   */
  async hand(message: ReadyMessage): Promise<HandOver | NotTried> {
    if (!(await this.#takeTurn())) return { kind: 'not tried', reason: this.#reasonToWait() };
    const startedMs = this.#options.clockMs();
    const restsEnded = this.#restsEnded;
    const outcome = await this.#transport.hand(message);
    const endedMs = this.#options.clockMs();
    this.#active -= 1;
    this.#silentSinceMs = endedMs;
    this.#count(outcome, endedMs - startedMs);
    if (outcome.kind === 'failed') this.#noteFailure(outcome.failure, restsEnded === this.#restsEnded);
    if (this.#isRetired && this.#active === 0) this.#transport.close();
    else this.#waiting.shift()?.(true);
    return outcome.kind === 'failed'
      ? { kind: 'failed', failure: await this.#inFull(outcome.failure) }
      : outcome;
  }

  /**
   * Checks the server on its own connection: connects, starts TLS and logs in; sends nothing. Never throws.
   *
   * @param signal Aborts the check.
   * @param waits Called with what is waited for.
   */
  async check(signal?: AbortSignal, waits?: Patience['waits']): Promise<MailServerCheck> {
    const { clockMs, lookups, now } = this.#options;
    const [plan, secrets, trust] = [this.plan, this.#secrets, () => this.#trust()];
    const check = await checkMailServer({ plan, secrets, trust, clockMs, lookups, signal, waits });
    if (signal?.aborted === true) return check;
    this.figures.lastCheck = { check, at: now() };
    this.#noteChain(check);
    if (check.failure === undefined) this.endRest();
    return check;
  }

  /** Stops taking messages; finishes those it has. */
  retire(): void {
    this.#isRetired = true;
    this.#turnAway();
    if (this.#active === 0) this.#transport.close();
  }

  /** Closes all connections. Deliveries in progress fail. */
  close(): void {
    this.#isRetired = true;
    this.#closing.abort();
    this.#turnAway();
    this.#transport.close();
  }

  #takeTurn(): Promise<boolean> | boolean {
    if (this.#isRetired) return false;
    if (this.#active < this.plan.maxConnections) return this.#begin();
    return new Promise((resolve) => {
      const look = () => {
        if (this.isStalled) leave(false);
        else timer = setTimeout(look, this.#stallMs);
      };
      let timer = setTimeout(look, this.#stallMs);
      const leave = (isTurn: boolean) => {
        clearTimeout(timer);
        const at = this.#waiting.indexOf(leave);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve(isTurn && !this.#isRetired && this.#begin());
      };
      this.#waiting.push(leave);
    });
  }

  /** Returns a sentence: why it is not tried now. */
  #reasonToWait(): string {
    if (this.#isRetired) return `${this.name} was changed or removed while the message waited for it.`;
    const { lastFailure } = this.figures;
    if (this.restsForMs > 0 && lastFailure !== undefined)
      return `${this.name} is left alone for ${Math.ceil(this.restsForMs / 1000)} s, since another message failed there: ${lastFailure.failure.problem}`;
    const { maxConnections } = this.plan;
    const all = maxConnections === 1 ? 'the one connection' : `all ${maxConnections} connections`;
    return `${this.name} has not answered for ${this.#stallMs / 1000} s on ${all} that connection-pool-size allows; the message waited for one of them.`;
  }

  #begin(): true {
    if (this.#active === 0) this.#silentSinceMs = this.#options.clockMs();
    this.#active += 1;
    return true;
  }

  /**
   * Adds names and dates of certificates to a TLS failure. The runtime does not report them, so that this opens
   * another connection.
   */
  async #inFull(failure: MailFailure): Promise<MailFailure> {
    if (failure.step !== 'tls' || failure.replyCode !== undefined) return failure;
    this.#look ??= this.#lookAtTls().finally(() => {
      this.#look = undefined;
    });
    const found = await this.#look;
    if (found?.step !== 'tls') return failure;
    this.figures.lastFailure = { failure: found, at: this.#options.now() };
    return found;
  }

  /** Connects without login and returns what is wrong with TLS; undefined if nothing is found. */
  async #lookAtTls(): Promise<MailFailure | undefined> {
    const { clockMs, lookups } = this.#options;
    const trust = () => this.#trust();
    const plan = { ...this.plan, login: undefined };
    const late = new AbortController();
    const deadline = new Deadline(LOOK_MS, () => late.abort());
    deadline.begin();
    const signal = AbortSignal.any([late.signal, this.#closing.signal]);
    const check = await checkMailServer({ plan, secrets: this.#secrets, trust, clockMs, lookups, signal });
    deadline.close();
    if (signal.aborted) return undefined;
    this.#noteChain(check);
    return check.failure;
  }

  #noteChain({ chain }: MailServerCheck): void {
    const [first, ...others] = chain.map(({ validTo }) => validTo.getTime());
    if (first !== undefined) this.figures.certificateExpiresAt = new Date(Math.min(first, ...others));
  }

  #turnAway(): void {
    for (const leave of this.#waiting.splice(0)) leave(false);
  }

  #count(outcome: HandOver, ms: number): void {
    const { figures } = this;
    if (outcome.kind === 'failed') return;
    const { accepted, refused, deferred } = outcome;
    this.#failures = this.#restsUntilMs = 0;
    figures.refused += refused.length;
    figures.deferred += deferred.length === 0 ? 0 : 1;
    const [failure] = [...refused, ...deferred];
    if (failure !== undefined) figures.lastFailure = { failure, at: this.#options.now() };
    if (accepted.length === 0) return;
    figures.sent += 1;
    figures.lastSentAt = this.#options.now();
    figures.addLatency(ms);
  }

  /**
   * Counts a failure and starts a rest.
   *
   * @param isOfNow False if a rest was ended after the message began.
   */
  #noteFailure(failure: MailFailure, isOfNow: boolean): void {
    const { figures } = this;
    figures.lastFailure = { failure, at: this.#options.now() };
    const { isFinal, isNotOffered, isUnclear, step, replyCode } = failure;
    const isAnswer = step === 'message' && replyCode !== undefined;
    if (isFinal) figures.refused += 1;
    else if (isAnswer || isNotOffered || isUnclear) figures.deferred += 1;
    else figures.failed += 1;
    // A reply about a message concerns that message; other failures affect the next one too.
    if (isFinal || isNotOffered || (isAnswer && replyCode !== 421)) return;
    // Messages that fail together count as one failure.
    if (this.restsForMs > 0 || !isOfNow) return;
    this.#failures += 1;
    this.#restsUntilMs = this.#options.clockMs() + pauseAfter(this.#failures, this.#options.pauses());
    this.#turnAway();
  }
}
