// Names in certificates (RFC 5280 §4.2.1.6), and the check against the name constraints of an authority
// (§4.2.1.10).

import { isIPv4 } from 'node:net';
import { derOf, type Element, octetsOf, oidOf, parseDer, partsOf, tagOf } from './der.ts';

export type NameKind =
  | 'other name'
  | 'e-mail address'
  | 'host name'
  | 'X.400 address'
  | 'directory name'
  | 'EDI party'
  | 'URI'
  | 'IP address'
  | 'registered OID';

export interface GeneralName {
  readonly kind: NameKind;
  /** Text; for addresses the octets and for other kinds the DER, one character for each octet. */
  readonly value: string;
}

interface Subtree extends GeneralName {
  /** True if it has a minimum or maximum, which RFC 5280 forbids. */
  readonly hasBounds: boolean;
}

export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

/** Conflict of a name with constraints. */
export interface NameConflict {
  readonly code:
    | 'PERMITTED_VIOLATION'
    | 'EXCLUDED_VIOLATION'
    | 'SUBTREE_MINMAX'
    | 'UNSUPPORTED_CONSTRAINT_TYPE'
    | 'UNSUPPORTED_CONSTRAINT_SYNTAX';
  readonly name: GeneralName;
  /** Permitted or excluded subtrees. */
  readonly subtrees: readonly GeneralName[];
}

/** Kinds of names, by tag. */
const KINDS: readonly NameKind[] = [
  'other name',
  'e-mail address',
  'host name',
  'X.400 address',
  'directory name',
  'EDI party',
  'URI',
  'IP address',
  'registered OID',
];
const COMPARED: ReadonlySet<NameKind> = new Set([
  'e-mail address',
  'host name',
  'directory name',
  'URI',
  'IP address',
]);
/** Maximum number of comparisons of names with subtrees. */
const COMPARISONS_MAX = 100_000;

/** Decodes GeneralNames (RFC 5280 §4.2.1.6). Throws if they are malformed. */
export function decodeNames(names: Element): readonly GeneralName[] {
  return partsOf(names).map(decodeName);
}

/** Decodes NameConstraints (RFC 5280 §4.2.1.10). Throws if they are malformed. */
export function decodeNameConstraints(constraints: Element): NameConstraints {
  const subtrees = (tag: number) =>
    partsOf(partsOf(constraints).find((one) => tagOf(one) === tag)).flatMap(decodeSubtree);
  return { permitted: subtrees(0), excluded: subtrees(1) };
}

function decodeSubtree(subtree: Element): readonly Subtree[] {
  const [base, ...bounds] = partsOf(subtree);
  return base === undefined ? [] : [{ ...decodeName(base), hasBounds: bounds.some(isBound) }];
}

/** Returns true for a minimum or maximum other than the default, a minimum of zero. */
function isBound(element: Element): boolean {
  return tagOf(element) === 1 || octetsOf(element).some((octet) => octet !== 0);
}

function decodeName(node: Element): GeneralName {
  const kind = KINDS[tagOf(node)] ?? 'other name';
  if (kind === 'directory name') {
    const [name] = partsOf(node);
    return { kind, value: name === undefined ? '' : latin1(derOf(name)) };
  }
  if (typeof node.value === 'string') return { kind, value: node.value };
  return { kind, value: latin1(derOf(node)) };
}

/** Returns the first name that the constraints do not allow. */
export function conflictOf(
  names: readonly GeneralName[],
  { permitted, excluded }: NameConstraints,
): NameConflict | undefined {
  if (names.length * (permitted.length + excluded.length) > COMPARISONS_MAX) return undefined;
  for (const name of names) {
    const ofKind = ({ kind }: GeneralName) => kind === name.kind;
    const [allowed, refused] = [permitted.filter(ofKind), excluded.filter(ofKind)];
    const subtrees = [...allowed, ...refused];
    if (subtrees.length === 0) continue;
    if (!COMPARED.has(name.kind)) return { code: 'UNSUPPORTED_CONSTRAINT_TYPE', name, subtrees };
    if (subtrees.some(({ hasBounds }) => hasBounds)) return { code: 'SUBTREE_MINMAX', name, subtrees };
    if (name.kind === 'IP address' && subtrees.some(({ value }) => ![8, 32].includes(value.length)))
      return { code: 'UNSUPPORTED_CONSTRAINT_SYNTAX', name, subtrees };
    if (allowed.length > 0 && !allowed.some((subtree) => isWithin(name, subtree)))
      return { code: 'PERMITTED_VIOLATION', name, subtrees: allowed };
    const hit = refused.find((subtree) => isWithin(name, subtree));
    if (hit !== undefined) return { code: 'EXCLUDED_VIOLATION', name, subtrees: [hit] };
  }
  return undefined;
}

function isWithin({ kind, value }: GeneralName, { value: base }: GeneralName): boolean {
  switch (kind) {
    case 'host name':
      return isBelow(value.toLowerCase(), base.toLowerCase());
    case 'e-mail address':
      return isMailWithin(value, base);
    case 'URI':
      return isHostWithin(hostOf(value), base.toLowerCase());
    case 'IP address':
      return isInNetwork(value, base);
    default:
      return beginsWith(value, base);
  }
}

/** Returns true if the name equals the base or has more labels on the left. */
function isBelow(name: string, base: string): boolean {
  if (base === '' || name === base) return true;
  return name.endsWith(base.startsWith('.') ? base : `.${base}`);
}

/**
 * Returns true if the host is within the base. A leading dot stands for subdomains only; otherwise only this
 * host matches.
 */
function isHostWithin(host: string, base: string): boolean {
  return base.startsWith('.') ? host.endsWith(base) && host !== base : host === base;
}

function isMailWithin(address: string, base: string): boolean {
  const [local, host = ''] = splitMail(address);
  const [baseLocal, baseHost] = base.includes('@') ? splitMail(base) : [undefined, base];
  if (baseLocal !== undefined && baseLocal !== '' && baseLocal !== local) return false;
  return isHostWithin(host.toLowerCase(), (baseHost ?? '').toLowerCase());
}

function splitMail(address: string): [string, string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1)];
}

function hostOf(uri: string): string {
  return (/^[^:/]+:\/\/(?:[^@/]*@)?([^:/?#]*)/.exec(uri)?.[1] ?? '').toLowerCase();
}

/** Returns true if an address is in a network. Both are octets; the network is an address and a mask. */
function isInNetwork(address: string, base: string): boolean {
  if (base.length !== 2 * address.length) return false;
  return [...address].every((octet, at) => {
    const mask = base.charCodeAt(address.length + at);
    return (octet.charCodeAt(0) & mask) === (base.charCodeAt(at) & mask);
  });
}

/** Returns true if the first RDNs of a DN are the base. Ignores case and the number of spaces. */
function beginsWith(name: string, base: string): boolean {
  const [rdns, baseRdns] = [name, base].map(rdnsOf);
  if (rdns === undefined || baseRdns === undefined) return false;
  return baseRdns.every((rdn, at) => rdns[at] === rdn);
}

function rdnsOf(der: string): readonly string[] {
  return partsOf(parseDer(Buffer.from(der, 'latin1'))).map((rdn) => canonical(rdn));
}

function canonical(rdn: Element): string {
  const texts = partsOf(rdn).map((attribute) =>
    partsOf(attribute)
      .map(({ value }) => (typeof value === 'string' ? value.trim().replace(/ +/g, ' ').toLowerCase() : ''))
      .join('='),
  );
  return texts.join('+');
}

/** Formats a name for people: `host name mail.example.com`, `addresses 10.0.0.0/255.0.0.0`. */
export function formatName({ kind, value }: GeneralName): string {
  if (kind === 'IP address') return `${kind} ${formatAddress(value)}`;
  if (kind === 'directory name') return `${kind} ${formatDirectoryName(value)}`;
  return COMPARED.has(kind) ? `${kind} "${printable(value)}"` : kind;
}

function formatDirectoryName(der: string): string {
  try {
    const rdns = partsOf(parseDer(Buffer.from(der, 'latin1'))).flatMap((rdn) => partsOf(rdn));
    const texts = rdns.map((attribute) => {
      const [type, value] = partsOf(attribute);
      const oid = type === undefined ? '' : oidOf(type);
      const text = value === undefined ? '' : octetsOf(value).toString('utf8');
      return `${SHORT_NAMES[oid] ?? oid}=${text}`;
    });
    return `"${printable(texts.join(', '))}"`;
  } catch {
    return 'that cannot be read';
  }
}

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
};

function formatAddress(octets: string): string {
  const half = octets.length === 8 || octets.length === 32 ? octets.length / 2 : octets.length;
  const parts = [octets.slice(0, half), octets.slice(half)].filter((part) => part !== '');
  return parts.map(addressText).join('/');
}

function addressText(octets: string): string {
  const numbers = [...octets].map((octet) => octet.charCodeAt(0));
  const dotted = numbers.join('.');
  if (isIPv4(dotted)) return dotted;
  const groups = numbers.flatMap((high, at) =>
    at % 2 === 0 ? [(high * 256 + (numbers[at + 1] ?? 0)).toString(16)] : [],
  );
  return groups.join(':');
}

const CHARACTERS_MAX = 200;

function latin1(octets: Buffer): string {
  return octets.toString('latin1');
}

/** Makes a name printable; the peer controls its content. */
function printable(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
  return shown.length > CHARACTERS_MAX ? `${shown.slice(0, CHARACTERS_MAX)}…` : shown;
}
