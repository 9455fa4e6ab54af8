// What a mail server is being asked for, and what of that a person is told: the words for it, and the step it belongs to.

/** What is answered next. `connection`: nothing is connected yet; `handshake`: TLS; `message`: the final dot was sent. */
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

/** How far a connection has got. `content`: a message was sent and its answer is awaited. */
export type Step = 'connect' | 'tls' | 'greeting' | 'login' | 'message' | 'content';

const STEPS: Readonly<Record<Asked, Step>> = {
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

export function stepOf(asked: Asked): Step {
  return STEPS[asked];
}

/** To be read after "waits for". */
export function wordsFor(asked: Asked): string {
  return WORDS[asked];
}
