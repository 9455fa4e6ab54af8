// Explains to administrators why a mail server failed: at which step, and what to change.

import { errorFrom } from '../../files/file-error.ts';
import { CertificateRefusal } from '../../trust/certificate-refusal.ts';
import type { TrustError } from '../../trust/trust-error.ts';
import type { ConnectionPlan } from '../connection-plan.ts';
import type { SecretText } from '../secret-text.ts';
import { type Asked, type SmtpStep, stepOf, wordsFor } from './asked.ts';
import { NotOffered } from './offer.ts';
import { findRefusal, parseReply } from './refusals/find-refusal.ts';
import { findHandshakeRefusal } from './refusals/of-handshakes.ts';
import type { Condition, Refusal } from './refusals/refusal.ts';
import { SessionError, Silence } from './session-error.ts';

export interface MailFailure {
  readonly step: SmtpStep;
  /** Reply code of the mail server, such as 535, if it replied. */
  readonly replyCode: number | undefined;
  /** Sentence: the problem. */
  readonly problem: string;
  /** Sentences: what to change; empty if there is nothing. */
  readonly advice: string;
  /** True if the same message would always be refused here, so that it is not tried again. */
  readonly isFinal: boolean;
  /** True if the mail server does not support what the message needs. Another one may. */
  readonly isNotOffered: boolean;
  /** True if the message may have been accepted: it was sent and no reply arrived. SMTP cannot tell. */
  readonly isUnclear: boolean;
}

export interface FailureContext {
  readonly plan: ConnectionPlan;
  readonly secrets: SecretText;
  /** The refusal of the certificate, if that was the reason. */
  readonly refusal: TrustError | undefined;
}

/** Returns the explanation of an error of a session. */
export function describeFailure(error: unknown, context: FailureContext): MailFailure {
  const failed =
    error instanceof SessionError
      ? error
      : new SessionError(errorFrom(error), {
          asked: 'connection',
          clientName: '',
        });
  const base = { replyCode: undefined, isFinal: false, isNotOffered: false, isUnclear: failed.isUnclear };
  const { refusal } = context;
  if (refusal !== undefined) {
    return { ...base, step: 'tls', ...refusalWords(refusal, context.plan) };
  }
  const { cause } = failed;
  if (cause instanceof NotOffered) {
    const { concerns, means, advice } = cause;
    const problem = `${serverOf(context.plan)} ${context.secrets.hide(means)}.`;
    return { ...base, step: concerns, problem, advice, isNotOffered: concerns === 'message' };
  }
  const told = failed.isUnclear || failed.reply === undefined ? lost(failed, context) : undefined;
  return told === undefined ? refused(failed, context) : { ...base, ...told };
}

function refusalWords(refusal: TrustError, { host }: ConnectionPlan) {
  if (refusal instanceof CertificateRefusal) {
    const { problem, advice, isAboutNameOnly } = refusal;
    return {
      problem,
      advice: isAboutNameOnly ? `${advice} The name is that in smtp-server (now ${host}).` : advice,
    };
  }
  return { problem: refusal.message, advice: 'Check the trust-manager-provider of the mail server.' };
}

type Told = Pick<MailFailure, 'step' | 'problem' | 'advice'> & Partial<MailFailure>;

/** Explains a lost connection after the message was sent. */
function lost(failed: SessionError, context: FailureContext): Told {
  const { plan, secrets } = context;
  const { asked, reply } = failed;
  const server = serverOf(plan);
  const reason = reasonOf(failed.cause, secrets);
  const step = stepOf(asked);
  if (failed.isUnclear) {
    const why =
      reply === undefined
        ? `the connection was lost after the message was sent and before it was answered (${reason})`
        : `the answer was "${secrets.hide(reply)}", which says neither`;
    return {
      step,
      problem: `It is not known whether the message was accepted by ${server}: ${why}.`,
      advice: 'See whether it arrives before it is sent again.',
    };
  }
  const handshake = BEFORE_LOGIN.has(asked)
    ? findHandshakeRefusal(openSslReason(failed.cause), plan)
    : undefined;
  if (handshake !== undefined) {
    const problem = `No TLS with ${server}: ${handshake.means}.`;
    return { step: 'tls', problem, advice: handshake.advice || handshakeAdvice(plan) };
  }
  switch (asked) {
    case 'connection':
      return {
        step,
        problem: `No connection to ${plan.proxy === undefined ? server : `${server} through the proxy ${plan.proxy.host}:${plan.proxy.port}`}: ${reason}.`,
        advice: `Check smtp-server (now ${server}), that the mail server runs, and that no firewall is in between.`,
      };
    case 'handshake':
      return { step, problem: `No TLS with ${server}: ${reason}.`, advice: handshakeAdvice(plan) };
    case 'greeting':
      return {
        step,
        problem: `${server} does not greet as a mail server does: ${reason}.`,
        advice: silentAdvice(plan),
      };
    case 'STARTTLS':
      return {
        step,
        problem: `No TLS with ${server}: there is no whole answer to STARTTLS, ${reason}.`,
        advice: 'Something between may be at fault, or the mail server is.',
      };
    default: {
      const isLocal = isRefusedHere(failed.cause);
      const problem = isLocal
        ? `The message cannot be sent through ${server}: ${reason}.`
        : `The connection to ${server} was lost while it was waited for ${wordsFor(asked)}: ${reason}.`;
      return {
        step,
        problem,
        advice: isLocal ? 'Change the addresses of the message.' : 'The log of the mail server may say why.',
        isFinal: isLocal,
      };
    }
  }
}

function refused(failed: SessionError, { plan, secrets }: FailureContext): MailFailure {
  const { asked, reply = '' } = failed;
  const said = secrets.hide(reply);
  const parsed = parseReply(said);
  const found = findRefusal(asked, parsed, (condition) => holds(condition, plan));
  const step = found?.concerns ?? stepOfRefusal(failed);
  const isPermanent = parsed.code >= 500 && parsed.code !== 503;
  return {
    step,
    replyCode: parsed.code === 0 ? undefined : parsed.code,
    problem: `${serverOf(plan)} ${words(found?.means ?? 'refuses {command}', failed, plan)}; it said "${said}".`,
    advice: found?.advice ?? 'The log of the mail server may say why.',
    isFinal: step === 'message' && (found?.isFinal ?? isPermanent),
    isNotOffered: false,
    isUnclear: false,
  };
}

/** Returns the step of a refusal. The reply has arrived, so nothing is pending. */
function stepOfRefusal({ asked }: SessionError): SmtpStep {
  return asked === 'message' ? 'message' : stepOf(asked);
}

function holds(condition: Condition, { login, encryption }: ConnectionPlan): boolean {
  switch (condition) {
    case 'login':
      return login !== undefined;
    case 'no login':
      return login === undefined;
    case 'clear':
      return encryption === 'none' || encryption === 'start-tls-if-offered';
    case 'tls':
      return encryption === 'tls';
  }
}

function words(means: Refusal['means'], failed: SessionError, { login }: ConnectionPlan): string {
  const { asked, clientName, sender, recipient } = failed;
  const values: Readonly<Record<string, string | undefined>> = {
    name: clientName,
    command: /^HELO/.test(failed.command) ? 'HELO' : asked,
    user: login?.user ?? 'this server',
    sender: sender === '' ? '<>' : sender,
    address: recipient ?? 'a recipient',
  };
  return means.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name);
}

function serverOf({ host, port }: ConnectionPlan): string {
  return `${host}:${port}`;
}

function silentAdvice({ encryption, port }: ConnectionPlan): string {
  return encryption === 'tls'
    ? 'Check the port in smtp-server.'
    : `Check the port in smtp-server; where ${port} is a port for implicit TLS (RFC 8314), set use-ssl to true and use-start-tls to false.`;
}

function handshakeAdvice({ encryption }: ConnectionPlan): string {
  return encryption === 'tls'
    ? 'Where the port is one for STARTTLS, set use-ssl to false and use-start-tls to true; 465 is the usual port of implicit TLS.'
    : 'Check which versions of TLS and which cipher suites the mail server offers, and ssl.protocols and ssl.ciphersuites in smtp-property.';
}

/** With TLS 1.3 the alert of a mail server may come when the handshake is over on this side. */
const BEFORE_LOGIN: ReadonlySet<Asked> = new Set(['connection', 'handshake', 'greeting', 'EHLO', 'STARTTLS']);

function openSslReason(error: Error): unknown {
  return 'reason' in error ? error.reason : undefined;
}

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'nothing listens on that port'],
  ['ECONNECTION', 'the other side closed it'],
  ['ECONNRESET', 'the other side closed it'],
  ['ENOTFOUND', 'the name cannot be resolved'],
  ['EAI_AGAIN', 'the name cannot be resolved now'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no route to its network'],
  ['EADDRNOTAVAIL', 'this machine does not have the address of mail.smtp.localaddress'],
  ['EPIPE', 'the other side closed it'],
]);

/** Returns true if nodemailer itself refused the message before sending a command. */
function isRefusedHere(error: Error): boolean {
  return 'code' in error && (error.code === 'EENVELOPE' || error.code === 'EMESSAGE');
}

function reasonOf(error: Error, secrets: SecretText): string {
  if (error instanceof Silence) return error.message;
  const facts = new Map<string, unknown>(Object.entries(error));
  const known = REASONS.get(facts.get('originalCode')) ?? REASONS.get(facts.get('code'));
  if (known !== undefined) return known;
  const timeout = facts.get('timeoutType');
  if (timeout === 'GREETING_TIMEOUT' || timeout === 'SOCKET_TIMEOUT') return 'nothing came in time';
  if (timeout !== undefined) return 'it took too long';
  const reason = facts.get('reason');
  if (typeof reason === 'string') return reason;
  return secrets.hide(error.message).replace(/\.$/, '');
}
