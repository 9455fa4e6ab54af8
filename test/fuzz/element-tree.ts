// A message as a tree of elements that can be changed and written again, with lengths that fit what has become of it or,
// on purpose, do not. Octet strings that hold elements of their own, as values of controls do, are opened too.

import { tlv } from '../support/ber-bytes.ts';

/** How the length of an element is written. */
export type LengthForm = 'shortest' | 'long' | 'indefinite' | { readonly wrongBy: number };

export interface ElementNode {
  tag: number;
  /** Elements, or octets that are none. */
  content: ElementNode[] | Buffer;
  form: LengthForm;
}

const CONSTRUCTED = 0x20;
const OCTET_STRING = 0x04;
const DEPTH_MAX = 12;

/** Undefined when these bytes are not exactly one element after the other. */
export function parseElements(bytes: Buffer, depth = 0): ElementNode[] | undefined {
  const nodes: ElementNode[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0xff;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    if (octets > 4 || at + 2 + octets > bytes.length) return undefined;
    const length = octets === 0 ? first : bytes.readUIntBE(at + 2, octets);
    const start = at + 2 + octets;
    if (start + length > bytes.length) return undefined;
    nodes.push(nodeOf(tag, bytes.subarray(start, start + length), depth));
    at = start + length;
  }
  return nodes;
}

function nodeOf(tag: number, content: Buffer, depth: number): ElementNode {
  const mayHoldElements =
    (tag & CONSTRUCTED) !== 0 || (tag === OCTET_STRING && content.length > 2 && content[0] === 0x30);
  const children = mayHoldElements && depth < DEPTH_MAX ? parseElements(content, depth + 1) : undefined;
  return { tag, content: children ?? content, form: 'shortest' };
}

export function writeElement({ tag, content, form }: ElementNode): Buffer {
  const inner = Array.isArray(content) ? Buffer.concat(content.map(writeElement)) : content;
  if (form === 'shortest') return tlv(tag, inner);
  if (form === 'indefinite') return Buffer.concat([Buffer.from([tag, 0x80]), inner, Buffer.alloc(2)]);
  const length = inner.length + (form === 'long' ? 0 : form.wrongBy);
  const header = Buffer.from([tag, 0x84, 0, 0, 0, 0]);
  header.writeUInt32BE(length >>> 0, 2);
  return Buffer.concat([header, inner]);
}

export function copyOf({ tag, content, form }: ElementNode): ElementNode {
  return { tag, form, content: Array.isArray(content) ? content.map(copyOf) : content };
}

/** An element and the list it stands in. */
export interface Position {
  readonly siblings: ElementNode[];
  readonly index: number;
  readonly node: ElementNode;
}

/** All elements below this one, at every depth. */
export function positionsIn(node: ElementNode): Position[] {
  const positions: Position[] = [];
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { content } = next;
    if (!Array.isArray(content)) continue;
    for (const [index, child] of content.entries()) positions.push({ siblings: content, index, node: child });
    waiting.push(...content);
  }
  return positions;
}
