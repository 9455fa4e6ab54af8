/**
 * A process that answers LDAP with canned bytes: success to a bind, one entry and success to everything else.
 *
 * It looks only for the end of each request and for its message id, copies the answer and patches the id; what one chunk asks
 * is answered in one write. It is no server: it shows what Node's sockets alone cost.
 */
import { createServer, type Socket } from 'node:net';
import { attribute, enumerated, message, octets, sequence, tlv } from '../../test/support/ber-bytes.ts';
import { FIRST_MESSAGE_ID, mailServerAttributes, mailServerName } from '../requests.ts';

const SEARCH_RESULT_ENTRY = 0x64;
const SEARCH_RESULT_DONE = 0x65;
const BIND_RESPONSE = 0x61;
const ID_OFFSET_SHORT = 4;
const ID_OFFSET_LONG = 5;

/** An answer whose message ids, all of two octets, stand at known places. */
interface Answer {
  readonly bytes: Buffer;
  readonly idOffsets: readonly number[];
}

function result(tag: number): Buffer {
  return message(FIRST_MESSAGE_ID, tlv(tag, enumerated(0), octets(''), octets('')));
}

function searchAnswer(): Answer {
  const dn = `cn=${mailServerName(1)},cn=Mail Servers,cn=config`;
  const attributes = mailServerAttributes(1).map(([name, values]) => attribute(name, values));
  const entry = message(FIRST_MESSAGE_ID, tlv(SEARCH_RESULT_ENTRY, octets(dn), sequence(...attributes)));
  const entryIdOffset = entry.length < 0x80 + 2 ? ID_OFFSET_SHORT : entry.indexOf(0x02) + 2;
  const bytes = Buffer.concat([entry, result(SEARCH_RESULT_DONE)]);
  return { bytes, idOffsets: [entryIdOffset, entry.length + ID_OFFSET_SHORT] };
}

/** Answers every whole request in `bytes` in one write and returns the bytes of a request that is not yet whole. */
function answerAll(socket: Socket, bytes: Buffer, answer: Answer, bindAnswer: Buffer): Buffer | undefined {
  const output = Buffer.allocUnsafe(Math.ceil(bytes.length / 32) * answer.bytes.length);
  let at = 0;
  let length = 0;
  while (at < bytes.length) {
    const isShort = (bytes[at + 1] ?? 0) < 0x80;
    const size = isShort ? (bytes[at + 1] ?? 0) + 2 : (bytes[at + 2] ?? 0) + 3;
    if (at + size > bytes.length || bytes.length - at < 3) break;
    const idOffset = at + (isShort ? ID_OFFSET_SHORT : ID_OFFSET_LONG);
    if (bytes[idOffset - 1] === 1) {
      // Only the bind that opens a load connection has an id of one octet; its answer is canned as a whole.
      socket.write(bindAnswer);
    } else {
      output.set(answer.bytes, length);
      for (const offset of answer.idOffsets) {
        output[length + offset] = bytes[idOffset] ?? 0;
        output[length + offset + 1] = bytes[idOffset + 1] ?? 0;
      }
      length += answer.bytes.length;
    }
    at += size;
  }
  if (length > 0) socket.write(output.subarray(0, length));
  return at < bytes.length ? bytes.subarray(at) : undefined;
}

const answer = searchAnswer();
const bindAnswer = message(1, tlv(BIND_RESPONSE, enumerated(0), octets(''), octets('')));
createServer({ noDelay: true }, (socket) => {
  let rest: Buffer | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = answerAll(socket, bytes, answer, bindAnswer);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
