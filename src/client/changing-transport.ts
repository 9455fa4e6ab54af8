// A transport for nodemailer that sends each message by the current settings of the mail server. After a change the next
// message uses new connections; the old ones finish their messages and are closed.

import type { MailMessage, Transport } from 'nodemailer/lib/mailer';
import type {
  SMTPPoolOptions,
  SMTPPoolSendCallback,
  SMTPPoolSentMessageInfo,
} from 'nodemailer/lib/smtp-pool';
import type { ConnectionPlan } from '../mail/connection-plan.ts';
import { NameLookups } from '../mail/name-lookups.ts';
import { secretsOf } from '../mail/secret-text.ts';
import { describeFailure } from '../mail/smtp/failure.ts';
import { SessionError } from '../mail/smtp/session-error.ts';
import { SessionPool } from '../mail/smtp/session-pool.ts';
import { type Patience, SmtpSession, type WireMessage } from '../mail/smtp/smtp-session.ts';
import { openSession, refusalBy } from '../mail/transport.ts';
import type { ServerTrust } from '../trust/server-trust.ts';
import { MailServerError } from './mail-server-error.ts';

export class ChangingTransport implements Transport<SMTPPoolSentMessageInfo, SMTPPoolOptions> {
  readonly name = 'confdit';
  readonly version = '1';
  readonly #lookups = new NameLookups();
  readonly #retired = new Set<Line>();
  #current: Line | MailServerError;

  /** @param refusal error for messages until the first `use`. */
  constructor(refusal: MailServerError) {
    this.#current = refusal;
  }

  /** Sends messages by these settings from now on. */
  use(plan: ConnectionPlan, trust: ServerTrust): void {
    this.#replace(new Line(plan, trust, this.#lookups));
  }

  /** Refuses messages with this error from now on. */
  refuse(reason: MailServerError): void {
    this.#replace(reason);
  }

  get isRefusing(): boolean {
    return this.#current instanceof MailServerError;
  }

  send(mail: MailMessage<SMTPPoolSentMessageInfo>, callback: SMTPPoolSendCallback): void {
    const line = this.#current;
    if (line instanceof Line) line.send(mail, callback);
    else setImmediate(() => callback(againNow(line)));
  }

  /** Connects, starts TLS and logs in; sends nothing. */
  async verify(): Promise<true> {
    const line = this.#current;
    if (line instanceof Line) return line.verify();
    throw againNow(line);
  }

  /** Resolves when the messages under way have ended. */
  async finish(): Promise<void> {
    await Promise.all([...this.#retired].map(({ finished }) => finished));
  }

  #replace(next: Line | MailServerError): void {
    const last = this.#current;
    this.#current = next;
    if (!(last instanceof Line)) return;
    this.#retired.add(last);
    void last.finished.then(() => this.#retired.delete(last));
    last.retire();
  }
}

/** The connections for one version of the settings. */
class Line {
  readonly #plan: ConnectionPlan;
  readonly #trust: ServerTrust;
  readonly #lookups: NameLookups;
  readonly #pool: SessionPool;
  readonly #finished = Promise.withResolvers<void>();
  #underWay = 0;
  #isRetired = false;

  constructor(plan: ConnectionPlan, trust: ServerTrust, lookups: NameLookups) {
    this.#plan = plan;
    this.#trust = trust;
    this.#lookups = lookups;
    const open = (patience: Patience) => openSession(this.#session(patience));
    this.#pool = new SessionPool({ open, sessionsMax: plan.maxConnections });
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  send(mail: MailMessage<SMTPPoolSentMessageInfo>, callback: SMTPPoolSendCallback): void {
    this.#underWay += 1;
    this.#send(mail).then(
      (info) => {
        this.#done();
        callback(null, info);
      },
      (error: Error) => {
        this.#done();
        callback(error);
      },
    );
  }

  async verify(): Promise<true> {
    const session = this.#session({ stepMs: this.#plan.patienceMs });
    try {
      await openSession(session);
      session.quit();
      return true;
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  retire(): void {
    this.#isRetired = true;
    this.#closeWhenDone();
  }

  #session(patience: Patience): SmtpSession {
    const plan = this.#plan;
    const tls = async () => (plan.encryption === 'none' ? undefined : this.#trust.optionsFor(plan, plan.tls));
    const clockMs = () => performance.now();
    return new SmtpSession(
      { plan, secrets: secretsOf(plan), tls, lookups: this.#lookups, clockMs },
      patience,
    );
  }

  async #send(mail: MailMessage<SMTPPoolSentMessageInfo>): Promise<SMTPPoolSentMessageInfo> {
    const { envelopeFrom, reports, socketTimeoutMs } = this.#plan;
    const { from, to } = mail.message.getEnvelope();
    const sender = envelopeFrom ?? (from || '');
    try {
      return await this.#pool.use(
        async (session) => {
          // Built first: what it needs of the mail server must be known before a connection is used.
          const content = await buildMessage(mail);
          const message: WireMessage = { from: sender, to, content, reports: mail.data.dsn ?? reports };
          const { refusals, ...info } = await session.send(message);
          return {
            ...info,
            envelope: { from: sender, to },
            messageId: mail.message.messageId(),
            ...(refusals.length === 0 ? {} : { rejectedErrors: refusals.map(({ cause }) => cause) }),
          };
        },
        { stepMs: socketTimeoutMs },
      );
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  #done(): void {
    this.#underWay -= 1;
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (!this.#isRetired || this.#underWay > 0) return;
    this.#pool.close();
    this.#finished.resolve();
  }

  /** Returns a MailServerError where nodemailer's message is wrong or missing: certificates, extensions, unclear outcomes. */
  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof SessionError)) return error;
    const plan = this.#plan;
    const refusal = plan.encryption === 'none' ? undefined : await refusalBy(() => this.#trust, error, plan);
    const code =
      refusal !== undefined
        ? 'untrusted'
        : error.isNotOffered
          ? 'not-offered'
          : error.isUnclear
            ? 'unclear'
            : undefined;
    if (code === undefined) return error.cause;
    const { problem, advice } = describeFailure(error, { plan, secrets: secretsOf(plan), refusal });
    const text = code === 'untrusted' ? problem : `${problem} ${advice}`;
    return new MailServerError(code, text, { cause: error.cause });
  }
}

function buildMessage({ message }: MailMessage<SMTPPoolSentMessageInfo>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    message.build((error, octets) => (error || octets === undefined ? reject(error) : resolve(octets)));
  });
}

/** Returns a copy of the error, so that each message has its own stack. */
function againNow({ code, message }: MailServerError): MailServerError {
  return new MailServerError(code, message);
}
