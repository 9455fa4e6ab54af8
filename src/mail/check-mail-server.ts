// Finds out whether a mail server can be used: connects, makes TLS, logs in, sends nothing. A connection of its own that
// no message uses. What is not believed is told with its whole chain, and is never logged in to.

import { chainOf } from '../trust/peer-chain.ts';
import type { ServerTrust } from '../trust/server-trust.ts';
import type { ConnectionPlan } from './connection-plan.ts';
import type { NameLookups } from './name-lookups.ts';
import type { SecretText } from './secret-text.ts';
import type { Asked, Step } from './smtp/asked.ts';
import type { DialogLine } from './smtp/dialog.ts';
import { describeFailure, type MailFailure } from './smtp/failure.ts';
import { type Patience, SmtpSession } from './smtp/smtp-session.ts';
import { refusalBy } from './transport.ts';

const NAME_CHARACTERS_MAX = 500;

export interface CheckedStep {
  readonly step: Step;
  readonly ms: number;
}

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SHA-256, hexadecimal with colons. */
  readonly fingerprint: string;
}

export interface MailServerCheck {
  /** `mail.example.com:587`. */
  readonly server: string;
  /** Those that were done, in order. */
  readonly steps: readonly CheckedStep[];
  /** `TLSv1.3`; undefined without TLS. */
  readonly protocol: string | undefined;
  readonly cipher: string | undefined;
  /** The mail server's own certificate first. */
  readonly chain: readonly CertificateFacts[];
  /** The lines of the last reply to EHLO, less the server's name. */
  readonly capabilities: readonly string[];
  /** Undefined when all went well. */
  readonly failure: MailFailure | undefined;
}

export interface CheckOptions {
  readonly plan: ConnectionPlan;
  readonly secrets: SecretText;
  readonly trust: () => ServerTrust;
  readonly clockMs: () => number;
  readonly lookups: NameLookups;
  /** Ends the check before its end. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is waited for; undefined: nothing any more. */
  readonly waits?: Patience['waits'];
}

/** Never throws. */
export async function checkMailServer(options: CheckOptions): Promise<MailServerCheck> {
  return new Check(options).run();
}

class Check {
  readonly #options: CheckOptions;
  readonly #session: SmtpSession;
  readonly #steps: CheckedStep[] = [];
  readonly #lines: DialogLine[] = [];
  #startedMs: number;
  /** Taken once: the runtime gives it away the first time it is asked. */
  #chain: ReturnType<typeof chainOf> | undefined;
  /** What TLS said against the certificate: the connection is looked at, and then given up. */
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

  /** As for sending, but a certificate that is not believed does not end the connection: it is to be shown. */
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
    return Object.assign(new Error(code), { code });
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

  /** A step that has two parts, such as the greeting before and after STARTTLS, is one. */
  #done(step: Step): void {
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

/** In one line; whoever sends a certificate may write into it what he likes. */
function nameOf(text: string | undefined): string {
  return (text ?? '')
    .replaceAll('\n', ', ')
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, NAME_CHARACTERS_MAX);
}
