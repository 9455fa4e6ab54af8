// Replies that no mail server gives, or not to this command: another service listens on the port, or a
// middlebox interferes. `other` is anything but a 4yz or 5yz reply.

import type { Refusal } from './refusal.ts';

const CHECK_PORT = 'Check the port in smtp-server.';
const FAULTY =
  'Something between may be at fault, or the mail server is. mail.debug=true in smtp-property logs what is said.';

export const strangers: readonly Refusal[] = [
  {
    at: ['greeting'],
    replies: 'other',
    says: /^SSH-/,
    means: 'is a server for SSH, not for mail',
    advice: CHECK_PORT,
  },
  {
    at: ['greeting'],
    replies: 'other',
    says: /^\* (?:OK|BYE|PREAUTH)/i,
    means: 'is a server for IMAP, where mail is read and not sent',
    advice: 'Check the port in smtp-server: 587, 465 and 25 are those for sending.',
  },
  {
    at: ['greeting'],
    replies: 'other',
    says: /^(?:\+OK|-ERR)/i,
    means: 'is a server for POP3, where mail is read and not sent',
    advice: 'Check the port in smtp-server: 587, 465 and 25 are those for sending.',
  },
  {
    at: ['greeting'],
    replies: 'other 4yz',
    says: /^HTTP\/|<html/i,
    means: 'is a server for HTTP, not for mail',
    advice: CHECK_PORT,
  },
  {
    at: ['greeting'],
    replies: 'other',
    when: 'tls',
    means: 'does not greet as a mail server does',
    advice: CHECK_PORT,
  },
  {
    at: ['greeting'],
    replies: 'other',
    means: 'does not greet as a mail server does',
    advice: `${CHECK_PORT} Where it is a port for implicit TLS (RFC 8314), set use-ssl to true and use-start-tls to false.`,
  },
  {
    at: ['EHLO'],
    replies: 'other',
    means: 'does not answer {command} as a mail server does',
    advice: CHECK_PORT,
  },
  {
    at: ['STARTTLS'],
    replies: 'other',
    means: 'does not answer STARTTLS as a mail server does',
    advice: FAULTY,
  },
  {
    at: ['AUTH'],
    replies: 'other',
    means: 'does not answer the login as a mail server does',
    advice: `${FAULTY} Another mechanism in mail.smtp.auth.mechanisms may work.`,
  },
  {
    at: ['MAIL', 'RCPT', 'DATA'],
    replies: 'other',
    means: 'does not answer {command} as a mail server does, and has not taken the message',
    advice: FAULTY,
  },
  {
    at: ['message'],
    replies: 'other',
    means: 'does not say whether it has taken the message',
    advice: FAULTY,
  },
];
