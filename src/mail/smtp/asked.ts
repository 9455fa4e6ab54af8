// Requests to a mail server: the words for people, and the step of each.

/** Pending request. `connection`: not connected yet; `handshake`: TLS; `message`: the final dot was sent. */
export type Asked =
  | 'connection'
  | 'handshake'
  | 'greeting'
  | 'EHLO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'content'
  | 'message'
  | 'RSET'
  | 'QUIT';

/** Step that a connection has reached. `content`: a message was sent and its reply is pending. */
export type SmtpStep = 'connect' | 'tls' | 'greeting' | 'login' | 'message' | 'content';

const STEPS: Readonly<Record<Asked, SmtpStep>> = {
  connection: 'connect',
  handshake: 'tls',
  greeting: 'greeting',
  EHLO: 'greeting',
  STARTTLS: 'tls',
  AUTH: 'login',
  MAIL: 'message',
  RCPT: 'message',
  DATA: 'message',
  content: 'message',
  message: 'content',
  RSET: 'message',
  QUIT: 'message',
};

const WORDS: Readonly<Record<Asked, string>> = {
  connection: 'the connection',
  handshake: 'the TLS handshake',
  greeting: 'its greeting',
  EHLO: 'its answer to EHLO',
  STARTTLS: 'its answer to STARTTLS',
  AUTH: 'its answer to the login',
  MAIL: 'its answer to MAIL',
  RCPT: 'its answer to RCPT',
  DATA: 'its answer to DATA',
  content: 'the message to be taken',
  message: 'its answer to the message',
  RSET: 'its answer to RSET',
  QUIT: 'its answer to QUIT',
};

/** Returns the step of a request. */
export function stepOf(asked: Asked): SmtpStep {
  return STEPS[asked];
}

/** Returns the words for a request, to be read after "waits for". */
export function wordsFor(asked: Asked): string {
  return WORDS[asked];
}
