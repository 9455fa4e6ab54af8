// Checks that a certificate is for the host of the connection (RFC 9525): host names with the runtime's
// wildcard rules, IP addresses only as address names. Explains why a similar name does not match.

import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { domainToASCII } from 'node:url';
import { CertificateRefusal, type RefusalReason } from './certificate-refusal.ts';

const NAMES_SHOWN_MAX = 5;
/** Maximum length of a host name. */
const NAME_CHARACTERS_MAX = 253;
const RENAME = 'Connect to the server by a name that its certificate has, or have it issued for this name.';

interface Names {
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly commonNames: readonly string[];
  readonly hasAlternatives: boolean;
}

/** Returns an error that lists the hosts of the certificate; undefined if the certificate is for the host. */
export function checkName(host: string, certificate: PeerCertificate): CertificateRefusal | undefined {
  const reason = nameProblem(host, certificate);
  if (reason === undefined) return undefined;
  return new CertificateRefusal(`The certificate of ${host} is not trusted.`, [reason]);
}

/** Returns why the certificate is not for the host; undefined if it is. */
export function nameProblem(host: string, certificate: PeerCertificate): RefusalReason | undefined {
  try {
    if (checkServerIdentity(host, certificate) === undefined) return undefined;
  } catch {
    // Alternative names that cannot be parsed match no host.
  }
  const names = namesOf(certificate);
  const isAddress = isIP(host) !== 0;
  const close = isAddress ? closeToAddress(host, names) : closeToName(host, names);
  const [problem, advice] = close ?? [`It ${listOf(names)}, not for ${host}.`, adviceFor(host, names)];
  return { code: isAddress ? 'IP_ADDRESS_MISMATCH' : 'HOSTNAME_MISMATCH', problem, advice };
}

type Words = readonly [problem: string, advice: string];

function adviceFor(host: string, { hosts, addresses }: Names): string {
  if (isIP(host) === 0) return RENAME;
  const others =
    hosts.length + addresses.length === 0 ? '' : ', or connect to the server by a name that it has';
  return `Have it issued with IP:${host} in its subjectAltName${others}.`;
}

function closeToAddress(host: string, { hosts, commonNames }: Names): Words | undefined {
  const advice = `Have it issued with IP:${host} in its subjectAltName, or connect to the server by a name that it has.`;
  if (hosts.includes(host))
    return [
      `It has the address ${host} as a host name (DNS:${host}), and only as IP:${host} would it count.`,
      advice,
    ];
  if (commonNames.includes(host))
    return [
      `It has the address ${host} in its common name only, and only as IP:${host} in its subjectAltName would it count.`,
      advice,
    ];
  return undefined;
}

function closeToName(host: string, names: Names): Words | undefined {
  const { hosts, commonNames } = names;
  const name = asciiOf(host);
  for (const pattern of hosts.slice(0, NAMES_TRIED_MAX)) {
    const words = closePattern(name, pattern);
    if (words !== undefined) return words;
  }
  if (hosts.length > 0 && commonNames.some((one) => asciiOf(one) === name)) {
    return [
      `It ${listOf(names)}; ${host} is in its common name only, which does not count beside other host names.`,
      `Have it issued with DNS:${name} in its subjectAltName, or connect to the server by a name that it has.`,
    ];
  }
  const ofCommonName = hosts.length === 0 ? commonNames : [];
  return ofCommonName.map((pattern) => closePattern(name, pattern)).find((words) => words !== undefined);
}

const NAMES_TRIED_MAX = 1000;

/** Returns why a name that looks like a match does not count. */
function closePattern(name: string, pattern: string): Words | undefined {
  const shown = pattern.slice(0, NAME_CHARACTERS_MAX);
  const ask = `Have it issued with DNS:${name} in its subjectAltName.`;
  const lower = pattern.toLowerCase();
  // The runtime decodes UTF-8 as Latin-1.
  const decoded = Buffer.from(pattern, 'latin1').toString('utf8');
  const foreign = [pattern, decoded].find(
    (text) => /[^\x21-\x7e]/.test(text) && asciiOf(text.trim()) === name,
  );
  if (foreign !== undefined)
    return [`It has the name as "${printable(foreign)}", and certificates must write it as ${name}.`, ask];
  if (hostIn(lower) === name && lower !== name)
    return [`It has "${printable(shown)}", which is no host name: only ${name} would count.`, ask];
  if (!pattern.includes('*')) return undefined;
  const [first = '', ...rest] = lower.split('.');
  const base = rest.join('.');
  const isBelow = name === base || name.endsWith(`.${base}`);
  if (rest.some((label) => label.includes('*')) || lower.split('*').length > 2)
    return fits(lower, name)
      ? [`Its name ${shown} counts for nobody: a wildcard may only be the first label.`, ask]
      : undefined;
  if (!isBelow && base !== '') return undefined;
  if (rest.length < 2)
    return [
      `Its name ${shown} counts for nobody: a wildcard may not be right below a top-level domain.`,
      ask,
    ];
  if (name === base)
    return [`Its name ${shown} is for the names below ${base}, not for ${base} itself.`, ask];
  if (name.split('.').length > rest.length + 1)
    return [`Its name ${shown} stands for one label before ${base}, and ${name} has more.`, ask];
  return first.includes('xn--')
    ? [
        `Its name ${shown} counts for nobody: a wildcard may not be within a label that begins with xn--.`,
        ask,
      ]
    : undefined;
}

function fits(pattern: string, name: string): boolean {
  const [labels, own] = [pattern.split('.'), name.split('.')];
  return (
    labels.length === own.length && labels.every((label, at) => label.includes('*') || label === own[at])
  );
}

/** Returns the host of `https://mail.example.com/`, `mail.example.com:587` or `smtp:mail.example.com`. */
function hostIn(text: string): string {
  return text
    .trim()
    .replace(/^[a-z+]+:(?:\/\/)?/, '')
    .replace(/[:/].*$/, '')
    .replace(/\.$/, '');
}

function asciiOf(name: string): string {
  return (domainToASCII(name) || name).toLowerCase().replace(/\.$/, '');
}

/** Returns `is for a.example, b.example and others`, or `names no host`. */
function listOf({ hosts, addresses, commonNames, hasAlternatives }: Names): string {
  const alternatives = [...hosts, ...addresses];
  const names = alternatives.length > 0 || hasAlternatives ? alternatives : commonNames;
  if (names.length === 0) return 'names no host';
  const shown = names.slice(0, NAMES_SHOWN_MAX).map((name) => printable(name.slice(0, NAME_CHARACTERS_MAX)));
  return `is for ${shown.join(', ')}${names.length > NAMES_SHOWN_MAX ? ' and others' : ''}`;
}

/** Makes a name from a certificate printable; its sender controls the content. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

/** Parses `DNS:a.example, IP Address:192.0.2.1`. Names with special characters are JSON strings. */
function namesOf({ subjectaltname, subject }: PeerCertificate): Names {
  const parts = (subjectaltname ?? '').match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
  const named = (prefix: string) =>
    parts
      .map((part) => part.trim())
      .flatMap((part) => (part.startsWith(prefix) ? [unquoted(part.slice(prefix.length))] : []));
  // The type says so, but a certificate may have no subject.
  const commonName: string | readonly string[] | undefined = subject?.CN;
  return {
    hosts: named('DNS:'),
    addresses: named('IP Address:'),
    commonNames: commonName === undefined ? [] : [commonName].flat(),
    hasAlternatives: subjectaltname !== undefined,
  };
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return String(value);
  } catch {
    return text;
  }
}
