// Whether a certificate is for the host that was connected to (RFC 9525): host names with the runtime's rules for
// wildcards, IP addresses only where the certificate has them as addresses.

import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { TrustError } from './trust-error.ts';

const NAMES_SHOWN_MAX = 5;
/** No host name is longer. */
const NAME_CHARACTERS_MAX = 253;

/** An error whose message says whom the certificate is for; undefined when it is for the host. */
export function checkName(host: string, certificate: PeerCertificate): TrustError | undefined {
  if (checkServerIdentity(host, certificate) === undefined) return undefined;
  const names = namesOf(certificate);
  const shown =
    names
      .slice(0, NAMES_SHOWN_MAX)
      .map((name) => name.slice(0, NAME_CHARACTERS_MAX))
      .join(', ') + (names.length > NAMES_SHOWN_MAX ? ' and others' : '');
  const whom = names.length === 0 ? 'names no host' : `is for ${shown}`;
  return new TrustError(
    `The certificate that ${host} presents ${whom}, not for ${host}. ` +
      'Connect to the server by a name that its certificate has, or have it issued for this name.',
  );
}

/** `DNS:a.example, IP Address:192.0.2.1` as the names alone. Names with odd characters stand in quotes, and are left so. */
function namesOf({ subjectaltname, subject }: PeerCertificate): readonly string[] {
  if (subjectaltname !== undefined) {
    return subjectaltname.split(', ').flatMap((part) => /^(?:DNS|IP Address):(.+)$/.exec(part)?.[1] ?? []);
  }
  // Typed as there; a certificate may do without a subject.
  const commonName: string | readonly string[] | undefined = subject?.CN;
  return commonName === undefined ? [] : [commonName].flat();
}
