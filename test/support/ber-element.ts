// Answers of the server taken apart by hand, as X.690 and RFC 4511 have them: the counterpart of `ber-bytes`, and just
// as ignorant of `src/codec`. It expects what a correct server sends and throws at anything else.

export interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

export interface FoundEntry {
  readonly dn: string;
  /** Names as they came to values as they came. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** One message of the server. */
export interface ServerMessage {
  readonly id: number;
  /** The tag of its operation: see `answerTags`. */
  readonly tag: number;
  /** The fields of an LDAPResult; the code is -1 where there is none. */
  readonly code: number;
  readonly matchedDn: string;
  readonly text: string;
  /** The controls that came with it: OID to value, empty where there is none. */
  readonly controls: ReadonlyMap<string, Buffer>;
  /** responseName and responseValue of an extended or intermediate response, as text and as it came. */
  readonly oid: string | undefined;
  readonly value: string | undefined;
  readonly octets: Buffer | undefined;
  /** serverSaslCreds of a bind response. */
  readonly serverSaslCredentials: string | undefined;
  /** Of a search result entry. */
  readonly entry: FoundEntry | undefined;
}

export const answerTags = {
  bind: 0x61,
  entry: 0x64,
  searchDone: 0x65,
  modify: 0x67,
  add: 0x69,
  delete: 0x6b,
  modifyDn: 0x6d,
  compare: 0x6f,
  reference: 0x73,
  extended: 0x78,
  intermediate: 0x79,
} as const;

/** The size of the message at the beginning of these bytes, or undefined while it is not whole. */
export function sizeOfFirst(bytes: Buffer): number | undefined {
  const first = bytes[1];
  if (first === undefined) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (bytes.length < 2 + count) return undefined;
  const size = 2 + count + (count === 0 ? first : bytes.readUIntBE(2, count));
  return bytes.length < size ? undefined : size;
}

/** The elements one after the other in the content of a constructed one. */
export function elementsOf(content: Buffer): Element[] {
  const elements: Element[] = [];
  for (let rest = content; rest.length > 0; ) {
    const size = sizeOfFirst(rest);
    if (size === undefined) throw new Error(`an element is cut short: ${rest.toString('hex')}`);
    const count = (rest[1] ?? 0) < 0x80 ? 0 : (rest[1] ?? 0) & 0x7f;
    elements.push({ tag: rest[0] ?? 0, content: rest.subarray(2 + count, size) });
    rest = rest.subarray(size);
  }
  return elements;
}

export function readServerMessage(bytes: Buffer): ServerMessage {
  const [message, ...more] = elementsOf(bytes);
  if (message?.tag !== 0x30 || more.length > 0) throw new Error(`no message: ${bytes.toString('hex')}`);
  const [id, operation, controls] = elementsOf(message.content);
  if (id?.tag !== 0x02 || operation === undefined) throw new Error(`no message: ${bytes.toString('hex')}`);
  const nothing = {
    code: -1,
    matchedDn: '',
    text: '',
    oid: undefined,
    value: undefined,
    octets: undefined,
    controls: controlsOf(controls),
    serverSaslCredentials: undefined,
    entry: undefined,
  };
  return { ...nothing, id: numberOf(id), tag: operation.tag, ...fieldsOf(operation) };
}

function fieldsOf({ tag, content }: Element): Partial<ServerMessage> {
  const parts = elementsOf(content);
  if (tag === answerTags.entry) return { entry: entryOf(parts) };
  if (tag === answerTags.reference) return {};
  if (tag === answerTags.intermediate) {
    const [oid, value] = [0x80, 0x81].map((wanted) => parts.find((part) => part.tag === wanted)?.content);
    return { oid: oid?.toString('utf8'), value: value?.toString('utf8'), octets: value };
  }
  const [code, matchedDn, text, ...others] = parts;
  if (code?.tag !== 0x0a || matchedDn?.tag !== 0x04 || text?.tag !== 0x04) {
    throw new Error(`no result: ${content.toString('hex')}`);
  }
  const optional = (wanted: number) => others.find((part) => part.tag === wanted)?.content.toString('utf8');
  return {
    code: numberOf(code),
    matchedDn: textOf(matchedDn),
    text: textOf(text),
    oid: optional(0x8a),
    value: optional(0x8b),
    octets: others.find((part) => part.tag === 0x8b)?.content,
    serverSaslCredentials: optional(0x87),
  };
}

/** An LDAPString is UTF-8 (RFC 4511 section 4.1.2). */
function textOf({ content }: Element): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
}

function controlsOf(list: Element | undefined): ReadonlyMap<string, Buffer> {
  const controls = elementsOf(list?.content ?? Buffer.alloc(0)).map(({ content }) => {
    const [oid, ...others] = elementsOf(content);
    const value = others.find((part) => part.tag === 0x04)?.content ?? Buffer.alloc(0);
    return [oid?.content.toString('utf8') ?? '', value] as const;
  });
  return new Map(controls);
}

function entryOf([dn, list]: readonly Element[]): FoundEntry {
  if (dn?.tag !== 0x04 || list?.tag !== 0x30) throw new Error('no entry');
  const attributes = elementsOf(list.content).map(({ content }) => {
    const [name, values] = elementsOf(content);
    if (name?.tag !== 0x04 || values?.tag !== 0x31) throw new Error('no attribute');
    const texts = elementsOf(values.content).map((value) => value.content.toString('utf8'));
    return [name.content.toString('utf8'), texts] as const;
  });
  return { dn: dn.content.toString('utf8'), attributes: Object.fromEntries(attributes) };
}

function numberOf({ content }: Element): number {
  return content.length === 0 ? 0 : content.readIntBE(0, content.length);
}
