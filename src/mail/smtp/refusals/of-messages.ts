// Refusals of a sender, a recipient or the content of a message.

import { ENVELOPE, LATER, OWN_LOG, type Refusal, SET_LOGIN } from './refusal.ts';

export const mail: readonly Refusal[] = [
  {
    at: ENVELOPE,
    replies: '550 553 554 5yz',
    says: /not owned|send as|sendas|not allowed to send|not authori[sz]ed to send|sender .*(?:mismatch|login)|verified sender|(?:email address|identit\w+|from address) (?:is|are|was) not verified/i,
    means: 'does not let {user} send as {sender}',
    advice:
      'Set mail.smtp.from in smtp-property to an address that this user may send as, or have the mail server allow it.',
  },
  {
    at: ['MAIL'],
    replies: '5yz 4yz',
    enhanced: '1.7 1.8 1.0 7.27',
    means: 'does not accept the address {sender} as a sender',
    advice: 'Use a sender whose domain exists and takes mail, or set mail.smtp.from in smtp-property.',
  },
  {
    at: ['MAIL'],
    replies: '501 550 553',
    means: 'does not accept the address {sender} as a sender',
    advice: 'Use another sender, or set mail.smtp.from in smtp-property.',
  },
  {
    at: ['MAIL', 'RCPT'],
    replies: '504 555 501',
    enhanced: '5.4',
    means: 'does not take a parameter of {command} that it has offered',
    advice: `Remove mail.smtp.dsn.notify and mail.smtp.dsn.ret from smtp-property where they are set. ${OWN_LOG}`,
  },
];

export const recipient: readonly Refusal[] = [
  {
    at: ['RCPT'],
    replies: '5yz 4yz',
    says: /relay/i,
    when: 'no login',
    means: 'does not relay for this server to {address}',
    advice: `${SET_LOGIN} Or have the mail server relay for the address of this machine.`,
  },
  {
    at: ['RCPT'],
    replies: '5yz 4yz',
    says: /relay/i,
    means: 'does not relay for {user} to {address}',
    advice: 'Have the mail server relay for this user. Often the port for applications (587 or 465) does.',
  },
  {
    at: ['RCPT'],
    replies: '450 451 4yz',
    enhanced: '7.1',
    says: /gr[ae]y[ -]?list/i,
    means: 'does not take messages for {address} at the first try',
    advice: 'Such mail servers take the message when it comes again some minutes later.',
  },
  {
    at: ['RCPT'],
    replies: '452 552 4yz 5yz',
    enhanced: '5.3',
    says: /too many recipients/i,
    means: 'takes no more recipients for one message',
    advice: 'Give the message fewer recipients; those who are left get it later.',
    isFinal: false,
  },
  {
    at: ['RCPT'],
    replies: '450 452 552 4yz 5yz',
    enhanced: '2.2',
    says: /(?:mailbox|quota)\b.*\b(?:full|exceeded|over)|over quota/i,
    means: 'has no room in the mailbox of {address}',
    advice: 'Have somebody make room in it.',
  },
  {
    at: ['RCPT'],
    replies: '550 5yz 4yz',
    enhanced: '2.1',
    says: /(?:mailbox|account|user)\b.* (?:disabled|inactive|suspended)/i,
    means: 'knows {address}, whose mailbox is disabled',
    advice: 'Have the mailbox enabled, or use another address.',
  },
  {
    at: ['RCPT'],
    replies: '556 550 5yz',
    enhanced: '1.10 1.2',
    says: /domain (?:not found|does not exist|does not accept)|nullmx/i,
    means: 'knows no mail server for the domain of {address}',
    advice: 'Check the part behind the "@" of the address.',
  },
  {
    at: ['RCPT'],
    replies: '550 551 5yz 4yz',
    enhanced: '1.1 1.6',
    says: /unknown|no such|does not exist|not found|invalid (?:user|mailbox|recipient)/i,
    means: 'has no mailbox {address}',
    advice: 'Check the address of the recipient.',
  },
  {
    at: ['RCPT'],
    replies: '501 553 5yz',
    enhanced: '1.3',
    means: 'finds the address {address} malformed',
    advice: 'Check the address of the recipient.',
  },
  {
    at: ['RCPT'],
    replies: '551',
    means: 'does not deliver to {address}, and names another place',
    advice: 'Use the address that it names.',
  },
  {
    at: ['RCPT'],
    replies: '450 451 452 4yz',
    means: 'does not take messages for {address} now',
    advice: LATER,
  },
  {
    at: ['RCPT'],
    replies: '550 554 5yz',
    enhanced: '7.1 7.0',
    means: 'does not allow this server to send to {address}',
    advice:
      'Check the address, and have the mail server allow it: it may relay for those who log in, or for certain machines only.',
  },
  {
    at: ['RCPT'],
    replies: '5yz',
    means: 'refuses the recipient {address}',
    advice: 'Check the address, and whether the mail server relays for this server.',
  },
];

export const content: readonly Refusal[] = [
  {
    at: ['DATA', 'message'],
    replies: '5yz 4yz',
    enhanced: '6.0 6.1 6.2 6.3 6.5 6.6',
    says: /(?:attachment|content|header|line|mime)\b.*\b(?:not allowed|rejected|prohibited|invalid|too long|malformed)/i,
    means: 'does not take what is in the message',
    advice: 'Change the message; the answer of the mail server says what it objects to.',
  },
  {
    at: ['DATA', 'message'],
    replies: '550 552 554 5yz 4yz',
    enhanced: '7.1 7.0 7.7',
    says: /spam|junk|virus|malware|phish|policy|suspicious/i,
    means: 'takes the message for something that it does not want, such as spam',
    advice: 'Ask the administrator of the mail server to let messages of this server pass.',
  },
  {
    at: ['DATA', 'message'],
    replies: '4yz',
    means: 'does not take the message now',
    advice: LATER,
  },
  {
    at: ['DATA'],
    replies: '5yz',
    means: 'does not begin to take the message',
    advice: `Check the addresses of the message. ${OWN_LOG}`,
  },
  {
    at: ['message'],
    replies: '5yz',
    means: 'has refused the message',
    advice: 'The answer of the mail server says why; the same message is refused again.',
  },
];

export const general: readonly Refusal[] = [
  { at: ['MAIL'], replies: '421 4yz', means: 'does not take the message now', advice: LATER },
  {
    at: ['MAIL'],
    replies: '5yz',
    means: 'does not take the message from {sender}',
    advice: `Check the sender, and whether the mail server takes messages from this server. ${OWN_LOG}`,
  },
];
