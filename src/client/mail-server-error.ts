// Errors between an application and its mail server: one class with a code. No message contains a secret.

/** Kinds of errors, for programs. */
export type MailServerProblem =
  /** The options of openMailServer contradict each other, or cannot be read. */
  | 'options'
  /** confdit does not answer, or the connection to it was lost. */
  | 'unreachable'
  /** The certificate of confdit, or of the mail server, is not trusted. */
  | 'untrusted'
  /** confdit does not know the account, or not with this password. */
  | 'credentials'
  /** The account lacks a privilege. */
  | 'access'
  /** confdit refuses for another reason. */
  | 'refused'
  /** There is no mail server of this name. */
  | 'missing'
  /** The mail server is not enabled. */
  | 'disabled'
  /** This version of the package cannot use the settings of the mail server. */
  | 'unusable'
  /** The mail server does not offer what the login or the message needs; no part of the message was sent. */
  | 'not-offered'
  /** The connection was lost after the message was sent and before it was answered: it may have been accepted. */
  | 'unclear'
  /** `close` was called. */
  | 'closed';

/**
 * Error of openMailServer, of the event `loss` and of refused messages. `code` is for programs, `message` for people.
 *
 * @example Tell errors apart
 * ```ts
 * import { MailServerError, openMailServer } from 'confdit/client';
 *
 * try {
 *   await openMailServer({
 *     url: process.env.CONFDIT_URL ?? 'ldaps://confdit.example.com:1636',
 *     bindDn: 'cn=app,cn=Root DNs,cn=config',
 *     password: () => process.env.CONFDIT_PASSWORD ?? '',
 *     mailServer: 'Unknown',
 *   });
 * } catch (error) {
 *   if (!(error instanceof MailServerError) || error.code !== 'missing') throw error;
 *   console.log('Ask an administrator to create the mail server.');
 * }
 * // prints: Ask an administrator to create the mail server.
 * ```
 */
export class MailServerError extends Error {
  override readonly name = 'MailServerError';
  readonly code: MailServerProblem;

  constructor(code: MailServerProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
