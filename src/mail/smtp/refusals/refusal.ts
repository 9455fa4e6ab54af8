// An answer with which mail servers refuse: which command it answers, what it means, and the way out; and sentences that
// several of them share. RFC 5321 §4.2 (reply codes), RFC 3463 and RFC 5248 (enhanced status codes).

import type { Asked } from '../asked.ts';

/** What must be so for a row to count. */
export type Condition =
  /** The mail server has auth-username and auth-password. */
  | 'login'
  | 'no login'
  /** Nothing is encrypted. */
  | 'clear'
  /** TLS begins with the connection. */
  | 'tls';

export interface Refusal {
  readonly at: readonly Asked[];
  /** Reply codes, or `4yz` and `5yz` for all of a class, or `other` for everything that is neither; separated by spaces. */
  readonly replies: string;
  /** Enhanced status codes without their class, such as `7.8`; with `says`, one of the two must fit. */
  readonly enhanced?: string;
  /** What the text of the answer says. */
  readonly says?: RegExp;
  readonly when?: Condition;
  /**
   * What comes behind the name of the mail server. `{name}` is the name in EHLO, `{command}` the command, `{user}` the user
   * who logs in, `{sender}` the sender, `{address}` the recipient that was refused.
   */
  readonly means: string;
  /** Sentences. */
  readonly advice: string;
  /** Not about this message: about the login or about TLS, which are to be changed first. */
  readonly concerns?: 'login' | 'tls';
  /** Whether the same would be refused again; unless said otherwise 5yz is (RFC 5321 §4.2.1). */
  readonly isFinal?: boolean;
}

/** The commands of a message, and the message itself. */
export const ENVELOPE: readonly Asked[] = ['MAIL', 'RCPT', 'DATA', 'message'];
export const LATER = 'The mail server says that this is for now only: it may be better later.';
export const OWN_LOG = 'The log of the mail server says more.';
export const ALLOW =
  'Ask whoever runs the mail server to let the address of this machine in, or connect from another address with mail.smtp.localaddress in smtp-property.';
export const SET_NAME =
  'Set mail.smtp.localhost in smtp-property to the full name of this machine, such as confdit.example.com, which the DNS must know.';
export const SET_LOGIN = 'Set auth-username and auth-password.';
export const CHECK_LOGIN = 'Check auth-username and auth-password.';
export const USE_TLS = 'Set use-start-tls to true, or use-ssl with a port for implicit TLS (often 465).';
export const IMPLICIT_TLS =
  'Use the port for implicit TLS (often 465) with use-ssl true and use-start-tls false.';
/** Says that the address of a machine is on a list, not that a mailbox is. */
export const LISTED =
  /(?:host|client|address|\bip\b|server|connection)\b.*\b(?:block|blacklist|banned|reputation|listed (?:by|in|on|at))|spamhaus|spamcop|barracuda|\brbl\b|dnsbl|blocklist/i;
export const NO_PTR = /reverse (?:dns|hostname|lookup)|\bptr\b|\brdns\b/i;
