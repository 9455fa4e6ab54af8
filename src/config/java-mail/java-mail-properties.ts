// The JavaMail properties of smtp-property. Each becomes an option of nodemailer or is refused with a reason. Names,
// types and meanings are those of the mail.smtp package of Jakarta Mail.
//
// Code that sends mail uses the options in the typed value (types/java-mail.ts), not these names.

import { boolean } from '../types/boolean.ts';
import { enumeration } from '../types/enumeration.ts';
import { host, ipAddress } from '../types/host-port.ts';
import { integer, port } from '../types/integer.ts';
import { mailAddress } from '../types/mail-address.ts';
import { secret } from '../types/secret.ts';
import { string } from '../types/string.ts';
import { always, honoured, type JavaMailProperty, refused } from './java-mail-property.ts';
import { cipherSuites, tlsVersions, wordList } from './java-mail-values.ts';

/** Type of a timeout. Node.js has no longer timer, and none without end, which JavaMail writes as 0. */
const timeoutMs = () => integer({ lowest: 1, highest: 2_147_483_647, unit: 'milliseconds' });

const P = 'mail.smtp.';

export const javaMailProperties: readonly JavaMailProperty[] = [
  honoured('mail.debug', boolean(), ['debug'], 'Whether what is said to the mail server is logged.'),
  refused('mail.from', 'is a default for all protocols', `Write ${P}from.`),
  refused('mail.host', 'is a default for all protocols', `Write ${P}host, or set smtp-server.`),
  refused('mail.password', 'is no place for a password', 'Set auth-password, which is kept secret.'),
  always('mail.transport.protocol', ['smtp', 'smtps'], 'Which protocol is spoken.'),
  refused('mail.user', 'is a default for all protocols', 'Set auth-username.'),
  refused(`${P}allow8bitmime`, 'has no counterpart here', 'Leave it out: 8BITMIME is used where it helps.'),
  honoured(`${P}auth`, boolean(), ['auth'], 'Whether to log in; auth-username says as whom.'),
  refused(
    `${P}auth.digest-md5.disable`,
    'has no counterpart here',
    'Leave it out: DIGEST-MD5 is never used.',
  ),
  refused(`${P}auth.login.disable`, 'has no counterpart here', `Write ${P}auth.mechanisms=PLAIN.`),
  honoured(
    `${P}auth.mechanisms`,
    wordList(['PLAIN', 'LOGIN', 'CRAM-MD5'], {
      countMax: 1,
      tooMany: 'names several, and this server does not try one after the other',
    }),
    ['auth.method'],
    'How to log in, instead of the first way that the mail server offers.',
    ([method = '']) => [method],
  ),
  refused(`${P}auth.ntlm.disable`, 'has no counterpart here', 'Leave it out: NTLM is never used.'),
  refused(`${P}auth.ntlm.domain`, 'is about NTLM, which this server does not speak', 'Leave it out.'),
  refused(`${P}auth.plain.disable`, 'has no counterpart here', `Write ${P}auth.mechanisms=LOGIN.`),
  refused(`${P}auth.xoauth2.disable`, 'has no counterpart here', 'Leave it out: XOAUTH2 is never used.'),
  honoured(
    `${P}connectiontimeout`,
    timeoutMs(),
    ['connectionTimeout'],
    'How long connecting may take, in milliseconds.',
  ),
  honoured(
    `${P}dsn.notify`,
    wordList(['NEVER', 'SUCCESS', 'FAILURE', 'DELAY']),
    ['envelope.dsn.notify'],
    'When the mail server reports on a delivery.',
    (words) => [words],
  ),
  honoured(
    `${P}dsn.ret`,
    enumeration(['FULL', 'HDRS']),
    ['envelope.dsn.ret'],
    'What a report on a delivery returns.',
  ),
  always(`${P}ehlo`, ['true'], 'Whether to greet with EHLO first.'),
  honoured(`${P}from`, mailAddress(), ['envelope.from'], 'The sender on the envelope.'),
  honoured(`${P}host`, host(), ['host'], 'The host of the mail server, instead of that of smtp-server.'),
  honoured(`${P}localaddress`, ipAddress(), ['localAddress'], 'The address of this machine to connect from.'),
  honoured(`${P}localhost`, host(), ['name'], 'The name this server greets the mail server with.'),
  refused(`${P}localport`, 'has no counterpart here', 'Leave it out: the operating system chooses the port.'),
  refused(`${P}mailextension`, 'has no counterpart here', 'Leave it out.'),
  refused(`${P}noop.strict`, 'has no counterpart here', 'Leave it out.'),
  refused(`${P}password`, 'is no place for a password', 'Set auth-password, which is kept secret.'),
  honoured(`${P}port`, port(), ['port'], 'The port of the mail server, instead of that of smtp-server.'),
  honoured(
    `${P}proxy.host`,
    host(),
    ['proxy.host'],
    'The HTTP proxy through which the mail server is reached.',
  ),
  honoured(
    `${P}proxy.password`,
    secret(),
    ['proxy.password'],
    'The password for the HTTP proxy; shown as stars.',
  ),
  honoured(`${P}proxy.port`, port(), ['proxy.port'], 'The port of the HTTP proxy, 80 unless set.'),
  honoured(
    `${P}proxy.user`,
    string({ caseSensitive: true }),
    ['proxy.user'],
    'The user name for the HTTP proxy.',
  ),
  refused(
    `${P}quitonsessionreject`,
    'has no counterpart here',
    'Leave it out: QUIT is sent when a session ends.',
  ),
  always(`${P}quitwait`, ['true'], 'Whether the answer to QUIT is waited for.'),
  refused(
    `${P}reportsuccess`,
    'has no counterpart here',
    'Leave it out: the answer to every recipient is known.',
  ),
  refused(
    `${P}sasl.authorizationid`,
    'is about SASL libraries of Java',
    'Set auth-username and auth-password.',
  ),
  always(`${P}sasl.enable`, ['false'], 'Whether to log in with a SASL library of Java.'),
  refused(
    `${P}sasl.mechanisms`,
    'is about SASL libraries of Java',
    `Write ${P}auth.mechanisms with one mechanism.`,
  ),
  refused(
    `${P}sasl.realm`,
    'is about SASL libraries of Java',
    'Leave it out: no mechanism with realms is used.',
  ),
  refused(`${P}sasl.usecanonicalhostname`, 'is about SASL libraries of Java', 'Leave it out.'),
  always(`${P}sendpartial`, ['true'], 'Whether a message goes to those recipients that are accepted.'),
  ...['socketFactory', 'ssl.socketFactory'].flatMap((factory) =>
    ['', '.class', '.fallback', '.port'].map((part) =>
      refused(
        `${P}${factory}${part}`,
        'is about classes of a Java runtime, which this server does not have',
        'Set use-ssl or use-start-tls, and trust-manager-provider.',
      ),
    ),
  ),
  ...['host', 'password', 'port', 'user'].map((part) =>
    refused(
      `${P}socks.${part}`,
      'is about a SOCKS proxy, which this server cannot use',
      `Write ${P}proxy.host for an HTTP proxy.`,
    ),
  ),
  honoured(
    `${P}ssl.checkserveridentity`,
    boolean(),
    ['tls.checkServerIdentity'],
    'Whether the certificate must be for the host that was asked for; true unless set.',
  ),
  honoured(
    `${P}ssl.ciphersuites`,
    cipherSuites(),
    ['tls.ciphers'],
    'The cipher suites to offer, in order of preference.',
  ),
  honoured(
    `${P}ssl.enable`,
    boolean(),
    ['secure'],
    'Whether the connection uses implicit TLS (RFC 8314), instead of use-ssl.',
  ),
  honoured(
    `${P}ssl.protocols`,
    tlsVersions(),
    ['tls.minVersion', 'tls.maxVersion'],
    'The versions of TLS to speak.',
    ({ lowest, highest }) => [lowest, highest],
  ),
  refused(
    `${P}ssl.trust`,
    'would pass by the trust manager',
    'Set trust-manager-provider; to trust every certificate, name a blind-trust-manager-provider.',
  ),
  honoured(
    `${P}starttls.enable`,
    boolean(),
    ['ignoreTLS'],
    'Whether StartTLS is used where the mail server offers it, instead of use-start-tls.',
    (isEnabled) => [!isEnabled],
  ),
  honoured(
    `${P}starttls.required`,
    boolean(),
    ['requireTLS'],
    'Whether a mail server without StartTLS is left alone.',
  ),
  refused(`${P}submitter`, 'has no counterpart here', `Write ${P}from for the sender on the envelope.`),
  honoured(
    `${P}timeout`,
    timeoutMs(),
    ['socketTimeout', 'greetingTimeout'],
    'How long the mail server may say nothing, in milliseconds.',
    (ms) => [ms, ms],
  ),
  honoured(
    `${P}user`,
    string({ caseSensitive: true }),
    ['auth.user'],
    'The user name to log in with, instead of auth-username.',
  ),
  always(`${P}userset`, ['false'], 'Whether RSET is sent to see that a connection lives.'),
  refused(
    `${P}writetimeout`,
    'has no counterpart here',
    `Write ${P}timeout, which ends a connection on which nothing moves.`,
  ),
];
