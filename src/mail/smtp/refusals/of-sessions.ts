// Refusals at any command of a message, about the connection or the whole message.

import {
  ALLOW,
  CHECK_LOGIN,
  ENVELOPE,
  LATER,
  LISTED,
  NO_PTR,
  OWN_LOG,
  type Refusal,
  SET_LOGIN,
  SET_NAME,
  USE_TLS,
} from './refusal.ts';

/** Refusals at any command. */
export const anywhere: readonly Refusal[] = [
  {
    at: ['greeting', 'EHLO', 'STARTTLS', 'AUTH', ...ENVELOPE],
    replies: '421 4yz',
    says: /too many (?:\w+ )*(?:connections|sessions)|(?:connection|session)s? (?:rate|limit|count)|concurrency|concurrent/i,
    means: 'takes no more connections from this server now',
    advice: 'Set connection-pool-size to less than the mail server allows, or wait until others have ended.',
  },
  {
    at: [...ENVELOPE, 'AUTH', 'EHLO'],
    replies: '451 454 523 530 538 550 554',
    enhanced: '7.10 7.11',
    says: /starttls|encryption (?:is )?(?:required|needed)|must use (?:tls|encryption|a secure)/i,
    when: 'clear',
    means: 'wants TLS first',
    advice: USE_TLS,
    concerns: 'tls',
  },
];

/**
 * Matches texts about how much somebody may send, not those about the size of a message or what a recipient takes. RFC 3463 has
 * no code for it, and mail servers use many.
 */
const SENT_TOO_MUCH =
  /^(?!.*(?:\bsize\b|\brecipient has\b|\bmailbox)).*(?:submissionquotaexceeded|unusual sending activity|\b(?:daily|hourly|sending|smtp relay|rate) (?:\w+ ){0,3}(?:quota|limit)|\b(?:emails|mails|messages) per (?:day|hour|minute)|daily limit for sending)/is;

/** Refusals at MAIL, RCPT, DATA and the message, about the connection. */
export const session: readonly Refusal[] = [
  {
    at: ENVELOPE,
    replies: '530 535 550 553 554 503',
    says: /auth\w* (?:is )?(?:required|needed|first)|need to auth|must (?:be )?auth|log ?in first|not (?:logged in|authenticated)/i,
    when: 'no login',
    means: 'wants a login first',
    advice: SET_LOGIN,
    concerns: 'login',
  },
  {
    at: ENVELOPE,
    replies: '530 534 535 538',
    when: 'no login',
    means: 'wants a login first',
    advice: SET_LOGIN,
    concerns: 'login',
  },
  {
    at: ENVELOPE,
    replies: '530 534 535 538',
    means: 'wants more than the login as {user}',
    advice: `${CHECK_LOGIN} ${OWN_LOG}`,
    concerns: 'login',
  },
  {
    at: ENVELOPE,
    replies: '421 4yz',
    enhanced: '7.28',
    says: /\brate\b|throttl|too (?:many (?:messages|mails|emails)|fast|quickly)|messages per|sending limit/i,
    means: 'takes no more messages from this server for a while',
    advice: 'Send less at a time, set connection-pool-size lower, or have the limit raised.',
  },
  {
    // A limit for a day is no reason to drop the message: it is taken tomorrow, or by another mail server now.
    at: ENVELOPE,
    replies: '550 554 5yz',
    enhanced: '4.5 1.90 7.232 7.233',
    says: SENT_TOO_MUCH,
    means: 'has taken as many messages from this server as it allows for some time',
    advice: 'Send less, have the limit raised, or add another mail server.',
    isFinal: false,
  },
  {
    at: ENVELOPE,
    replies: '503',
    means: 'expects another command now',
    advice: `This may be the fault of something between. ${OWN_LOG}`,
  },
  {
    at: ENVELOPE,
    replies: '552 554 5yz',
    enhanced: '3.4 2.3',
    says: /message\b.*\b(?:size|too (?:big|large|long)|larger)|size limit/i,
    means: 'does not take messages of this size',
    advice: 'Send less, or have the size limit of the mail server raised.',
  },
  {
    at: ENVELOPE,
    replies: '421 452 4yz',
    enhanced: '3.1 3.2 3.0',
    says: /(?:storage|disk|space|queue)\b/i,
    means: 'has no room or no time for the message now',
    advice: LATER,
  },
  {
    at: ENVELOPE,
    replies: '5yz 4yz',
    enhanced: '6.7 6.9 6.8 6.10',
    means: 'does not take addresses or header fields beyond ASCII on their way to this recipient',
    advice: 'Use an address that has ASCII only before the "@".',
  },
  {
    at: ENVELOPE,
    replies: '5yz 4yz',
    enhanced: '7.20 7.21 7.22 7.23 7.24 7.26 7.29',
    says: /\b(?:spf|dkim|dmarc|arc)\b/i,
    means: 'does not accept this server as a sender of mail for the domain of the sender',
    advice:
      'Have SPF, DKIM and DMARC of the domain name this server, or set mail.smtp.from in smtp-property to an address of another domain.',
  },
  {
    at: ENVELOPE,
    replies: '5yz 4yz',
    enhanced: '7.25',
    says: NO_PTR,
    means: 'wants the address of this machine to have a name in the DNS (PTR)',
    advice: `Have a PTR record made for the address of this machine. ${ALLOW}`,
  },
  {
    at: ['MAIL', 'RCPT'],
    replies: '5yz',
    says: LISTED,
    means: 'does not take messages from the address of this machine',
    advice: ALLOW,
  },
  {
    at: ENVELOPE,
    replies: '504 5yz',
    says: /\b(?:helo|ehlo)\b/i,
    means: 'does not accept {name}, by which this server calls itself in EHLO',
    advice: SET_NAME,
  },
];
