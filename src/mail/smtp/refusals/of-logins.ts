// Refusals of a login (RFC 4954 §6).

import { CHECK_LOGIN, LATER, OWN_LOG, type Refusal, USE_TLS } from './refusal.ts';

const OTHER_MECHANISM =
  'Set mail.smtp.auth.mechanisms in smtp-property to another mechanism that it offers. Some mail servers also say this before TLS, or where logins with passwords are switched off.';

export const auth: readonly Refusal[] = [
  {
    at: ['AUTH'],
    replies: '421 4yz 5yz',
    says: /too many (?:\w+ )*(?:log ?ins?|auth\w*|attempts|failures)/i,
    means: 'does not let this server log in for a while, after too many logins',
    advice: `${CHECK_LOGIN} Then wait: each further try may make the wait longer.`,
  },
  {
    at: ['AUTH'],
    replies: '534 535 5yz',
    says: /application-specific|app(?:lication)?[ -]password/i,
    means: 'wants a password for applications for {user}',
    advice: 'Have the mail service make an application password, and set auth-password to it.',
  },
  {
    at: ['AUTH'],
    replies: '535 5yz',
    enhanced: '7.139',
    says: /smtpclientauth\w* is disabled|basic auth\w* is disabled/i,
    means: 'does not let {user} log in with a password, because this is switched off there',
    advice: 'Have SMTP AUTH switched on for this mailbox by the administrator of the mail service.',
  },
  {
    at: ['AUTH'],
    replies: '525 535 550 5yz',
    enhanced: '7.13 2.1',
    says: /(?:account|mailbox|user)\b.* (?:is )?(?:disabled|locked|suspended|blocked)/i,
    means: 'knows {user}, whose account is disabled there',
    advice: 'Have the account enabled by the administrator of the mail server, or set another auth-username.',
  },
  {
    at: ['AUTH'],
    replies: '432 534 4yz',
    enhanced: '7.12',
    means: 'wants {user} to log in by another way once, or to have a new password',
    advice:
      'Give the user a new password on the mail server and set auth-password; or set mail.smtp.auth.mechanisms=PLAIN in smtp-property, over TLS.',
  },
  {
    at: ['AUTH'],
    replies: '538 523',
    means: 'wants TLS before this login',
    advice: USE_TLS,
    concerns: 'tls',
  },
  {
    at: ['AUTH'],
    replies: '534 5yz',
    enhanced: '7.9',
    means: 'does not let {user} log in in this way: it is too weak there',
    advice:
      'Set mail.smtp.auth.mechanisms in smtp-property to another mechanism that the mail server offers.',
  },
  {
    at: ['AUTH'],
    replies: '534 535 5yz',
    enhanced: '7.14',
    says: /web browser/i,
    means: 'wants {user} to log in with a web browser first',
    advice:
      'Log in there with a web browser and answer what it asks. If it still refuses, have it make an application password, and set auth-password to it.',
  },
  {
    at: ['AUTH'],
    replies: '504',
    means: 'offers a mechanism for the login that it does not take',
    advice: OTHER_MECHANISM,
  },
  {
    at: ['AUTH'],
    replies: '534 5yz',
    enhanced: '5.4 7.4',
    says: /(?:unrecogni[sz]ed|unsupported|unknown|invalid) (?:auth\w*|mechanism|sasl)/i,
    means: 'offers a mechanism for the login that it does not take',
    advice: OTHER_MECHANISM,
  },
  {
    at: ['AUTH'],
    replies: '535 5yz',
    enhanced: '7.8',
    means: 'does not let this server log in',
    advice: CHECK_LOGIN,
  },
  {
    at: ['AUTH'],
    replies: '535',
    means: 'does not let this server log in',
    advice: `${CHECK_LOGIN} Some mail servers also say this where a user may not log in by SMTP.`,
  },
  {
    at: ['AUTH'],
    replies: '500 501 5yz',
    enhanced: '5.2 5.6',
    means: 'does not understand the login',
    advice: `${CHECK_LOGIN} Signs beyond ASCII, or a very long password, are too much for some mail servers.`,
  },
  {
    at: ['AUTH'],
    replies: '500 502 503',
    means: 'offers a login and takes none',
    advice: `${OWN_LOG} Where it needs no login, remove auth-username and auth-password.`,
  },
  {
    at: ['AUTH'],
    replies: '530',
    means: 'lets nobody log in as it is',
    advice: 'Set use-start-tls to true where it is false: most mail servers want TLS before a login.',
  },
  {
    at: ['AUTH'],
    replies: '421 4yz',
    means: 'cannot check logins now',
    advice: `${LATER} Name and password may be right.`,
  },
  {
    at: ['AUTH'],
    replies: '5yz',
    means: 'does not let this server log in',
    advice: `${CHECK_LOGIN} ${OWN_LOG}`,
  },
];
