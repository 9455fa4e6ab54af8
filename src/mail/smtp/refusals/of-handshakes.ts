// Why a TLS handshake ended, by the words of OpenSSL: what was found here, and the alerts with which a mail server ends it
// (RFC 8446 §6.2). An alert says little: where it has several causes, the sentence says so.

import type { TlsSettings } from '../../../trust/secure-contexts.ts';

export interface HandshakeRefusal {
  /** In the reason that OpenSSL gives. */
  readonly reason: RegExp;
  /**
   * Continuation of "No TLS with it: ". `{versions}` are the versions of TLS that are offered to it, `{host}` is the name it
   * is asked for by, `{reason}` what OpenSSL says.
   */
  readonly means: string;
  /** Sentences. */
  readonly advice: string;
}

const VERSIONS = 'mail.smtp.ssl.protocols in smtp-property';
const SUITES = 'mail.smtp.ssl.ciphersuites in smtp-property';
const NO_CERTIFICATE = 'This server sends none to mail servers: use a port that wants a login instead.';
const LOG = 'Its log says more.';

export const HANDSHAKES: readonly HandshakeRefusal[] = [
  {
    reason: /^dh key too small$/,
    means: 'its Diffie-Hellman key has fewer than 2048 bits, which is not safe',
    advice: `Have it offer ECDHE, or Diffie-Hellman parameters of 2048 bits; or name only suites with ECDHE in ${SUITES}.`,
  },
  {
    reason: /alert protocol version$/,
    means: 'it speaks none of the versions that are offered to it: {versions}',
    advice: `Have it speak TLS 1.2 or 1.3; where it does, look at ${VERSIONS}.`,
  },
  {
    reason: /^(?:unsupported protocol|version too low|no protocols available|unsupported ssl version)$/,
    means: 'it answers with a version of TLS other than those that are offered to it: {versions}',
    advice: `Have it speak TLS 1.2 or 1.3; where it does, look at ${VERSIONS}.`,
  },
  {
    reason: /alert handshake failure$|^no shared cipher$/,
    means:
      'it ended the handshake and does not say why; mostly it takes none of the cipher suites, curves and signatures that are offered ' +
      'to it ({versions}), or it wants a certificate of the client',
    advice: `${LOG} Compare what it offers with ${SUITES} and ${VERSIONS}.`,
  },
  {
    reason: /alert insufficient security$/,
    means: 'it takes only cipher suites that are stronger than those that are offered to it',
    advice: `Look at ${SUITES}. ${LOG}`,
  },
  {
    reason: /^(?:no ciphers available|no cipher match)$/,
    means: 'no cipher suite is left that could be offered to it',
    advice: `Look at ${SUITES} and ${VERSIONS}: the suites must belong to one of the versions.`,
  },
  {
    reason: /alert certificate required$/,
    means: 'it wants a certificate of the client',
    advice: NO_CERTIFICATE,
  },
  {
    reason:
      /alert (?:bad certificate|unsupported certificate|certificate revoked|certificate expired|certificate unknown|unknown ca|no certificate)$/,
    means: 'it does not accept this client without a certificate, or rejects the one it was sent ({reason})',
    advice: NO_CERTIFICATE,
  },
  {
    reason: /alert access denied$/,
    means: 'it does not let this client in',
    advice: 'Ask the administrator of the mail server to let the address of this machine in.',
  },
  {
    reason: /unrecognized name$/,
    means: 'it has no certificate for {host}, the name that it is asked for by',
    advice: 'Check the host in smtp-server: it must be a name that the mail server knows as its own.',
  },
  {
    reason: /alert internal error$/,
    means: 'it reports a fault of its own',
    advice: `${LOG} Mostly its certificate, its key or its TLS settings are broken.`,
  },
  {
    reason: /^unsafe legacy renegotiation disabled$/,
    means: 'it does not know secure renegotiation (RFC 5746), without which others can inject what they like',
    advice: 'Have its software updated.',
  },
  {
    reason:
      /^(?:wrong signature type|no suitable signature algorithm|legacy sigalg disallowed or unsupported)$/,
    means: 'it signs the handshake in a way that is not safe, such as with SHA-1',
    advice: 'Have its software or its TLS settings updated.',
  },
  {
    reason: /^(?:bad ecpoint|no suitable key share|unsupported elliptic curve|wrong curve|bad key share)$/,
    means: 'it uses an elliptic curve that was not offered to it ({reason})',
    advice: 'Have its TLS settings offer X25519 or P-256.',
  },
  {
    reason:
      /^(?:wrong version number|packet length too long|http request|https proxy request|record layer failure)$/,
    means: 'what came back is not TLS',
    advice: '',
  },
  {
    reason:
      /alert (?:unexpected message|bad record mac|record overflow|illegal parameter|decode error|decrypt error|missing extension)$|unsupported extension$|^(?:bad record mac|decryption failed or bad record mac|unexpected message|data between ccs and finished|length mismatch)$/,
    means: 'what went over the wire was not what the other side had sent, or is not understood ({reason})',
    advice: `Something between may change it, such as a firewall that looks into TLS. ${LOG}`,
  },
];

/** Returns what the reason of OpenSSL means, in words; undefined where it is none of the table. */
export function findHandshakeRefusal(
  reason: unknown,
  { host, tls }: { readonly host: string; readonly tls: TlsSettings },
): { readonly means: string; readonly advice: string } | undefined {
  if (typeof reason !== 'string') return undefined;
  const found = HANDSHAKES.find((one) => one.reason.test(reason));
  if (found === undefined) return undefined;
  const values: Readonly<Record<string, string>> = { host, reason, versions: versionsOf(tls) };
  return { ...found, means: found.means.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name) };
}

/** Those of the runtime begin with TLS 1.2. */
function versionsOf({ minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' }: TlsSettings): string {
  const all = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
  const offered = all.slice(all.indexOf(minVersion), all.indexOf(maxVersion) + 1);
  return offered
    .map((version) => version.replace('TLSv', 'TLS ').replace(/^TLS 1$/, 'TLS 1.0'))
    .join(' and ');
}
