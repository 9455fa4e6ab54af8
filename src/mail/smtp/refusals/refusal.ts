// A refusal: the command, the reply, its meaning, and what to change; and sentences that several refusals
// share. RFC 5321 §4.2 (reply codes), RFC 3463 and RFC 5248 (enhanced status codes).

import type { Asked } from '../asked.ts';

/** Condition of a row. */
export type Condition =
  /** The mail server has auth-username and auth-password. */
  | 'login'
  | 'no login'
  /** The connection is not encrypted. */
  | 'clear'
  /** Implicit TLS (RFC 8314 §3). */
  | 'tls';

export interface Refusal {
  readonly at: readonly Asked[];
  /** Reply codes; `4yz` and `5yz` for a whole class; `other` for anything else. Separated by spaces. */
  readonly replies: string;
  /** Enhanced status codes without the class, such as `7.8`. With `says`, one of the two must match. */
  readonly enhanced?: string;
  /** Pattern of the reply text. */
  readonly says?: RegExp;
  readonly when?: Condition;
  /**
   * Predicate of the mail server's name. `{name}` is the name in EHLO, `{command}` the command, `{user}` the
   * login name, `{sender}` the sender, `{address}` the refused recipient.
   */
  readonly means: string;
  /** Sentences: what to change. */
  readonly advice: string;
  /** Set if the refusal is not about this message: the login or TLS must be changed first. */
  readonly concerns?: 'login' | 'tls';
  /** True if the server would always refuse this. Default: true for 5yz (RFC 5321 §4.2.1). */
  readonly isFinal?: boolean;
}

/** The commands of a message, and the message itself. */
export const ENVELOPE: readonly Asked[] = ['MAIL', 'RCPT', 'DATA', 'message'];
export const LATER = 'The mail server says that this is for now only: it may be better later.';
export const OWN_LOG = 'The log of the mail server says more.';
export const ALLOW =
  'Ask the administrator of the mail server to let the address of this machine in, or connect from another address with mail.smtp.localaddress in smtp-property.';
export const SET_NAME =
  'Set mail.smtp.localhost in smtp-property to the full name of this machine, such as confdit.example.com, which the DNS must know.';
export const SET_LOGIN = 'Set auth-username and auth-password.';
export const CHECK_LOGIN = 'Check auth-username and auth-password.';
export const USE_TLS = 'Set use-start-tls to true, or use-ssl with a port for implicit TLS (often 465).';
export const IMPLICIT_TLS =
  'Use the port for implicit TLS (often 465) with use-ssl true and use-start-tls false.';
/** Matches texts about a blocklisted address of a host, not about a mailbox. */
export const LISTED =
  /(?:host|client|address|\bip\b|server|connection)\b.*\b(?:block|blacklist|banned|reputation|listed (?:by|in|on|at))|spamhaus|spamcop|barracuda|\brbl\b|dnsbl|blocklist/i;
export const NO_PTR = /reverse (?:dns|hostname|lookup)|\bptr\b|\brdns\b/i;
