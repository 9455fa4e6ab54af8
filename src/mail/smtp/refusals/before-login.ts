// Refusals from the greeting to the end of STARTTLS (RFC 5321 §3.1 and §4.1.1.1, RFC 3207 §4).

import { ALLOW, IMPLICIT_TLS, LATER, LISTED, NO_PTR, OWN_LOG, type Refusal, SET_NAME } from './refusal.ts';

export const greeting: readonly Refusal[] = [
  {
    at: ['greeting'],
    replies: '421 4yz',
    enhanced: '3.2',
    means: 'serves nobody now',
    advice: `${LATER} Host and port are right.`,
  },
  {
    at: ['greeting'],
    replies: '5yz 421 4yz',
    enhanced: '7.25',
    says: NO_PTR,
    means: 'wants the address of this machine to have a name in the DNS (PTR)',
    advice: `Have a PTR record made for the address of this machine. ${ALLOW}`,
  },
  {
    at: ['greeting'],
    replies: '5yz',
    enhanced: '7.1',
    says: LISTED,
    means: 'serves no connections from the address of this machine',
    advice: ALLOW,
  },
  {
    at: ['greeting'],
    replies: '521 556',
    means: 'accepts no mail at all',
    advice: 'Check the host in smtp-server: this one takes mail from nobody (RFC 7504).',
  },
  {
    at: ['greeting'],
    replies: '421 4yz',
    means: 'takes no connections from this server now',
    advice: `${LATER} Host and port are right. ${OWN_LOG}`,
  },
  {
    at: ['greeting'],
    replies: '554',
    means: 'offers no service to this server',
    advice: `Host and port are right, but this server may not connect. ${ALLOW}`,
  },
  {
    at: ['greeting'],
    replies: '5yz',
    means: 'refuses the connection',
    advice: `Host and port are those of a mail server. ${ALLOW}`,
  },
];

export const ehlo: readonly Refusal[] = [
  {
    at: ['EHLO'],
    replies: '530 5yz',
    says: /\bUSER and PASS\b/i,
    means: 'is a server for FTP, not for mail',
    advice: 'Check the port in smtp-server.',
  },
  {
    at: ['EHLO'],
    replies: '503',
    means: 'does not take {command} at this point',
    advice: `This may be the fault of something between. ${OWN_LOG}`,
  },
  {
    at: ['EHLO'],
    replies: '421 4yz 501 504 5yz',
    enhanced: '7.25',
    says: /\b(?:helo|ehlo|hostname|host name|fqdn|dns|domain)\b/i,
    means: 'does not accept {name}, by which this server calls itself in {command}',
    advice: SET_NAME,
  },
  {
    at: ['EHLO'],
    replies: '5yz',
    enhanced: '7.1',
    says: LISTED,
    means: 'serves no connections from the address of this machine',
    advice: ALLOW,
  },
  {
    at: ['EHLO'],
    replies: '501 504',
    means: 'does not accept {name}, by which this server calls itself in {command}',
    advice: SET_NAME,
  },
  {
    at: ['EHLO'],
    replies: '500 502',
    means: 'does not know {command}, with which mail servers begin',
    advice: 'Check the port in smtp-server: perhaps something else than a mail server answers there.',
  },
  {
    at: ['EHLO'],
    replies: '421 4yz',
    means: 'refuses {command} with the name {name} now',
    advice: `${LATER} If it stays so, set mail.smtp.localhost in smtp-property to the full name of this machine.`,
  },
  {
    at: ['EHLO'],
    replies: '5yz',
    means: 'refuses {command} with the name {name}',
    advice: `Host and port are right. ${SET_NAME} Or ask the administrator of the mail server whether this machine may use it.`,
  },
];

export const startTls: readonly Refusal[] = [
  {
    at: ['STARTTLS'],
    replies: '554 454',
    enhanced: '7.3 3.0 3.5',
    means: 'offers STARTTLS and cannot use it',
    advice: 'Its own certificate or TLS settings are broken; its log says how. Nothing is wrong here.',
  },
  {
    at: ['STARTTLS'],
    replies: '421 4yz',
    means: 'cannot use TLS now',
    advice: `${LATER} ${OWN_LOG}`,
  },
  {
    at: ['STARTTLS'],
    replies: '530 535 538',
    means: 'wants a login before TLS, which would show the password to everybody on the way',
    advice: IMPLICIT_TLS,
  },
  {
    at: ['STARTTLS'],
    replies: '500 502 503 504',
    means: 'offers STARTTLS and does not know it',
    advice: `Something between may take it away, such as a firewall that looks into mail. ${IMPLICIT_TLS}`,
  },
  {
    at: ['STARTTLS'],
    replies: '5yz',
    means: 'refuses STARTTLS',
    advice: `${OWN_LOG} ${IMPLICIT_TLS}`,
  },
];
