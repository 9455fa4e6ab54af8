// A mail server in use: the messages it gets at a time, how it rests after a failure, and what is counted. A change of its
// properties makes another one; this one then finishes what it has begun and closes its connections.

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

export interface MailLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What every mail server needs of the world. */
export interface MailWorld {
  readonly log: MailLog;
  readonly now: () => Date;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs: () => number;
  readonly lookups: NameLookups;
  /** How long a mail server is left alone after it has failed. */
  readonly pauses: () => PauseLimits;
}

export interface MailServerOptions extends MailWorld {
  /** What messages call it: the name of its entry. */
  readonly name: string;
  readonly settings: MailServerSettings;
  readonly trust: () => ServerTrust;
  readonly figures: MailServerFigures;
  /** After so long without an answer messages that can go elsewhere do; 5 s unless said otherwise. */
  readonly stallMs?: number;
}

/** A message that was not handed over. */
export interface NotTried {
  readonly kind: 'not tried';
  /** A sentence. */
  readonly reason: string;
}

export type MailServerState = 'unused' | 'working' | 'resting' | 'stalled' | 'failing';

const STALL_MS = 5000;
/** How long it may take to find out what is wrong with a certificate. */
const LOOK_MS = 5000;

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
  /** Number of calls of `endRest`: a message that was under way at one of them does not start a rest. */
  #restsEnded = 0;
  /** Since when messages are under way and it has answered for none. */
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
    const believed = (expiresAt: Date) => {
      this.figures.certificateExpiresAt = expiresAt;
    };
    this.#transport = new MailTransport({ plan, secrets, trust, clockMs, lookups, hear, believed });
  }

  /** What messages call it. */
  get name(): string {
    return this.#name;
  }

  /** From now on it is called so, and asks this for its trust manager, which may have another name too. */
  rename(name: string, trust: () => ServerTrust): void {
    this.#name = name;
    this.#trust = trust;
  }

  /** Whether it takes no more messages because another one has taken its place. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** The name of the trust manager that connections of now are made with, or why there is none. */
  get trustName(): string {
    try {
      return this.#trust().name;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
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

  /** Whether it is left alone because there was no TLS: its certificate was not believed, or nobody could say whom to believe. */
  get isNotBelieved(): boolean {
    return this.restsForMs > 0 && this.figures.lastFailure?.failure.step === 'tls';
  }

  /**
   * Lets the next message be tried at once, because the reason of earlier failures may be gone. A message that is under way
   * began before that: its failure does not start a new rest.
   */
  endRest(): void {
    this.#failures = this.#restsUntilMs = 0;
    this.#restsEnded += 1;
  }

  /**
   * Takes notice that its trust manager may trust others than before. Returns whether messages may go now that could not go
   * before.
   */
  trustChanged(): boolean {
    if (!this.isNotBelieved && this.#active === 0) return false;
    this.endRest();
    return true;
  }

  /** How long it is still left alone; 0 when it may be tried. */
  get restsForMs(): number {
    return Math.max(this.#restsUntilMs - this.#options.clockMs(), 0);
  }

  /** Whether it has had messages for a while and said nothing, or is being tried again after a failure. */
  get isStalled(): boolean {
    if (this.#active === 0) return false;
    return this.#failures > 0 || this.#options.clockMs() - this.#silentSinceMs > this.#stallMs;
  }

  /**
   * Hands a message over; waits for its turn as long as the server takes those before it. It is not tried when the server
   * stops answering meanwhile, fails, or is replaced. Never throws.
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
   * Connects, makes TLS and logs in, on a connection of its own; sends nothing. The signal ends it. Never throws.
   *
   * @param waits told what the mail server is being waited for
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

  /** It takes no message from now on; those it has are finished. */
  retire(): void {
    this.#isRetired = true;
    this.#turnAway();
    if (this.#active === 0) this.#transport.close();
  }

  /** Ends all its connections. Messages that are under way fail. */
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

  /** Why nothing is handed to it now: a sentence. */
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

  /** Where TLS failed the runtime tells neither names nor dates of the certificates; one connection more shows them. */
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

  /** Never logs in. Undefined when nothing was found out. */
  async #lookAtTls(): Promise<MailFailure | undefined> {
    const { clockMs, lookups } = this.#options;
    const trust = () => this.#trust();
    const plan = { ...this.plan, login: undefined };
    const signal = AbortSignal.any([AbortSignal.timeout(LOOK_MS), this.#closing.signal]);
    const check = await checkMailServer({ plan, secrets: this.#secrets, trust, clockMs, lookups, signal });
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

  /** @param isOfNow false when a rest was ended since the message began. */
  #noteFailure(failure: MailFailure, isOfNow: boolean): void {
    const { figures } = this;
    figures.lastFailure = { failure, at: this.#options.now() };
    const { isFinal, isNotOffered, isUnclear, step, replyCode } = failure;
    const isAnswer = step === 'message' && replyCode !== undefined;
    if (isFinal) figures.refused += 1;
    else if (isAnswer || isNotOffered || isUnclear) figures.deferred += 1;
    else figures.failed += 1;
    // What it says about a message is about that message; everything else will befall the next one too.
    if (isFinal || isNotOffered || (isAnswer && replyCode !== 421)) return;
    // Messages that fail together are one failure.
    if (this.restsForMs > 0 || !isOfNow) return;
    this.#failures += 1;
    this.#restsUntilMs = this.#options.clockMs() + pauseAfter(this.#failures, this.#options.pauses());
    this.#turnAway();
  }
}
