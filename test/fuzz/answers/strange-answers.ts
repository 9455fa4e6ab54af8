// A server whose answers are spoiled: by the mutations that the fuzzer of requests has, and by what only a server can do, such
// as answering twice, answering what nobody asked, ending in the middle of a message, and never ending at all.

import type { Socket } from 'node:net';
import type { RequestMessage } from '../../../src/ldap/message.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { answerOctets } from '../../support/scripted-server.ts';
import { copyOf, type ElementNode, writeElement } from '../element-tree.ts';
import { mutate, spoil, treeOf } from '../mutation.ts';
import type { Random } from '../random.ts';
import { goodAnswers } from './good-answers.ts';

const HUGE_LENGTH = Buffer.from('3084ffffffff', 'hex');
const STRAYS = 1500;
const IDLE_MS = 100;
const PIECES_MAX = 400;
const STRANGE_ID_MAX = 5;

const result = { code: 52, matchedDn: '', diagnosticMessage: 'The server stops.', referrals: undefined };
const NOTICE = answerOctets({
  id: 0,
  operation: { type: 'extendedResponse', ...result, oid: Oid.noticeOfDisconnection, value: undefined },
  controls: [],
});

export class StrangeAnswers {
  /** How many messages were not as they should have been. */
  spoiledCount = 0;
  readonly #random: Random;
  readonly #others: ElementNode[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Answers one request, or does something else. */
  answer(request: RequestMessage, socket: Socket): void {
    const random = this.#random;
    const answers = goodAnswers(request, random);
    if (answers.length === 0 || socket.writableEnded) return;
    this.#remember(answers);
    // A login that never succeeds would let nothing else be tried.
    const isSpared = request.operation.type === 'bindRequest' && !random.onceIn(6);
    if (isSpared || random.onceIn(3)) {
      for (const one of answers) socket.write(one);
      return;
    }
    const strange = this.#spoiled(request, answers);
    if (random.onceIn(20)) this.#drip(socket, strange);
    else socket.write(strange);
    // Whoever has understood goes on asking; what is not understood would be waited for.
    if (random.onceIn(3)) socket.end();
    else this.#endWhenIdle(socket);
  }

  #endWhenIdle(socket: Socket): void {
    if (socket.listenerCount('timeout') === 0) socket.once('timeout', () => void socket.end());
    socket.setTimeout(IDLE_MS);
  }

  #remember(answers: readonly Buffer[]): void {
    if (this.#others.length < 200) this.#others.push(...answers.map(treeOf));
  }

  #spoiled(request: RequestMessage, answers: readonly Buffer[]): Buffer {
    const random = this.#random;
    const all = [...answers];
    this.spoiledCount += 1;
    if (random.onceIn(400))
      return Buffer.concat([...all, ...Array.from({ length: STRAYS }, () => random.pick(all))]);
    if (random.onceIn(60)) return Buffer.concat([HUGE_LENGTH, random.octets(random.below(20))]);
    if (random.onceIn(60)) return Buffer.concat([NOTICE, ...all]);
    if (random.onceIn(60)) return random.octets(1 + random.below(60));
    if (random.onceIn(30)) all.splice(random.below(all.length), 0, this.#foreign(request));
    const at = random.below(all.length);
    const tree = copyOf(treeOf(all[at] ?? NOTICE));
    mutate(tree, 1 + random.below(random.onceIn(10) ? 12 : 3), random, this.#others);
    const bytes = writeElement(tree);
    all[at] = random.onceIn(5) ? spoil(bytes, random) : bytes;
    // The true answer may follow: whoever had no use for the strange one has one for it.
    return Buffer.concat(random.onceIn(2) ? all : [...all, ...answers]);
  }

  /** An answer to something else, by its number or by its kind. */
  #foreign(request: RequestMessage): Buffer {
    const random = this.#random;
    const other = copyOf(random.pick(this.#others));
    const id = random.onceIn(2) ? request.id : random.below(STRANGE_ID_MAX);
    const first = Array.isArray(other.content) ? other.content[0] : undefined;
    if (first !== undefined) first.content = Buffer.from([id & 0x7f]);
    return writeElement(other);
  }

  #drip(socket: Socket, bytes: Buffer): void {
    const octets = Math.max(1, Math.ceil(bytes.length / PIECES_MAX));
    for (let at = 0; at < bytes.length; at += octets) socket.write(bytes.subarray(at, at + octets));
  }
}
