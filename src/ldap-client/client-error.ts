// Errors between a client and a directory server: one class with a kind. A result code of the server is no error here, but
// an answer.

/** Kinds of errors. */
export type LdapClientProblem =
  /** There is no connection, or no TLS on it; `cause` is the system's reason. */
  | 'unreachable'
  /** The server refuses StartTLS. */
  | 'no-tls'
  /** The server ended the connection; the message is the server's, or empty. */
  | 'lost'
  /** The server has not answered in time. */
  | 'silent'
  /** The message does not answer the request. */
  | 'wrong-answer'
  /** The answers exceed the client's limits. */
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
