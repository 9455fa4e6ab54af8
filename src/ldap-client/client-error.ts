// What goes wrong between a client and a directory server: one class, told apart by a word. A result code of the server is
// no error here, but an answer.

/** What a caller may want to tell apart. */
export type LdapClientProblem =
  /** There is no connection, or no TLS on it; `cause` is the reason of the system. */
  | 'unreachable'
  /** The server refuses StartTLS. */
  | 'no-tls'
  /** The server has ended the connection; the message is its own words, or empty. */
  | 'lost'
  /** The server has not answered in time. */
  | 'silent'
  /** What the server says is no answer to what it was asked. */
  | 'wrong-answer'
  /** What the server says is more than the limits of the client allow. */
  | 'too-much'
  /** `close` was called. */
  | 'closed';

export class LdapClientError extends Error {
  override readonly name = 'LdapClientError';
  readonly problem: LdapClientProblem;

  constructor(problem: LdapClientProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
