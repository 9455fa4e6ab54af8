// Why a connection to a mail server did not do what it should: what was asked for when it failed, around the error of
// nodemailer or of the system.

import type { Asked } from './asked.ts';
import { NotOffered } from './offer.ts';

export class SessionError extends Error {
  override readonly cause: Error;
  readonly asked: Asked;
  /** What the mail server answered; undefined where it said nothing. */
  readonly reply: string | undefined;
  /** The command that nodemailer names, such as `RCPT TO`. */
  readonly command: string;
  /** The name that it was given in EHLO. */
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

  /** Whether the message may have been accepted: it was sent, and no answer says what became of it. RFC 5321 §4.2.5. */
  get isUnclear(): boolean {
    return this.asked === 'message' && (this.reply === undefined || !/^[245]\d\d/.test(this.reply));
  }

  /** Whether nothing was asked for, because the mail server does not offer it. */
  get isNotOffered(): boolean {
    return this.cause instanceof NotOffered;
  }

  /** Whether the connection ended, rather than something being refused. */
  get isLost(): boolean {
    return (this.reply === undefined && !this.isNotOffered) || this.reply?.startsWith('421') === true;
  }
}

export interface SessionErrorFacts {
  readonly asked: Asked;
  readonly clientName: string;
  readonly sender?: string | undefined;
}

/** A mail server that has said nothing for too long. */
export class Silence extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`nothing came within ${ms / 1000} s`);
    this.ms = ms;
  }
}

/** The command that an error of nodemailer names; undefined where it names none. */
function answered(command: string, code: unknown): Asked | undefined {
  const [verb = ''] = command.split(' ');
  if (verb === 'DATA') return code === 'EMESSAGE' ? 'message' : 'DATA';
  if (verb === 'HELO') return 'EHLO';
  const known = ['EHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'RSET'] as const;
  return known.find((one) => one === verb);
}
