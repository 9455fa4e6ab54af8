// One connection to a mail server: connects, starts TLS and logs in as planned, then sends messages. It
// requests nothing that the mail server does not offer, and each step has a time limit. nodemailer implements
// SMTP itself.

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { domainToASCII } from 'node:url';
import SMTPConnection, {
  type SMTPConnectionSendInfo,
  type SMTPEnvelopeDsn,
} from 'nodemailer/lib/smtp-connection';
import { errorFrom } from '../../files/file-error.ts';
import { BrokenInvariant, Reason, Stopped } from '../../files/program-error.ts';
import { Deadline, livingTimer } from '../../time/deadline.ts';
import type { TrustOptions } from '../../trust/server-trust.ts';
import type { ConnectionPlan } from '../connection-plan.ts';
import type { NameLookups } from '../name-lookups.ts';
import type { SecretText } from '../secret-text.ts';
import type { Asked } from './asked.ts';
import { Dialog, type DialogLine } from './dialog.ts';
import { chooseMechanism, NotOffered, needsOf, type Offer, readOffer, requireOffered } from './offer.ts';
import { openSocket } from './open-socket.ts';
import { SessionError, Silence } from './session-error.ts';

export interface SessionOptions {
  readonly plan: ConnectionPlan;
  readonly secrets: SecretText;
  /** Returns the TLS options; undefined without TLS. Rejects with TrustError. */
  readonly tls: () => Promise<TrustOptions | undefined>;
  readonly lookups: NameLookups;
  /** Returns the milliseconds of a monotonic clock. */
  readonly clockMs: () => number;
  /** Called with every line of the dialog. */
  readonly hear?: (line: DialogLine) => void;
  /** Closes the connection at once. */
  readonly signal?: AbortSignal | undefined;
}

export interface Patience {
  /** Time limit of a step, in milliseconds. */
  readonly stepMs: number;
  /** Called with the pending request; undefined for none. */
  readonly waits?: ((asked: Asked | undefined) => void) | undefined;
}

/** A message on the wire. */
export interface WireMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body, with CRLF. */
  readonly content: Buffer;
  readonly reports?: SMTPEnvelopeDsn | undefined;
}

export type SendInfo = Omit<SMTPConnectionSendInfo, 'rejectedErrors'> & {
  /** One for each refused recipient. */
  readonly refusals: readonly SessionError[];
};

/**
 * Maximum size of a reply, in octets. RFC 5321 §4.5.3.1.5 has lines of 512, and an EHLO reply has some dozen
 * lines.
 */
const REPLY_OCTETS_MAX = 64 * 1024;
const LATER_MS = 5000;
const PIECE_OCTETS = 64 * 1024;

/** One connection to a mail server. */
export class SmtpSession {
  /** Time limits; may be set before each step. */
  patience: Patience;
  readonly #options: SessionOptions;
  readonly #dialog: Dialog;
  readonly #ended = Promise.withResolvers<void>();
  #connection: SMTPConnection | undefined;
  #hasEnded = false;
  #isStopped = false;
  /** Current purpose, when no request is pending. */
  #asked: Asked = 'connection';
  #sender: string | undefined;
  #deadline: Deadline | undefined;
  /** Ends the current step. */
  #reject: ((error: Error) => void) | undefined;

  constructor(options: SessionOptions, patience: Patience) {
    this.#options = options;
    this.patience = patience;
    const { plan, secrets, clockMs, hear = () => {}, signal } = options;
    const moved = (asked: Asked | undefined) => this.#moved(asked);
    this.#dialog = new Dialog({ beginsWithTls: plan.encryption === 'tls', secrets, clockMs, hear, moved });
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** Resolves when the connection is closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get socket(): Socket | undefined {
    return this.#connection?._socket || undefined;
  }

  get tlsSocket(): TLSSocket | undefined {
    const { socket } = this;
    return socket !== undefined && 'getPeerX509Certificate' in socket ? (socket as TLSSocket) : undefined;
  }

  get offer(): Offer {
    return readOffer(this.#dialog.offered);
  }

  /** Connects up to the EHLO reply, within TLS if planned. Rejects with SessionError. */
  async connect(): Promise<void> {
    const { plan, lookups, tls, signal } = this.#options;
    const { waits } = this.patience;
    try {
      const tlsOptions = await tls();
      waits?.('connection');
      const socket = await openSocket(plan, lookups, signal);
      if (this.#isStopped) throw signal?.reason;
      this.#begin(socket, tlsOptions);
      waits?.(this.#dialog.asked);
    } catch (error) {
      this.#end();
      throw this.#errorOf(error);
    }
    await this.#do((done) => this.#connection?.connect((error) => done(error)));
    if (plan.encryption === 'start-tls' && this.tlsSocket === undefined) throw this.#errorOf(noStartTls());
  }

  /** Logs in with an offered mechanism; does nothing if the plan has no login. Rejects with SessionError. */
  async logIn(): Promise<void> {
    const { login } = this.#options.plan;
    if (login === undefined) return;
    const { user, password } = login;
    this.#beginTo('AUTH');
    try {
      const method = chooseMechanism(this.offer, login, this.tlsSocket !== undefined);
      const auth = { user, pass: password.reveal(), method };
      await this.#do((done) => this.#connection?.login(auth, done));
    } catch (error) {
      throw this.#errorOf(error);
    }
  }

  /**
   * Sends a message. Rejects with SessionError; if all recipients were refused, `refusals` has one error for
   * each.
   */
  async send({ from, to, content, reports }: WireMessage): Promise<SendInfo> {
    this.#beginTo('MAIL');
    this.#sender = from;
    const wire = new Map(to.map((address) => [onTheWire(address), address]));
    const back = (addresses: readonly string[]) => addresses.map((one) => wire.get(one) ?? one);
    const sender = onTheWire(from);
    const needs = needsOf([sender, ...wire.keys()], content);
    let forget = () => {};
    try {
      requireOffered(needs, this.offer);
      if (needs.hasUtf8Header && needs.utf8Addresses.length === 0 && this.#connection !== undefined)
        forget = askForUtf8(this.#connection);
      const envelope = {
        from: sender,
        to: [...wire.keys()],
        size: needs.octets,
        use8BitMime: needs.is8Bit,
        ...(reports === undefined ? {} : { dsn: reports }),
      };
      const pieces = Readable.from(piecesOf(content), { objectMode: false });
      pieces.once('end', () => this.#dialog.messageEnds());
      const { rejectedErrors = [], ...info } = await this.#do<SMTPConnectionSendInfo>((done) =>
        this.#connection?.send(envelope, pieces, done),
      );
      const refusals = this.#refusalsOf(rejectedErrors, wire);
      return { ...info, accepted: back(info.accepted), rejected: back(info.rejected), refusals };
    } catch (error) {
      throw this.#allRefused(error, wire) ?? this.#errorOf(error);
    } finally {
      forget();
    }
  }

  /** Resets the connection after a refused message. */
  async reset(): Promise<void> {
    await this.#do((done) => this.#connection?.reset(done));
  }

  /** Sends QUIT. Nothing may be in progress. */
  quit(): void {
    if (this.#connection === undefined || this.#hasEnded) this.#end();
    else this.#connection.quit();
  }

  /** Closes the connection. Work in progress fails. */
  close(): void {
    this.#reject?.(new Reason('the connection was closed here'));
    this.#connection?.close();
    this.#end();
  }

  readonly #stop = () => {
    this.#isStopped = true;
    const { signal } = this.#options;
    this.#reject?.(signal?.reason instanceof Error ? signal.reason : new Stopped('it was stopped'));
    this.#connection?.close();
    this.socket?.destroy();
    this.#end();
  };

  #beginTo(asked: Asked): void {
    this.#asked = asked;
    this.#dialog.begin();
  }

  #begin(socket: Socket, tls: TrustOptions | undefined): void {
    const { plan } = this.#options;
    const { host, port, encryption, clientName } = plan;
    const connection = new SMTPConnection({
      host,
      port,
      connection: socket,
      secure: encryption === 'tls',
      // Requires STARTTLS if it is offered; otherwise nothing more is sent.
      ignoreTLS: encryption === 'none',
      ...(clientName === undefined ? {} : { name: clientName }),
      connectionTimeout: plan.connectionTimeoutMs,
      greetingTimeout: this.#laterThanStep(plan.greetingTimeoutMs),
      socketTimeout: this.#laterThanStep(plan.socketTimeoutMs),
      maxResponseSize: REPLY_OCTETS_MAX,
      logger: this.#dialog,
      transactionLog: true,
      ...(tls === undefined ? {} : { tls }),
    });
    this.#connection = connection;
    this.#asked = 'greeting';
    connection.on('error', (error) => this.#reject?.(error));
    connection.once('end', () => {
      this.#reject?.(new Reason('the other side closed it'));
      this.#end();
    });
  }

  /** Two limits of equal length would end a step by either of them: the one of the step says how long it was. */
  #laterThanStep(limitMs: number): number {
    return limitMs < this.patience.stepMs ? limitMs : limitMs + LATER_MS;
  }

  #end(): void {
    this.#hasEnded = true;
    this.#options.signal?.removeEventListener('abort', this.#stop);
    this.patience.waits?.(undefined);
    this.#ended.resolve();
  }

  /**
   * Runs one step, or several that nodemailer combines. Each reply has its own time limit. Rejects with
   * SessionError.
   */
  async #do<T>(work: (done: (error?: Error | null, result?: T) => void) => void): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        if (this.#hasEnded) reject(new Reason('the other side closed it'));
        this.#limitStep();
        work((error, result) => (error ? reject(error) : resolve(result as T)));
      });
    } catch (error) {
      throw this.#errorOf(error);
    } finally {
      this.#deadline?.close();
      this.#deadline = this.#reject = undefined;
      this.patience.waits?.(undefined);
    }
  }

  #moved(asked: Asked | undefined): void {
    if (this.#reject === undefined) return;
    if (this.#deadline !== undefined) this.#limitStep();
    if (asked !== undefined) this.patience.waits?.(asked);
  }

  #limitStep(): void {
    this.#deadline?.close();
    const { stepMs } = this.patience;
    // While a message is sent, only the socket knows the progress.
    if (this.#dialog.asked === 'content') return;
    const missed = () => {
      const reject = this.#reject;
      const error = this.#errorOf(new Silence(stepMs));
      reject?.(error);
      this.close();
    };
    this.#deadline = new Deadline(stepMs, missed, livingTimer);
    this.#deadline.begin();
  }

  #errorOf(error: unknown): SessionError {
    if (error instanceof SessionError) return error;
    const cause = errorFrom(error);
    const hasDialog = this.#connection !== undefined && !(cause instanceof NotOffered);
    const asked = (hasDialog ? this.#dialog.asked : undefined) ?? this.#asked;
    const clientName = this.#connection?.name ?? '';
    return new SessionError(cause, { asked, clientName, sender: this.#sender });
  }

  #refusalsOf(errors: readonly Error[], wire: ReadonlyMap<string, string>): readonly SessionError[] {
    return errors.map((error) => {
      const recipient = 'recipient' in error ? String(error.recipient) : '';
      return this.#errorOf(Object.assign(error, { recipient: wire.get(recipient) ?? recipient }));
    });
  }

  /** Returns an error for each recipient if all were refused. */
  #allRefused(error: unknown, wire: ReadonlyMap<string, string>): AllRefused | undefined {
    if (!(error instanceof SessionError) || !('rejectedErrors' in error.cause)) return undefined;
    const { rejectedErrors } = error.cause;
    if (!Array.isArray(rejectedErrors)) return undefined;
    return new AllRefused(error, this.#refusalsOf(rejectedErrors, wire));
  }
}

/** Reports that all recipients were refused. */
export class AllRefused extends SessionError {
  readonly refusals: readonly SessionError[];

  constructor(error: SessionError, refusals: readonly SessionError[]) {
    super(error.cause, error);
    this.refusals = refusals;
  }
}

function noStartTls(): NotOffered {
  const advice =
    'Use the port where it does, or use-ssl with a port for implicit TLS (often 465); something between may also take the offer away.';
  return new NotOffered('tls', 'does not offer STARTTLS on this port', advice);
}

/** Returns an address with its domain in ASCII (RFC 5891), which every mail server accepts. */
function onTheWire(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^[\0-\x7f]*$/.test(domain)) return address;
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}

/** Splits the content in small pieces, to know whether its end was sent when the connection is lost. */
function* piecesOf(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += PIECE_OCTETS) yield content.subarray(at, at + PIECE_OCTETS);
}

const SEND = '_sendCommand';
const MAIL = /^MAIL FROM:<[^>]*>/;

/**
 * Adds SMTPUTF8 to the MAIL commands of a connection until the returned function is called. Throws where that is impossible.
 * A message with a UTF-8 header and ASCII addresses needs it (RFC 6531 §3.4); nodemailer asks for it by the addresses only.
 */
function askForUtf8(connection: SMTPConnection): () => void {
  const send: unknown = Reflect.get(connection, SEND);
  if (typeof send !== 'function')
    throw new BrokenInvariant('The version of nodemailer cannot ask for SMTPUTF8.');
  Reflect.set(connection, SEND, (line: string, shown?: string) =>
    Reflect.apply(send, connection, [line.replace(MAIL, '$& SMTPUTF8'), shown]),
  );
  return () => void Reflect.deleteProperty(connection, SEND);
}
