// The error of a connection to a mail server: the request that failed, around the error of nodemailer or the
// system.

import type { Asked } from './asked.ts';
import { NotOffered } from './offer.ts';

/** Reports a failed request to a mail server. */
export class SessionError extends Error {
  override readonly cause: Error;
  readonly asked: Asked;
  /** Reply of the mail server; undefined if there was none. */
  readonly reply: string | undefined;
  /** Command that nodemailer reports, such as `RCPT TO`. */
  readonly command: string;
  /** Name of this server in EHLO. */
  readonly clientName: string;
  readonly sender: string | undefined;
  readonly recipient: string | undefined;

  constructor(cause: Error, { asked, clientName, sender }: SessionErrorFacts) {
    super(cause.message, { cause });
    this.cause = cause;
    const facts = new Map(Object.entries(cause));
    const [response, command, code, recipient] = ['response', 'command', 'code', 'recipient'].map((name) =>
      facts.get(name),
    );
    this.reply = typeof response === 'string' && response !== '' ? response : undefined;
    this.command = String(command ?? '');
    this.asked = (this.reply === undefined ? undefined : answered(this.command, code)) ?? asked;
    this.clientName = clientName;
    this.sender = sender;
    this.recipient = typeof recipient === 'string' ? recipient : undefined;
  }

  /** True if the message may have been accepted: it was sent and no reply arrived (RFC 5321 §4.2.5). */
  get isUnclear(): boolean {
    return this.asked === 'message' && (this.reply === undefined || !/^[245]\d\d/.test(this.reply));
  }

  /** True if nothing was sent, because the mail server does not offer it. */
  get isNotOffered(): boolean {
    return this.cause instanceof NotOffered;
  }

  /** True if the connection was lost, rather than a request refused. */
  get isLost(): boolean {
    return (this.reply === undefined && !this.isNotOffered) || this.reply?.startsWith('421') === true;
  }
}

export interface SessionErrorFacts {
  readonly asked: Asked;
  readonly clientName: string;
  readonly sender?: string | undefined;
}

/** Reports that a mail server was silent for too long. */
export class Silence extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`nothing came within ${ms / 1000} s`);
    this.ms = ms;
  }
}

/** Returns the command that a nodemailer error names; undefined if it names none. */
function answered(command: string, code: unknown): Asked | undefined {
  const [verb = ''] = command.split(' ');
  if (verb === 'DATA') return code === 'EMESSAGE' ? 'message' : 'DATA';
  if (verb === 'HELO') return 'EHLO';
  const known = ['EHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'RSET'] as const;
  return known.find((one) => one === verb);
}
