// Checks a mail server: connects, starts TLS, logs in, sends nothing. It uses its own connection. An untrusted
// certificate is reported with its whole chain, and the login is skipped.

import { CodedError } from '../files/program-error.ts';
import { chainOf } from '../trust/peer-chain.ts';
import type { ServerTrust } from '../trust/server-trust.ts';
import type { ConnectionPlan } from './connection-plan.ts';
import type { NameLookups } from './name-lookups.ts';
import type { SecretText } from './secret-text.ts';
import type { Asked, SmtpStep } from './smtp/asked.ts';
import type { DialogLine } from './smtp/dialog.ts';
import { describeFailure, type MailFailure } from './smtp/failure.ts';
import { type Patience, SmtpSession } from './smtp/smtp-session.ts';
import { refusalBy } from './transport.ts';

const NAME_CHARACTERS_MAX = 500;

export interface CheckedStep {
  readonly step: SmtpStep;
  readonly ms: number;
}

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SHA-256 fingerprint in hexadecimal with colons. */
  readonly fingerprint: string;
}

export interface MailServerCheck {
  /** Host and port: `mail.example.com:587`. */
  readonly server: string;
  /** Completed steps, in order. */
  readonly steps: readonly CheckedStep[];
  /** TLS version, `TLSv1.3`; undefined without TLS. */
  readonly protocol: string | undefined;
  readonly cipher: string | undefined;
  /** Certificates, the mail server's own first. */
  readonly chain: readonly CertificateFacts[];
  /** Lines of the last EHLO reply, without the server's name. */
  readonly capabilities: readonly string[];
  /** Undefined if the check succeeded. */
  readonly failure: MailFailure | undefined;
}

export interface CheckOptions {
  readonly plan: ConnectionPlan;
  readonly secrets: SecretText;
  readonly trust: () => ServerTrust;
  readonly clockMs: () => number;
  readonly lookups: NameLookups;
  /** Aborts the check. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what the check waits for; undefined when it waits no longer. */
  readonly waits?: Patience['waits'];
}

/** Checks a mail server and returns the result. Never throws. */
export async function checkMailServer(options: CheckOptions): Promise<MailServerCheck> {
  return new Check(options).run();
}

class Check {
  readonly #options: CheckOptions;
  readonly #session: SmtpSession;
  readonly #steps: CheckedStep[] = [];
  readonly #lines: DialogLine[] = [];
  #startedMs: number;
  /** Chain, read once: the runtime returns it only the first time. */
  #chain: ReturnType<typeof chainOf> | undefined;
  /** Error of the certificate check. The chain is read before the connection is closed. */
  #doubt: Error | undefined;

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#startedMs = options.clockMs();
    const { plan, secrets, lookups, clockMs, signal, waits = () => {} } = options;
    const world = { plan, secrets, lookups, clockMs, signal };
    const hear = (line: DialogLine) => this.#hear(line);
    const moved = (asked: Asked | undefined) => {
      const isConnected = asked === 'handshake' || asked === 'greeting';
      if (isConnected && this.#steps.length === 0) this.#done('connect');
      waits(asked);
    };
    const tls = () => this.#tlsOptions();
    this.#session = new SmtpSession({ ...world, hear, tls }, { stepMs: plan.patienceMs, waits: moved });
  }

  async run(): Promise<MailServerCheck> {
    const { plan } = this.#options;
    const session = this.#session;
    let failure: MailFailure | undefined;
    try {
      await session.connect();
      this.#done('greeting');
      const doubt = this.#currentDoubt();
      if (doubt !== undefined) throw doubt;
      await session.logIn();
      if (plan.login !== undefined) this.#done('login');
    } catch (error) {
      failure = await this.#describe(error);
    }
    const socket = session.tlsSocket;
    const facts = {
      server: `${plan.host}:${plan.port}`,
      steps: this.#steps,
      protocol: socket?.getProtocol() ?? undefined,
      cipher: socket?.getCipher()?.standardName,
      chain: this.#takeChain().map(factsOf),
      capabilities: session.offer.lines.map((line) => this.#options.secrets.hide(line)),
      failure,
    };
    if (failure === undefined) session.quit();
    else session.close();
    return facts;
  }

  /**
   * Returns the TLS options for sending, except that an untrusted certificate does not end the connection: its
   * chain is reported.
   */
  async #tlsOptions() {
    const { plan, trust } = this.#options;
    if (plan.encryption === 'none') return undefined;
    const options = await trust().optionsFor(plan, plan.tls);
    const check = options.checkServerIdentity;
    return {
      ...options,
      rejectUnauthorized: false,
      checkServerIdentity: (...named: Parameters<typeof check>) => {
        this.#doubt = check(...named);
        return this.#doubt;
      },
    };
  }

  #currentDoubt(): Error | undefined {
    const socket = this.#session.tlsSocket;
    if (socket === undefined || socket.authorized || this.#options.trust().isBlind) return this.#doubt;
    if (this.#doubt !== undefined) return this.#doubt;
    const code = String(socket.authorizationError);
    return new CodedError(code);
  }

  #hear(line: DialogLine): void {
    this.#lines.push(line);
    const isFirst = this.#lines.length === 1;
    const { encryption } = this.#options.plan;
    if (isFirst && encryption === 'tls') this.#done('tls');
    if (line.by !== 'client') return;
    if (line.text === 'STARTTLS') this.#done('greeting');
    const before = this.#lines.findLast(({ by }, at) => by === 'client' && at < this.#lines.length - 1);
    if (before?.text === 'STARTTLS') this.#done('tls');
  }

  /** Records a completed step. The greetings before and after STARTTLS are one step. */
  #done(step: SmtpStep): void {
    const now = this.#options.clockMs();
    const at = this.#steps.findIndex((one) => one.step === step);
    const ms = Math.round((now - this.#startedMs + (this.#steps[at]?.ms ?? 0)) * 10) / 10;
    if (at < 0) this.#steps.push({ step, ms });
    else this.#steps[at] = { step, ms };
    this.#startedMs = now;
  }

  #takeChain(): ReturnType<typeof chainOf> {
    const socket = this.#session.tlsSocket;
    if (socket !== undefined) this.#chain ??= chainOf(socket);
    return this.#chain ?? [];
  }

  async #describe(error: unknown): Promise<MailFailure> {
    const { plan, secrets, trust } = this.#options;
    const chain = this.#takeChain();
    const refusal = plan.encryption === 'none' ? undefined : await refusalBy(trust, error, plan, chain);
    return describeFailure(error, { plan, secrets, refusal });
  }
}

function factsOf(certificate: ReturnType<typeof chainOf>[number]): CertificateFacts {
  const { subject, issuer, validFromDate, validToDate, fingerprint256 } = certificate;
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    validFrom: validFromDate,
    validTo: validToDate,
    fingerprint: fingerprint256,
  };
}

/** Returns a name on one line. The sender of a certificate controls its content. */
function nameOf(text: string | undefined): string {
  return (text ?? '')
    .replaceAll('\n', ', ')
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, NAME_CHARACTERS_MAX);
}
