// Why something did not work with a mail server: at which step, in words for administrators, with what to change.

import type { TrustError } from '../trust/trust-error.ts';
import type { ConnectionPlan } from './connection-plan.ts';
import type { Step } from './dialog.ts';
import type { SecretText } from './secret-text.ts';

export interface MailFailure {
  readonly step: Step;
  /** The reply of the mail server, if it gave one: 535. */
  readonly replyCode: number | undefined;
  /** A sentence. */
  readonly problem: string;
  /** What to change: a sentence; empty when there is nothing to change. */
  readonly advice: string;
  /** Whether the same message would be refused here again and again: nobody tries. */
  readonly isFinal: boolean;
  /** Whether the connection was lost when the message may have been accepted already. SMTP cannot tell. */
  readonly isUnclear: boolean;
}

/** What nodemailer and the system put on their errors. */
interface ErrorFacts {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
  readonly timeoutType?: unknown;
  /** OpenSSL's, without the places in its source. */
  readonly reason?: unknown;
}

export interface FailureContext {
  readonly plan: ConnectionPlan;
  readonly secrets: SecretText;
  /** How far the connection had got, where that is known. */
  readonly step: Step | undefined;
  /** Why the certificate was not believed, when that was the reason. */
  readonly refusal: TrustError | undefined;
}

/** They say what the login lacks, whatever command they answer. RFC 4954 §6. */
const LOGIN_REPLIES = new Set([530, 534, 535, 538]);
const BAD_SEQUENCE = 503;

export function describeFailure(error: unknown, context: FailureContext): MailFailure {
  const facts: ErrorFacts = factsOf(error);
  const replyCode = typeof facts.responseCode === 'number' ? facts.responseCode : undefined;
  const step = stepOf(facts, replyCode, context);
  const reply = typeof facts.response === 'string' ? context.secrets.hide(facts.response) : undefined;
  const isAboutMessage = facts.code === 'EENVELOPE' || facts.code === 'EMESSAGE';
  return {
    step,
    replyCode,
    ...wordsOf(step, { ...context, reply, replyCode, reason: reasonOf(error, facts, context) }),
    isFinal: isAboutMessage && step === 'message' && (replyCode === undefined || isPermanent(replyCode)),
    isUnclear: step === 'content' && replyCode === undefined,
  };
}

function factsOf(error: unknown): ErrorFacts {
  return error instanceof Error ? Object.fromEntries(Object.entries(error)) : {};
}

/** Whether a reply says that the same would be refused again. 503 speaks of the session, not of the message. */
function isPermanent(replyCode: number): boolean {
  return replyCode >= 500 && replyCode < 600 && replyCode !== BAD_SEQUENCE;
}

function stepOf(facts: ErrorFacts, replyCode: number | undefined, { step, refusal }: FailureContext): Step {
  if (refusal !== undefined || facts.code === 'ETLS') return 'tls';
  if (facts.code === 'EAUTH' || (replyCode !== undefined && LOGIN_REPLIES.has(replyCode))) return 'login';
  if (facts.code === 'EENVELOPE' || facts.code === 'EMESSAGE') return 'message';
  if (facts.timeoutType === 'UPGRADE_TIMEOUT') return 'tls';
  // Who closes the connection before its greeting makes no error of its own.
  return step ?? (facts.code === 'EPROTOCOL' || facts.code === 'ECONNECTION' ? 'greeting' : 'connect');
}

interface Words {
  readonly plan: ConnectionPlan;
  readonly reply: string | undefined;
  readonly replyCode: number | undefined;
  readonly reason: string;
  readonly refusal: TrustError | undefined;
}

function wordsOf(step: Step, words: Words): { readonly problem: string; readonly advice: string } {
  const { plan, reply, reason, refusal } = words;
  const server = `${plan.host}:${plan.port}`;
  const said = reply === undefined ? `: ${reason}` : `; it said "${reply}"`;
  switch (step) {
    case 'connect':
      return {
        problem: `No connection to ${plan.proxy === undefined ? server : `${server} through the proxy ${plan.proxy.host}:${plan.proxy.port}`}: ${reason}.`,
        advice: `Check smtp-server (now ${server}), that the mail server runs, and that no firewall is in between.`,
      };
    case 'greeting':
      return {
        problem: `${server} does not greet as a mail server does${said}.`,
        advice: greetingAdvice(plan),
      };
    case 'tls':
      return refusal === undefined
        ? { problem: `No TLS with ${server}${said}.`, advice: tlsAdvice(words) }
        : {
            problem: refusal.message,
            advice: 'Check trust-manager-provider and smtp-server of the mail server.',
          };
    case 'login':
      return { problem: `${server} does not let this server log in${said}.`, advice: loginAdvice(words) };
    case 'message':
      return { problem: `${server} does not take the message${said}.`, advice: messageAdvice(words) };
    case 'content':
      return {
        problem: `The connection to ${server} was lost before it was said whether the message was accepted: ${reason}.`,
        advice: '',
      };
  }
}

function greetingAdvice({ encryption, port }: ConnectionPlan): string {
  return encryption === 'tls'
    ? 'Check the port in smtp-server.'
    : `Check the port in smtp-server; where ${port} is a port for TLS from the first byte, set use-ssl to true and use-start-tls to false.`;
}

function tlsAdvice({ plan, replyCode }: Words): string {
  if (plan.encryption === 'tls') {
    return 'Where the port is one for STARTTLS, set use-ssl to false and use-start-tls to true; 465 is the usual port of TLS from the first byte.';
  }
  if (replyCode !== undefined && replyCode < 500)
    return 'The mail server cannot use TLS now; its own log says why.';
  return replyCode === undefined
    ? 'Check which versions of TLS and which cipher suites the mail server offers, and ssl.protocols and ssl.ciphersuites in smtp-property.'
    : 'The mail server does not offer STARTTLS on this port: use the port where it does, or use-ssl with a port for TLS from the first byte.';
}

function loginAdvice({ plan, replyCode }: Words): string {
  if (plan.login === undefined) return 'The mail server wants a login: set auth-username and auth-password.';
  return replyCode !== undefined && replyCode < 500
    ? 'The mail server cannot check logins now; try again later.'
    : 'Check auth-username and auth-password, and mail.smtp.auth.mechanisms in smtp-property where the mail server wants a certain way.';
}

function messageAdvice({ replyCode }: Words): string {
  return replyCode !== undefined && isPermanent(replyCode)
    ? 'Check the addresses of the message, and whether the mail server relays for this server.'
    : 'It is tried again later.';
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

function reasonOf(error: unknown, facts: ErrorFacts, { secrets }: FailureContext): string {
  const known = REASONS.get(facts.originalCode) ?? REASONS.get(facts.code);
  if (known !== undefined) return known;
  if (facts.timeoutType === 'GREETING_TIMEOUT' || facts.timeoutType === 'SOCKET_TIMEOUT')
    return 'nothing came in time';
  if (facts.timeoutType !== undefined) return 'it took too long';
  if (facts.reason === 'wrong version number') return 'what came back is not TLS';
  if (typeof facts.reason === 'string') return facts.reason;
  return secrets.hide(error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
