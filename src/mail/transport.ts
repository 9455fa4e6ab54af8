// Hands messages to one mail server over nodemailer's pooled connections. No connection is opened before the first
// message. Each new connection asks the trust manager anew, so what is believed is what is believed now.

import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { createTransport, type Transporter } from 'nodemailer';
import type { SMTPPoolOptions, SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { firstExpiryOf } from '../trust/peer-chain.ts';
import type { ServerTrust, TrustOptions } from '../trust/server-trust.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { ConnectionPlan } from './connection-plan.ts';
import { Dialog, type DialogLine, FailedSteps } from './dialog.ts';
import { describeFailure, type MailFailure } from './failure.ts';
import type { NameLookups } from './name-lookups.ts';
import { openSocket } from './open-socket.ts';
import type { SecretText } from './secret-text.ts';

/** A message as it goes over the wire. */
export interface ReadyMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body, with CRLF. */
  readonly content: Buffer;
}

/** What became of one address. */
export interface RecipientFailure extends MailFailure {
  readonly recipient: string;
}

export type HandOver =
  /** Every address got an answer: accepted, refused for good, or to be tried again. */
  | {
      readonly kind: 'answered';
      readonly accepted: readonly string[];
      readonly refused: readonly RecipientFailure[];
      readonly deferred: readonly RecipientFailure[];
      /** The mail server's last reply, which often names the message in its queue. */
      readonly reply: string;
    }
  | { readonly kind: 'failed'; readonly failure: MailFailure };

export interface TransportOptions {
  readonly plan: ConnectionPlan;
  readonly secrets: SecretText;
  /** The trust manager of now. Throws TrustError when there is none to be used. */
  readonly trust: () => ServerTrust;
  readonly clockMs: () => number;
  readonly lookups: NameLookups;
  /** Hears what is said on every connection. */
  readonly hear: (line: DialogLine) => void;
  /** Told of every chain that is believed: when its first certificate expires. */
  readonly believed: (expiresAt: Date) => void;
}

const MESSAGES_PER_CONNECTION = 100;
const IDLE_MS = 60_000;
/** RFC 5321 §4.5.3.1.5 knows lines of 512; a reply to EHLO has some dozen of them. */
const REPLY_OCTETS_MAX = 64 * 1024;

export class MailTransport {
  readonly #options: TransportOptions;
  readonly #failures = new FailedSteps();
  #pool: Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions> | undefined;
  #connections = 0;
  /** What the connections of the pool were made with. */
  #believed: SecureContext | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#connections;
  }

  /** Never throws. */
  async hand({ from, to, content }: ReadyMessage): Promise<HandOver> {
    const { envelopeFrom, reports } = this.#options.plan;
    const pool = await this.#currentPool();
    try {
      const info = await pool.sendMail({
        envelope: { from: envelopeFrom ?? from, to: [...to] },
        raw: content,
        ...(reports === undefined ? {} : { dsn: reports }),
      });
      return await this.#answered(info.accepted, info.rejectedErrors ?? [], info.response);
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** No message may be under way. */
  close(): void {
    this.#pool?.close({ force: true });
    this.#pool = undefined;
  }

  /** Connections that were made when others were believed are used no more: whoever is no longer believed gets nothing. */
  async #currentPool(): Promise<Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions>> {
    const believed = await this.#believedNow();
    if (this.#pool !== undefined && believed !== this.#believed) {
      // What is under way on them comes to its end.
      this.#pool.close();
      this.#pool = undefined;
    }
    this.#believed = believed;
    this.#pool ??= this.#open();
    return this.#pool;
  }

  /** The same object as long as the same authorities are believed; undefined: nobody is asked, or nobody can be. */
  async #believedNow(): Promise<SecureContext | undefined> {
    const { plan, trust } = this.#options;
    if (plan.encryption === 'none') return undefined;
    try {
      return (await trust().optionsFor(plan, plan.tls)).secureContext;
    } catch (error) {
      if (error instanceof TrustError) return undefined;
      throw error;
    }
  }

  #open(): Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions> {
    const options = poolOptions(this.#options.plan, () => this.#connect());
    return createTransport({ ...options, pool: true, disableFileAccess: true, disableUrlAccess: true });
  }

  async #connect() {
    const { plan, secrets, clockMs, hear, lookups } = this.#options;
    const beginsWithTls = plan.encryption === 'tls';
    const logger = new Dialog({ beginsWithTls, secrets, clockMs, hear }, this.#failures);
    const tls = await this.#tlsOptions();
    try {
      const connection = await openSocket(plan, lookups);
      this.#connections += 1;
      connection.once('close', () => {
        this.#connections -= 1;
      });
      return { connection, logger, transactionLog: true, tls };
    } catch (error) {
      if (error instanceof Error) this.#failures.set(error, 'connect');
      throw error;
    }
  }

  async #tlsOptions(): Promise<TrustOptions | undefined> {
    const { plan, trust, believed } = this.#options;
    if (plan.encryption === 'none') return undefined;
    const options = await trust().optionsFor(plan, plan.tls);
    return {
      ...options,
      // Asked last: what it does not object to is believed.
      checkServerIdentity: (host, certificate) => {
        const doubt = options.checkServerIdentity(host, certificate);
        if (doubt === undefined) believed(firstExpiryOf(certificate));
        return doubt;
      },
    };
  }

  async #failed(error: unknown): Promise<HandOver> {
    const rejected = error instanceof Error && 'rejectedErrors' in error ? error.rejectedErrors : undefined;
    if (Array.isArray(rejected)) return this.#answered([], rejected, '');
    return { kind: 'failed', failure: await this.#describe(error) };
  }

  async #answered(
    accepted: readonly string[],
    rejected: readonly unknown[],
    reply: string,
  ): Promise<HandOver> {
    const failures = await Promise.all(
      rejected.map(async (error) => ({ ...(await this.#describe(error)), recipient: recipientOf(error) })),
    );
    return {
      kind: 'answered',
      accepted,
      refused: failures.filter(({ isFinal }) => isFinal),
      deferred: failures.filter(({ isFinal }) => !isFinal),
      reply: this.#options.secrets.hide(reply),
    };
  }

  async #describe(error: unknown): Promise<MailFailure> {
    const { plan, secrets, trust } = this.#options;
    const refusal = plan.encryption === 'none' ? undefined : await refusalBy(trust, error, plan);
    return describeFailure(error, { plan, secrets, refusal, step: this.#failures.find(error) });
  }
}

/** Options of a pool for this plan; each of its connections is opened by `connect`. */
export function poolOptions(
  plan: ConnectionPlan,
  connect: () => Promise<{ readonly connection: Socket; readonly tls: TrustOptions | undefined }>,
): SMTPPoolOptions {
  return {
    ...smtpOptions(plan),
    ...(plan.login === undefined ? {} : { auth: authOf(plan.login), forceAuth: true }),
    maxConnections: plan.maxConnections,
    // Idle connections that the mail server has closed in the meantime: a message may meet all of them.
    maxRequeues: plan.maxConnections,
    maxMessages: MESSAGES_PER_CONNECTION,
    idleTimeout: IDLE_MS,
    getSocket: (_, done) => {
      connect().then(
        (options) => done(null, options),
        (error) => done(error),
      );
    },
  };
}

/** Options of a connection that sending and checking have in common. */
export function smtpOptions(plan: ConnectionPlan) {
  const { host, port, encryption, clientName } = plan;
  return {
    host,
    port,
    secure: encryption === 'tls',
    requireTLS: encryption === 'start-tls',
    ignoreTLS: encryption === 'none',
    ...(clientName === undefined ? {} : { name: clientName }),
    connectionTimeout: plan.connectionTimeoutMs,
    greetingTimeout: plan.greetingTimeoutMs,
    socketTimeout: plan.socketTimeoutMs,
    maxResponseSize: REPLY_OCTETS_MAX,
  };
}

export function authOf({ user, password, method }: NonNullable<ConnectionPlan['login']>) {
  return { user, pass: password.reveal(), ...(method === undefined ? {} : { method }) };
}

/** Why the certificate was not believed, when that is what the error is about. */
export async function refusalBy(
  trust: () => ServerTrust,
  error: unknown,
  plan: ConnectionPlan,
  chain?: Parameters<ServerTrust['explain']>[2],
): ReturnType<ServerTrust['explain']> {
  if (error instanceof TrustError) return error;
  try {
    return await trust().explain(error, plan, chain);
  } catch (problem) {
    if (problem instanceof TrustError) return problem;
    throw problem;
  }
}

function recipientOf(error: unknown): string {
  return error instanceof Error && 'recipient' in error ? String(error.recipient) : '';
}
