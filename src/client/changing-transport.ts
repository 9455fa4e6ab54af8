// A transport for nodemailer that hands each message to the mail server of now. After a change the next message goes over
// new connections; what the old ones have is finished first, and then they are closed.

import type { MailMessage, Transport } from 'nodemailer/lib/mailer';
import SMTPPool, {
  type SMTPPoolOptions,
  type SMTPPoolSendCallback,
  type SMTPPoolSentMessageInfo,
} from 'nodemailer/lib/smtp-pool';
import type { ConnectionPlan } from '../mail/connection-plan.ts';
import { NameLookups } from '../mail/name-lookups.ts';
import { openSocket } from '../mail/open-socket.ts';
import { poolOptions, refusalBy } from '../mail/transport.ts';
import type { ServerTrust } from '../trust/server-trust.ts';
import { MailServerError } from './mail-server-error.ts';

export class ChangingTransport implements Transport<SMTPPoolSentMessageInfo, SMTPPoolOptions> {
  readonly name = 'confdit';
  readonly version = '1';
  readonly #lookups = new NameLookups();
  readonly #retired = new Set<Line>();
  #current: Line | MailServerError;

  /** @param refusal why no message can be handed over yet. */
  constructor(refusal: MailServerError) {
    this.#current = refusal;
  }

  /** From now on messages go there. */
  use(plan: ConnectionPlan, trust: ServerTrust): void {
    this.#replace(new Line(plan, trust, this.#lookups));
  }

  /** From now on messages are refused for this reason. */
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

  /** Connects, makes TLS and logs in; sends nothing. */
  async verify(): Promise<true> {
    const line = this.#current;
    if (line instanceof Line) return line.verify();
    throw againNow(line);
  }

  /** Resolves when everything that was under way is finished. */
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

/** The connections that one state of the settings makes. */
class Line {
  readonly #plan: ConnectionPlan;
  readonly #trust: ServerTrust;
  readonly #pool: SMTPPool;
  readonly #finished = Promise.withResolvers<void>();
  #isRetired = false;

  constructor(plan: ConnectionPlan, trust: ServerTrust, lookups: NameLookups) {
    this.#plan = plan;
    this.#trust = trust;
    this.#pool = new SMTPPool(
      poolOptions(plan, async () => {
        const tls = plan.encryption === 'none' ? undefined : await trust.optionsFor(plan, plan.tls);
        return { connection: await openSocket(plan, lookups), tls };
      }),
    );
    // What fails without a message is found out by the next one.
    this.#pool.on('error', () => {});
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  send(mail: MailMessage<SMTPPoolSentMessageInfo>, callback: SMTPPoolSendCallback): void {
    const { envelopeFrom, reports } = this.#plan;
    if (envelopeFrom !== undefined) {
      const { to } = mail.message.getEnvelope();
      mail.message.setEnvelope({ from: envelopeFrom, to });
    }
    if (reports !== undefined) mail.data.dsn ??= reports;
    this.#pool.send(mail, (error, info) => {
      this.#closeWhenDone();
      if (error === null) callback(null, info);
      else void this.#explained(error).then((explained) => callback(explained));
    });
  }

  async verify(): Promise<true> {
    try {
      return await this.#pool.verify();
    } catch (error) {
      throw error instanceof Error ? await this.#explained(error) : error;
    }
  }

  retire(): void {
    this.#isRetired = true;
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (!this.#isRetired || this.#pool.pendingCount() > 0) return;
    this.#pool.close();
    this.#finished.resolve();
  }

  /** With the certificate's fault in words, where that is what it is about. */
  async #explained<E extends Error>(error: E): Promise<E | MailServerError> {
    if (this.#plan.encryption === 'none') return error;
    const refusal = await refusalBy(() => this.#trust, error, this.#plan);
    return refusal === undefined
      ? error
      : new MailServerError('untrusted', refusal.message, { cause: error });
  }
}

/** Each message has an error with a stack of its own. */
function againNow({ code, message }: MailServerError): MailServerError {
  return new MailServerError(code, message);
}
