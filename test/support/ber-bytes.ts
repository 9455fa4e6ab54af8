/**
 * LDAP requests as bytes, built by hand from RFC 4511 and X.690 (definite, minimal lengths).
 *
 * Deliberately knows nothing of `src/codec`: tests and the benchmark compare the server with these bytes, so they must not
 * come from the code that is being checked. It builds only; it does not read, and it does not refuse nonsense, since a test
 * may want to send nonsense.
 */

/** Any bytes: what the builders accept as parts. */
export type Part = Uint8Array;

/** One tag-length-value element; `parts` are written one after the other as its value. */
export function tlv(tag: number, ...parts: readonly Part[]): Buffer {
  let size = 0;
  for (const part of parts) size += part.length;
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(size)]), ...parts]);
}

function lengthOctets(size: number): number[] {
  if (size < 0x80) return [size];
  const octets: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** INTEGER (or another tag) in as few octets as two's complement allows; `value` is a safe integer. */
export function integer(value: number, tag = 0x02): Buffer {
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(((rest % 256) + 256) % 256);
    rest = Math.floor(rest / 256);
  } while (!isSignOnly(rest, octets[0] ?? 0));
  return tlv(tag, Buffer.from(octets));
}

function isSignOnly(rest: number, first: number): boolean {
  return (rest === 0 && first < 0x80) || (rest === -1 && first >= 0x80);
}

/** ENUMERATED. */
export function enumerated(value: number): Buffer {
  return integer(value, 0x0a);
}

/** BOOLEAN, true as FF (RFC 4511 section 5.1). */
export function boolean(value: boolean, tag = 0x01): Buffer {
  return tlv(tag, Buffer.from([value ? 0xff : 0x00]));
}

/** OCTET STRING (or another tag); text is written as UTF-8. */
export function octets(text: string | Part, tag = 0x04): Buffer {
  return tlv(tag, typeof text === 'string' ? Buffer.from(text, 'utf8') : text);
}

/** SEQUENCE. */
export function sequence(...parts: readonly Part[]): Buffer {
  return tlv(0x30, ...parts);
}

/** SET. */
export function set(...parts: readonly Part[]): Buffer {
  return tlv(0x31, ...parts);
}

/** LDAPMessage: the id, one operation, and controls when there are any (RFC 4511 section 4.1.1). */
export function message(id: number, operation: Part, controls: readonly Part[] = []): Buffer {
  const parts = [integer(id), operation];
  if (controls.length > 0) parts.push(tlv(0xa0, ...controls));
  return sequence(...parts);
}

/** One control; criticality is left out when false, as its DEFAULT asks (RFC 4511 section 4.1.11). */
export function control(oid: string, critical = false, value?: string | Part): Buffer {
  const parts = [octets(oid)];
  if (critical) parts.push(boolean(true));
  if (value !== undefined) parts.push(octets(value));
  return sequence(...parts);
}

/** BindRequest with a simple password (RFC 4511 section 4.2). */
export function bindRequest(dn: string | Part, password: string, version = 3): Buffer {
  return tlv(0x60, integer(version), octets(dn), octets(password, 0x80));
}

/** BindRequest with SASL credentials (RFC 4511 section 4.2). */
export function saslBindRequest(mechanism: string, credentials?: string | Part, dn = ''): Buffer {
  const sasl = [octets(mechanism)];
  if (credentials !== undefined) sasl.push(octets(credentials));
  return tlv(0x60, integer(3), octets(dn), tlv(0xa3, ...sasl));
}

/** UnbindRequest (RFC 4511 section 4.3). */
export function unbindRequest(): Buffer {
  return tlv(0x42);
}

/** What a search asks besides its base; everything has the value an everyday client sends. */
export interface SearchOptions {
  readonly scope?: number;
  readonly dereference?: number;
  readonly sizeLimit?: number;
  readonly timeLimitSeconds?: number;
  readonly typesOnly?: boolean;
  readonly filter?: Part;
  readonly attributes?: readonly string[];
}

/** Scopes of a search (RFC 4511 section 4.5.1.2). */
export const scopes = { base: 0, one: 1, subtree: 2 } as const;

/** SearchRequest; by default a base search for `(objectClass=*)` with all user attributes (RFC 4511 section 4.5.1). */
export function searchRequest(base: string | Part, options: SearchOptions = {}): Buffer {
  return tlv(
    0x63,
    octets(base),
    enumerated(options.scope ?? scopes.base),
    enumerated(options.dereference ?? 0),
    integer(options.sizeLimit ?? 0),
    integer(options.timeLimitSeconds ?? 0),
    boolean(options.typesOnly ?? false),
    options.filter ?? presentFilter('objectClass'),
    sequence(...(options.attributes ?? []).map((name) => octets(name))),
  );
}

/** The filter `(attribute=*)`. */
export function presentFilter(attribute: string): Buffer {
  return octets(attribute, 0x87);
}

/** The filter `(attribute=value)`. */
export function equalityFilter(attribute: string, value: string | Part): Buffer {
  return tlv(0xa3, octets(attribute), octets(value));
}

/** A substring filter from its parts: tag 80 the beginning, 81 anywhere, 82 the end. */
export function substringsFilter(
  attribute: string,
  ...parts: readonly (readonly [tag: number, text: string])[]
): Buffer {
  return tlv(0xa4, octets(attribute), sequence(...parts.map(([tag, text]) => octets(text, tag))));
}

/** The filter `(&...)`. */
export function andFilter(...filters: readonly Part[]): Buffer {
  return tlv(0xa0, ...filters);
}

/** The filter `(|...)`. */
export function orFilter(...filters: readonly Part[]): Buffer {
  return tlv(0xa1, ...filters);
}

/** The filter `(!...)`. */
export function notFilter(filter: Part): Buffer {
  return tlv(0xa2, filter);
}

/** An attribute with its values, as add and modify carry it. */
export function attribute(name: string, values: readonly (string | Part)[]): Buffer {
  return sequence(octets(name), set(...values.map((value) => octets(value))));
}

/** AddRequest (RFC 4511 section 4.7). */
export function addRequest(
  dn: string,
  attributes: readonly (readonly [name: string, values: readonly (string | Part)[]])[],
): Buffer {
  return tlv(0x68, octets(dn), sequence(...attributes.map(([name, values]) => attribute(name, values))));
}

/** Kinds of change in a modify (RFC 4511 section 4.6, RFC 4525). */
export const changeKinds = { add: 0, delete: 1, replace: 2, increment: 3 } as const;

/** ModifyRequest (RFC 4511 section 4.6). */
export function modifyRequest(
  dn: string,
  changes: readonly (readonly [kind: number, name: string, values: readonly (string | Part)[]])[],
): Buffer {
  const list = changes.map(([kind, name, values]) => sequence(enumerated(kind), attribute(name, values)));
  return tlv(0x66, octets(dn), sequence(...list));
}

/** DelRequest (RFC 4511 section 4.8). */
export function deleteRequest(dn: string | Part): Buffer {
  return octets(dn, 0x4a);
}

/** ModifyDNRequest (RFC 4511 section 4.9). */
export function modifyDnRequest(
  dn: string,
  newRdn: string | Part,
  deleteOldRdn: boolean,
  newSuperior?: string,
): Buffer {
  const parts = [octets(dn), octets(newRdn), boolean(deleteOldRdn)];
  if (newSuperior !== undefined) parts.push(octets(newSuperior, 0x80));
  return tlv(0x6c, ...parts);
}

/** CompareRequest (RFC 4511 section 4.10). */
export function compareRequest(dn: string | Part, name: string | Part, value: string | Part): Buffer {
  return tlv(0x6e, octets(dn), sequence(octets(name), octets(value)));
}

/** AbandonRequest (RFC 4511 section 4.11). */
export function abandonRequest(id: number): Buffer {
  return integer(id, 0x50);
}

/** ExtendedRequest (RFC 4511 section 4.12). */
export function extendedRequest(oid: string | Part, value?: string | Part): Buffer {
  const parts = [octets(oid, 0x80)];
  if (value !== undefined) parts.push(octets(value, 0x81));
  return tlv(0x77, ...parts);
}
