// What is done to good messages so that they are good no more, or just strange. Each mutation changes the tree in place;
// the bytes are spoiled last, and only where that is asked for.

import {
  copyOf,
  type ElementNode,
  type Position,
  parseElements,
  positionsIn,
  writeElement,
} from './element-tree.ts';
import type { Random } from './random.ts';

type Mutation = (position: Position, random: Random, others: readonly ElementNode[]) => void;

/** Numbers at the edges of what a field may hold, as content octets. */
const NUMBERS: readonly string[] = [
  '',
  '00',
  '01',
  '7f',
  '80',
  'ff',
  '0080',
  'ff7f',
  '00ff',
  '7fff',
  '8000',
  '7fffffff',
  '80000000',
  '0080000000',
  'ffffffff',
  '7fffffffffffffff',
  '8000000000000000',
  '00ffffffffffffffff',
].concat('7f'.repeat(40));

const TEXTS: readonly Buffer[] = [
  ...[
    '',
    '\0',
    '*',
    '\\',
    '\\ff',
    'cn=',
    ',',
    'cn=a,',
    'cn=a+',
    '1.1',
    '+',
    '@top',
    'dn:',
    'u:',
    'dn:cn=config',
    '$<',
    '&{',
    '$<a|$<a|$<a>>>',
    '{a}',
    '\ud800'.toWellFormed(),
    'ä'.repeat(300),
    '\u200b',
    '\u0130',
    '2.5.13.2',
    'true',
    '-1',
  ].map((text) => Buffer.from(text)),
  Buffer.from([0xff]),
  Buffer.from([0xc3]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf8, 0x88, 0x80, 0x80, 0x80]),
  Buffer.alloc(300, 0xc3),
];

const NESTING_DEPTHS: readonly number[] = [2, 3, 10, 63, 64, 65, 200];
const NESTING_DEPTH_MAX = 2000;
const FILTER_TAGS: readonly number[] = [0xa0, 0xa1, 0xa2];
const REPEATS: readonly number[] = [2, 3, 17, 200];
const LARGE_OCTETS: readonly number[] = [127, 128, 255, 256, 5_000];
/** Beyond these, trees are not made larger: the fuzzer would only measure itself. */
const NODES_MAX = 2000;

const MUTATIONS: readonly Mutation[] = [
  function drop({ siblings, index }) {
    siblings.splice(index, 1);
  },
  function repeat({ siblings, index, node }, random) {
    siblings.splice(index, 0, ...Array.from({ length: random.pick(REPEATS) }, () => copyOf(node)));
  },
  function swap({ siblings, index, node }, random) {
    const other = random.below(siblings.length);
    siblings[index] = siblings[other] ?? node;
    siblings[other] = node;
  },
  function retag({ node }, random) {
    node.tag = random.onceIn(2) ? random.below(256) : node.tag ^ (1 << random.below(8));
  },
  function nudgeTag({ node }, random) {
    node.tag = (node.tag + (random.onceIn(2) ? 1 : 255)) & 0xff;
  },
  function number({ node }, random) {
    node.content = Buffer.from(random.pick(NUMBERS), 'hex');
  },
  function text({ node }, random) {
    node.content = random.pick(TEXTS);
  },
  function flip({ node }, random) {
    if (Array.isArray(node.content) || node.content.length === 0) return;
    const spoiled = Buffer.from(node.content);
    const at = random.below(spoiled.length);
    spoiled[at] = random.onceIn(2) ? random.below(256) : (spoiled[at] ?? 0) ^ (1 << random.below(8));
    node.content = spoiled;
  },
  function cut({ node }, random) {
    if (Array.isArray(node.content)) node.content.length = random.below(node.content.length + 1);
    else node.content = node.content.subarray(0, random.below(node.content.length + 1));
  },
  function grow({ node }, random) {
    if (Array.isArray(node.content)) return;
    const { content } = node;
    const size = random.pick(LARGE_OCTETS);
    node.content = content.length === 0 ? Buffer.alloc(size, 0x61) : Buffer.alloc(size, content);
  },
  function insertText({ node }, random) {
    if (Array.isArray(node.content)) return;
    const at = random.below(node.content.length + 1);
    node.content = Buffer.concat([
      node.content.subarray(0, at),
      random.pick(TEXTS),
      node.content.subarray(at),
    ]);
  },
  function splice({ siblings, index }, random, others) {
    siblings.splice(index, random.below(2), strange(random, others));
  },
  function graft({ node }, random, others) {
    if (!Array.isArray(node.content)) node.content = writeElement(strange(random, others));
    else node.content.push(strange(random, others));
  },
  function nest({ siblings, index, node }, random) {
    const tag = random.onceIn(3) ? node.tag : random.pick(FILTER_TAGS);
    let nested = node;
    const depthMax = random.onceIn(100) ? NESTING_DEPTH_MAX : random.pick(NESTING_DEPTHS);
    for (let depth = depthMax; depth > 0; depth--) nested = { tag, content: [nested], form: 'shortest' };
    siblings[index] = nested;
  },
  function unwrap({ siblings, index, node }) {
    if (Array.isArray(node.content)) siblings.splice(index, 1, ...node.content);
  },
  function lengthForm({ node }, random) {
    node.form = random.pick([
      'long',
      'indefinite',
      { wrongBy: random.below(5) - 2 },
      { wrongBy: random.below(0xffffffff) },
    ]);
  },
];

/** Any piece of any other message. */
function strange(random: Random, others: readonly ElementNode[]): ElementNode {
  const { node } = random.pick(positionsIn(random.pick(others)));
  return copyOf(node);
}

/** Changes a message so many times; its message ID stays, most of the time. */
export function mutate(
  message: ElementNode,
  times: number,
  random: Random,
  others: readonly ElementNode[],
): void {
  for (let count = 0; count < times; count++) {
    const positions = positionsIn(message);
    const isIdSpared = !random.onceIn(30);
    const open = isIdSpared
      ? positions.filter(({ siblings, index }) => siblings !== message.content || index > 0)
      : positions;
    if (open.length === 0 || open.length > NODES_MAX) return;
    random.pick(MUTATIONS)(random.pick(open), random, others);
  }
}

/** Octets changed wherever they are; the length at the front of the whole is put right again, or not. */
export function spoil(bytes: Buffer, random: Random): Buffer {
  const spoiled = Buffer.from(bytes);
  for (let count = 1 + random.below(3); count > 0; count--)
    spoiled[2 + random.below(Math.max(spoiled.length - 2, 1))] = random.below(256);
  if (random.onceIn(3)) return spoiled.subarray(0, random.below(spoiled.length));
  return random.onceIn(3) ? Buffer.concat([spoiled, random.octets(1 + random.below(8))]) : spoiled;
}

/** The tree of bytes that are one good message. Throws when they are not. */
export function treeOf(bytes: Buffer): ElementNode {
  const [message, ...more] = parseElements(bytes) ?? [];
  if (message === undefined || more.length > 0) throw new Error(`no message: ${bytes.toString('hex')}`);
  return message;
}
