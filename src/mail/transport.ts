// Hands messages to one mail server over connections that are used again. No connection is opened before the first message.
// Each new connection asks the trust manager anew, so what is believed is what is believed now.

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

/** A message as it goes over the wire. */
export interface ReadyMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body, with CRLF. */
  readonly content: Buffer;
  /** Where a person waits for the outcome: told what the mail server is being waited for. */
  readonly waits?: Patience['waits'];
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

export class MailTransport {
  readonly #options: TransportOptions;
  readonly #sessions = new Set<SmtpSession>();
  #pool: SessionPool | undefined;
  /** What the connections of the pool were made with. */
  #believed: SecureContext | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** How many connections are open, or being opened. */
  get connectionCount(): number {
    return this.#sessions.size;
  }

  /** Never throws. */
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

  /** No message may be under way. */
  close(): void {
    this.#pool?.end();
    this.#pool = undefined;
  }

  /** Connections that were made when others were believed are used no more: whoever is no longer believed gets nothing. */
  async #currentPool(): Promise<SessionPool> {
    const believed = await this.#believedNow();
    if (this.#pool !== undefined && believed !== this.#believed) {
      // What is under way on them comes to its end.
      this.#pool.close();
      this.#pool = undefined;
    }
    this.#believed = believed;
    this.#pool ??= new SessionPool({
      open: (patience) => this.#open(patience),
      sessionsMax: this.#options.plan.maxConnections,
    });
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

  async #open(patience: Patience): Promise<SmtpSession> {
    const session = new SmtpSession({ ...this.#options, tls: () => this.#tlsOptions() }, patience);
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
    return openSession(session);
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

/** Connected and logged in. Rejects with SessionError, and then the connection is closed. */
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
