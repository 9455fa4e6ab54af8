// Messages that are sent together, and what the server owes for them: for each an answer or, for all that is left, the end
// of the connection with a notice. At the end stands a request that is good, so that it is seen when all is said.

import { extendedRequest, message } from '../support/ber-bytes.ts';
import { copyOf, type ElementNode, writeElement } from './element-tree.ts';
import { mutate, spoil } from './mutation.ts';
import type { Random } from './random.ts';
import { isWhole, type Owed, owedFor } from './request-shape.ts';

export interface Batch {
  readonly bytes: Buffer;
  /** How many messages, without the good one at the end. */
  readonly count: number;
  /** The ID of the request at the end; undefined where the bytes before it may swallow it and the client hangs up. */
  readonly lastId: number | undefined;
  /** The ID of each request that needs an answer, to the tag of that answer. */
  readonly owed: ReadonlyMap<number, number>;
  /** Something is not understandable: the connection must end. */
  readonly mustEnd: boolean;
  /** It may end without a notice: the client said goodbye, or began TLS. */
  readonly mayEndSilently: boolean;
}

export interface BatchOptions {
  readonly seeds: readonly ElementNode[];
  readonly sizes: readonly number[];
}

const START_TLS = Buffer.from('1.3.6.1.4.1.1466.20037');
const WATCHES = ['2.16.840.1.113730.3.4.3', '1.3.6.1.4.1.4203.1.9.1.1'].map((oid) => Buffer.from(oid));
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
/** The IDs of good requests at the end, which no message of a batch comes near. */
const LAST_IDS = 0x7fff0000;
const FIRST_ID_SPAN = 60_000;

/** What is sent follows from the random numbers alone. */
export function makeBatch(random: Random, { seeds, sizes }: BatchOptions): Batch {
  const size = random.pick(sizes);
  const firstId = 1 + random.below(FIRST_ID_SPAN);
  const messages = Array.from({ length: size }, (_, index) => makeMessage(random, seeds, firstId + index));
  const broken = messages.findIndex((one) => !isWhole(one));
  if (broken >= 0) messages.length = broken + 1;
  const whole = broken < 0 ? messages : messages.slice(0, -1);
  const lastId = broken < 0 ? LAST_IDS + random.below(0xffff) : undefined;
  const all = Buffer.concat(messages);
  const debts = whole.map(debtOf);
  return {
    ...expectations(debts),
    bytes: lastId === undefined ? all : Buffer.concat([all, message(lastId, WHO_AM_I)]),
    count: messages.length,
    lastId,
    mayEndSilently: all.includes(START_TLS) || debts.some(({ type }) => type === 'end'),
  };
}

type Debt = Owed | { readonly type: 'nothing' };

/** Watches are answered when they end, which they need not; an answer with the ID 0 looks like a notice. */
function debtOf(bytes: Buffer): Debt {
  const owed = owedFor(bytes);
  const isUncertain = owed.type === 'answer' && (owed.id === 0 || WATCHES.some((oid) => bytes.includes(oid)));
  return isUncertain ? { type: 'nothing' } : owed;
}

/** What comes behind the first message that ends the connection is owed nothing. */
function expectations(debts: readonly Debt[]): Pick<Batch, 'owed' | 'mustEnd'> {
  const owed = new Map<number, number>();
  const ids = new Set<number>();
  for (const one of debts) {
    if (one.type === 'notice' || one.type === 'end') return { owed, mustEnd: true };
    if (one.type === 'abandon') owed.delete(one.id);
    if (one.type !== 'answer') continue;
    // Which of two answers with the same ID came, nobody can tell.
    if (ids.has(one.id)) owed.delete(one.id);
    else owed.set(one.id, one.tag);
    ids.add(one.id);
  }
  return { owed, mustEnd: false };
}

function makeMessage(random: Random, seeds: readonly ElementNode[], id: number): Buffer {
  const tree = copyOf(random.pick(seeds));
  setId(tree, id);
  // Some stay good: what is broken must not spoil what comes behind it.
  if (random.onceIn(2)) mutate(tree, 1 + random.below(random.onceIn(10) ? 12 : 3), random, seeds);
  const bytes = writeElement(tree);
  return random.onceIn(200) ? spoil(bytes, random) : bytes;
}

function setId({ content }: ElementNode, id: number): void {
  const octets = Buffer.alloc(4);
  octets.writeInt32BE(id);
  const start = octets.findIndex((octet) => octet !== 0);
  const needsZero = (octets[start] ?? 0) >= 0x80;
  const first = Array.isArray(content) ? content[0] : undefined;
  if (first !== undefined) first.content = octets.subarray(needsZero ? start - 1 : start);
}
