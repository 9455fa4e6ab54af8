// Sends messages to one mail server over reused connections. The first message opens the first connection. Each
// new connection uses the present certificates of the trust manager.

import type { SecureContext } from 'node:tls';
import { firstExpiryOf } from '../trust/peer-chain.ts';
import type { ServerTrust, TrustOptions } from '../trust/server-trust.ts';
import { TrustError } from '../trust/trust-error.ts';
import type { ConnectionPlan } from './connection-plan.ts';
import type { NameLookups } from './name-lookups.ts';
import type { SecretText } from './secret-text.ts';
import type { DialogLine } from './smtp/dialog.ts';
import { describeFailure, type MailFailure } from './smtp/failure.ts';
import type { SessionError } from './smtp/session-error.ts';
import { SessionPool } from './smtp/session-pool.ts';
import { AllRefused, type Patience, SmtpSession } from './smtp/smtp-session.ts';

/** A message on the wire. */
export interface ReadyMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body, with CRLF. */
  readonly content: Buffer;
  /** Called with the pending request, if a person waits for the result. */
  readonly waits?: Patience['waits'];
}

/** Result for one recipient. */
export interface RecipientFailure extends MailFailure {
  readonly recipient: string;
}

export type HandOver =
  /** Every recipient has a result: accepted, refused, or to be tried again. */
  | {
      readonly kind: 'answered';
      readonly accepted: readonly string[];
      readonly refused: readonly RecipientFailure[];
      readonly deferred: readonly RecipientFailure[];
      /** Last reply of the mail server, which often has its queue id. */
      readonly reply: string;
    }
  | { readonly kind: 'failed'; readonly failure: MailFailure };

export interface TransportOptions {
  readonly plan: ConnectionPlan;
  readonly secrets: SecretText;
  /** Returns the present trust manager. Throws TrustError if there is none. */
  readonly trust: () => ServerTrust;
  readonly clockMs: () => number;
  readonly lookups: NameLookups;
  /** Called with every line of all dialogs. */
  readonly hear: (line: DialogLine) => void;
  /** Called with the earliest expiry of every trusted chain. */
  readonly trusted: (expiresAt: Date) => void;
}

/** The transport of one mail server. */
export class MailTransport {
  readonly #options: TransportOptions;
  readonly #sessions = new Set<SmtpSession>();
  #pool: SessionPool | undefined;
  /** Secure context of the pool's connections. */
  #trusted: SecureContext | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Number of connections that are open or being opened. */
  get connectionCount(): number {
    return this.#sessions.size;
  }

  /** Sends a message. Never throws. */
  async hand({ from, to, content, waits }: ReadyMessage): Promise<HandOver> {
    const { envelopeFrom, reports, socketTimeoutMs, patienceMs } = this.#options.plan;
    const patience = { stepMs: waits === undefined ? socketTimeoutMs : patienceMs, waits };
    const message = { from: envelopeFrom ?? from, to, content, reports };
    try {
      const pool = await this.#currentPool();
      const info = await pool.use((session) => session.send(message), patience);
      return await this.#answered(info.accepted, info.refusals, info.response);
    } catch (error) {
      if (error instanceof AllRefused) return this.#answered([], error.refusals, '');
      return { kind: 'failed', failure: await this.#describe(error) };
    }
  }

  /** Closes the pool. No message may be in delivery. */
  close(): void {
    this.#pool?.end();
    this.#pool = undefined;
  }

  /**
   * Returns the pool. Replaces it if the trusted authorities have changed: a server that is no longer trusted
   * gets nothing.
   */
  async #currentPool(): Promise<SessionPool> {
    const trusted = await this.#trustedNow();
    if (this.#pool !== undefined && trusted !== this.#trusted) {
      // Deliveries in progress end normally.
      this.#pool.close();
      this.#pool = undefined;
    }
    this.#trusted = trusted;
    this.#pool ??= new SessionPool({
      open: (patience) => this.#open(patience),
      sessionsMax: this.#options.plan.maxConnections,
    });
    return this.#pool;
  }

  /**
   * Returns the secure context; the same object while the authorities are the same. Returns undefined if
   * nothing is verified or there is no trust manager.
   */
  async #trustedNow(): Promise<SecureContext | undefined> {
    const { plan, trust } = this.#options;
    if (plan.encryption === 'none') return undefined;
    try {
      return (await trust().optionsFor(plan, plan.tls)).secureContext;
    } catch (error) {
      if (error instanceof TrustError) return undefined;
      throw error;
    }
  }

  async #open(patience: Patience): Promise<SmtpSession> {
    const session = new SmtpSession({ ...this.#options, tls: () => this.#tlsOptions() }, patience);
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
    return openSession(session);
  }

  async #tlsOptions(): Promise<TrustOptions | undefined> {
    const { plan, trust, trusted } = this.#options;
    if (plan.encryption === 'none') return undefined;
    const options = await trust().optionsFor(plan, plan.tls);
    return {
      ...options,
      // Called last: if it has no objection, the certificate is trusted.
      checkServerIdentity: (host, certificate) => {
        const doubt = options.checkServerIdentity(host, certificate);
        if (doubt === undefined) trusted(firstExpiryOf(certificate));
        return doubt;
      },
    };
  }

  async #answered(
    accepted: readonly string[],
    refusals: readonly SessionError[],
    reply: string,
  ): Promise<HandOver> {
    const failures = await Promise.all(
      refusals.map(async (error) => ({ ...(await this.#describe(error)), recipient: error.recipient ?? '' })),
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
    return describeFailure(error, { plan, secrets, refusal });
  }
}

/** Connects and logs in. Rejects with SessionError, and then the connection is closed. */
export async function openSession(session: SmtpSession): Promise<SmtpSession> {
  try {
    await session.connect();
    await session.logIn();
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

/** Returns why the certificate is not trusted, if the error is about that. */
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
