// One connection to a mail server: connected, greeted, encrypted and logged in as the plan says, and then used for one
// message after the other. Nothing is asked for that the mail server does not offer, and each step has its time. SMTP
// itself is spoken by nodemailer.

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { domainToASCII } from 'node:url';
import SMTPConnection, {
  type SMTPConnectionSendInfo,
  type SMTPEnvelopeDsn,
} from 'nodemailer/lib/smtp-connection';
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
  /** For the TLS of this connection; undefined without. Rejects with TrustError. */
  readonly tls: () => Promise<TrustOptions | undefined>;
  readonly lookups: NameLookups;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs: () => number;
  /** Hears what is said. */
  readonly hear?: (line: DialogLine) => void;
  /** Ends the connection at once. */
  readonly signal?: AbortSignal | undefined;
}

export interface Patience {
  /** How long a step may take. */
  readonly stepMs: number;
  /** Told what is waited for; undefined: nothing any more. */
  readonly waits?: ((asked: Asked | undefined) => void) | undefined;
}

/** A message as it goes over the wire. */
export interface WireMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body, with CRLF. */
  readonly content: Buffer;
  readonly reports?: SMTPEnvelopeDsn | undefined;
}

export type SendInfo = Omit<SMTPConnectionSendInfo, 'rejectedErrors'> & {
  /** One for each address that was refused. */
  readonly refusals: readonly SessionError[];
};

/** RFC 5321 §4.5.3.1.5 knows lines of 512; a reply to EHLO has some dozen of them. */
const REPLY_OCTETS_MAX = 64 * 1024;
const PIECE_OCTETS = 64 * 1024;

export class SmtpSession {
  /** May be set before each step. */
  patience: Patience;
  readonly #options: SessionOptions;
  readonly #dialog: Dialog;
  readonly #ended = Promise.withResolvers<void>();
  #connection: SMTPConnection | undefined;
  #hasEnded = false;
  #isStopped = false;
  /** What it is used for, where nothing is being asked for. */
  #asked: Asked = 'connection';
  #sender: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Ends the step under way. */
  #reject: ((error: Error) => void) | undefined;

  constructor(options: SessionOptions, patience: Patience) {
    this.#options = options;
    this.patience = patience;
    const { plan, secrets, clockMs, hear = () => {}, signal } = options;
    const moved = (asked: Asked | undefined) => this.#moved(asked);
    this.#dialog = new Dialog({ beginsWithTls: plan.encryption === 'tls', secrets, clockMs, hear, moved });
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** Resolves when the connection is over. */
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

  /** Connects, and goes as far as the answer to EHLO, within TLS where the plan says so. Rejects with SessionError. */
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

  /** Logs in by a mechanism that is offered; does nothing where the plan has no login. Rejects with SessionError. */
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

  /** Rejects with SessionError: `refusals` of it has one for each address when all were refused. */
  async send({ from, to, content, reports }: WireMessage): Promise<SendInfo> {
    this.#beginTo('MAIL');
    this.#sender = from;
    const wire = new Map(to.map((address) => [onTheWire(address), address]));
    const back = (addresses: readonly string[]) => addresses.map((one) => wire.get(one) ?? one);
    const sender = onTheWire(from);
    const needs = needsOf([sender, ...wire.keys()], content);
    try {
      requireOffered(needs, this.offer);
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
    }
  }

  /** Makes it ready for the next message after one that was refused. */
  async reset(): Promise<void> {
    await this.#do((done) => this.#connection?.reset(done));
  }

  /** Says goodbye. Nothing may be under way. */
  quit(): void {
    if (this.#connection === undefined || this.#hasEnded) this.#end();
    else this.#connection.quit();
  }

  /** Ends the connection. What is under way fails. */
  close(): void {
    this.#reject?.(new Error('the connection was closed here'));
    this.#connection?.close();
    this.#end();
  }

  readonly #stop = () => {
    this.#isStopped = true;
    const { signal } = this.#options;
    this.#reject?.(signal?.reason instanceof Error ? signal.reason : new Error('it was stopped'));
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
      // It asks for STARTTLS where that is offered; where it is not, nothing more is said.
      ignoreTLS: encryption === 'none',
      ...(clientName === undefined ? {} : { name: clientName }),
      connectionTimeout: plan.connectionTimeoutMs,
      greetingTimeout: plan.greetingTimeoutMs,
      socketTimeout: plan.socketTimeoutMs,
      maxResponseSize: REPLY_OCTETS_MAX,
      logger: this.#dialog,
      transactionLog: true,
      ...(tls === undefined ? {} : { tls }),
    });
    this.#connection = connection;
    this.#asked = 'greeting';
    connection.on('error', (error) => this.#reject?.(error));
    connection.once('end', () => {
      this.#reject?.(new Error('the other side closed it'));
      this.#end();
    });
  }

  #end(): void {
    this.#hasEnded = true;
    this.#options.signal?.removeEventListener('abort', this.#stop);
    this.patience.waits?.(undefined);
    this.#ended.resolve();
  }

  /** One step, or several that nodemailer makes one of: each answer has its own time. Rejects with SessionError. */
  async #do<T>(work: (done: (error?: Error | null, result?: T) => void) => void): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        if (this.#hasEnded) reject(new Error('the other side closed it'));
        this.#startTimer();
        work((error, result) => (error ? reject(error) : resolve(result as T)));
      });
    } catch (error) {
      throw this.#errorOf(error);
    } finally {
      clearTimeout(this.#timer);
      this.#timer = this.#reject = undefined;
      this.patience.waits?.(undefined);
    }
  }

  #moved(asked: Asked | undefined): void {
    if (this.#reject === undefined) return;
    if (this.#timer !== undefined) this.#startTimer();
    if (asked !== undefined) this.patience.waits?.(asked);
  }

  #startTimer(): void {
    clearTimeout(this.#timer);
    const { stepMs } = this.patience;
    // While a message goes out, only the socket knows whether it moves.
    if (this.#dialog.asked === 'content') return;
    this.#timer = setTimeout(() => {
      const reject = this.#reject;
      const error = this.#errorOf(new Silence(stepMs));
      reject?.(error);
      this.close();
    }, stepMs);
  }

  #errorOf(error: unknown): SessionError {
    if (error instanceof SessionError) return error;
    const cause = error instanceof Error ? error : new Error(String(error));
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

  /** When every address was refused, each has an answer of its own. */
  #allRefused(error: unknown, wire: ReadonlyMap<string, string>): AllRefused | undefined {
    if (!(error instanceof SessionError) || !('rejectedErrors' in error.cause)) return undefined;
    const { rejectedErrors } = error.cause;
    if (!Array.isArray(rejectedErrors)) return undefined;
    return new AllRefused(error, this.#refusalsOf(rejectedErrors, wire));
  }
}

/** Every address was refused. */
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

/** Domains go over the wire in ASCII (RFC 5891); a mail server needs nothing for that. */
function onTheWire(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^[\0-\x7f]*$/.test(domain)) return address;
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}

/** Small enough to know, when the connection is lost, whether the end of the message was among what went out. */
function* piecesOf(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += PIECE_OCTETS) yield content.subarray(at, at + PIECE_OCTETS);
}
