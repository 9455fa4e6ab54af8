// What a server owes the sender of these bytes, told from their outermost elements alone and without the codec: an answer
// with this ID, none, or the end of the connection.

export type Owed =
  | { readonly type: 'answer'; readonly id: number; readonly tag: number }
  /** Nothing, and perhaps no answer to the request it names. */
  | { readonly type: 'abandon'; readonly id: number }
  | { readonly type: 'end' }
  /** Nobody could say what this is: the connection ends, with a notice. */
  | { readonly type: 'notice' };

/** Tags of requests to those of their final answers (RFC 4511 §4.2 and further). */
const ANSWER_TAGS: Readonly<Record<number, number>> = {
  96: 0x61,
  99: 0x65,
  102: 0x67,
  104: 0x69,
  74: 0x6b,
  108: 0x6d,
  110: 0x6f,
  119: 0x78,
};
const UNBIND = 0x42;
const ABANDON = 0x50;
const ID_OCTETS_MAX = 4;

interface Header {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** Undefined where there is none, or its length is indefinite. It may end behind the last byte. */
export function headerAt(bytes: Buffer, at: number): Header | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || first === 0x80) return undefined;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + octets;
  if (octets > 4 || start > bytes.length) return undefined;
  const length = octets === 0 ? first : bytes.readUIntBE(at + 2, octets);
  return { tag, start, end: start + length };
}

/** Whether these bytes are one element to its last byte, so that what comes behind them is understood whatever is in them. */
export function isWhole(bytes: Buffer): boolean {
  const header = headerAt(bytes, 0);
  return header?.tag === 0x30 && header.end === bytes.length;
}

/** Takes bytes that are whole. */
export function owedFor(bytes: Buffer): Owed {
  const message = headerAt(bytes, 0);
  const id = message && headerAt(bytes, message.start);
  const operation = id && headerAt(bytes, id.end);
  if (message === undefined || id?.tag !== 0x02 || operation === undefined || operation.end > message.end)
    return { type: 'notice' };
  const value = numberAt(bytes, id);
  if (value < 0) return { type: 'notice' };
  if (operation.tag === UNBIND) return { type: 'end' };
  if (operation.tag === ABANDON) return { type: 'abandon', id: numberAt(bytes, operation) };
  const tag = ANSWER_TAGS[operation.tag];
  return tag === undefined ? { type: 'notice' } : { type: 'answer', id: value, tag };
}

/** -1 where it is none that a message ID may be. */
function numberAt(bytes: Buffer, { start, end }: Header): number {
  return end > start && end - start <= ID_OCTETS_MAX ? bytes.readIntBE(start, end - start) : -1;
}
