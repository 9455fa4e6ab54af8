/**
 * A process that answers LDAP with canned bytes: of the kind that its first request on a connection asks for.
 *
 * It looks only for the end of each request and for its message id, copies the answer and patches the id; what one chunk asks
 * is answered in one write. It is no server: it shows what Node's sockets alone cost, and with TLS what OpenSSL costs.
 *
 * `node bench/servers/canned-loop.ts PORT LDAPS-PORT KEY-FILE ENTRIES`
 */
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ReadBuffer } from '../../src/server/connection/read-buffer.ts';
import { attribute, enumerated, message, octets, sequence, tlv } from '../../test/support/ber-bytes.ts';
import { FIRST_MESSAGE_ID, mailServerAttributes, mailServerName } from '../requests.ts';

const [port, ldapsPort, keyFile = '', entryCount] = process.argv.slice(2);

const SEARCH_RESULT_ENTRY = 0x64;
const SEARCH_RESULT_DONE = 0x65;
const BIND_RESPONSE = 0x61;
const MODIFY_RESPONSE = 0x67;
const COMPARE_RESPONSE = 0x6f;
const COMPARE_TRUE = 6;
const ID_OFFSET_SHORT = 4;
const ID_OFFSET_LONG = 5;

/** An answer whose message ids, all of two octets, stand at known places. */
interface Answer {
  readonly bytes: Buffer;
  readonly idOffsets: readonly number[];
}

function result(tag: number, code = 0): Buffer {
  return message(FIRST_MESSAGE_ID, tlv(tag, enumerated(code), octets(''), octets('')));
}

function entry(number: number): Buffer {
  const dn = `cn=${mailServerName(number)},cn=Mail Servers,cn=config`;
  const attributes = mailServerAttributes(number).map(([name, values]) => attribute(name, values));
  return message(FIRST_MESSAGE_ID, tlv(SEARCH_RESULT_ENTRY, octets(dn), sequence(...attributes)));
}

function answerOf(...messages: readonly Buffer[]): Answer {
  let at = 0;
  const idOffsets = messages.map((one) => {
    const offset = at + ((one[1] ?? 0) < 0x80 ? ID_OFFSET_SHORT : (one.indexOf(0x02) ?? 0) + 2);
    at += one.length;
    return offset;
  });
  return { bytes: Buffer.concat(messages), idOffsets };
}

const found = answerOf(entry(1), result(SEARCH_RESULT_DONE));
const everything = answerOf(
  ...Array.from({ length: Number(entryCount) + 1 }, (_, index) => entry(index + 1)),
  result(SEARCH_RESULT_DONE),
);
const answers: Readonly<Record<number, Answer>> = {
  96: answerOf(result(BIND_RESPONSE)),
  99: found,
  102: answerOf(result(MODIFY_RESPONSE)),
  110: answerOf(result(COMPARE_RESPONSE, COMPARE_TRUE)),
};

/** Takes a request with its message id at `idOffset`. A search of the container without an address is for all there is. */
function answerFor(request: Buffer, idOffset: number): Answer {
  const tag = request[idOffset + 2] ?? 0;
  const isForAll = tag === 99 && !request.includes('cn=mail ') && !request.includes('ds-cfg-smtp-server');
  return isForAll ? everything : (answers[tag] ?? found);
}

/** What one connection is answered with. */
interface Client {
  readonly socket: Socket;
  answer: Answer | undefined;
  rest: Buffer | undefined;
}

/** Answers every whole request in `bytes` in one write and keeps the bytes of a request that is not yet whole. */
function answerAll(client: Client, bytes: Buffer): void {
  const { socket } = client;
  let output: Buffer | undefined;
  let length = 0;
  let at = 0;
  while (at < bytes.length) {
    const isShort = (bytes[at + 1] ?? 0) < 0x80;
    const size = isShort ? (bytes[at + 1] ?? 0) + 2 : (bytes[at + 2] ?? 0) + 3;
    if (at + size > bytes.length || bytes.length - at < 3) break;
    const idOffset = at + (isShort ? ID_OFFSET_SHORT : ID_OFFSET_LONG);
    if (bytes[idOffset - 1] === 1) {
      // Only the bind that opens a connection has an id of one octet; its answer is canned as a whole.
      socket.write(bindAnswer);
    } else {
      client.answer ??= answerFor(bytes.subarray(at, at + size), idOffset - at);
      const { answer } = client;
      // What all the rest may need at most: no request is shorter than 32 octets.
      output ??= Buffer.allocUnsafe((1 + Math.floor((bytes.length - at) / 32)) * answer.bytes.length);
      length = put(answer, output, length, bytes, idOffset);
    }
    at += size;
  }
  if (output !== undefined) socket.write(output.subarray(0, length));
  client.rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined;
}

/** Copies the answer with the id of the request; returns where it ends. */
function put(
  { bytes, idOffsets }: Answer,
  output: Buffer,
  at: number,
  request: Buffer,
  idOffset: number,
): number {
  output.set(bytes, at);
  for (const offset of idOffsets) {
    output[at + offset] = request[idOffset] ?? 0;
    output[at + offset + 1] = request[idOffset + 1] ?? 0;
  }
  return at + bytes.length;
}

const bindAnswer = message(1, tlv(BIND_RESPONSE, enumerated(0), octets(''), octets('')));

function serve(socket: Socket): void {
  const client: Client = { socket, answer: undefined, rest: undefined };
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    answerAll(client, client.rest === undefined ? chunk : Buffer.concat([client.rest, chunk]));
  });
}

const pem = readFileSync(keyFile);
const readBuffer = new ReadBuffer();
createServer({ noDelay: true }, (socket) => serve(readBuffer.adopt(socket))).listen(
  Number(port),
  '127.0.0.1',
);
createTlsServer({ key: pem, cert: pem, noDelay: true }, serve).listen(Number(ldapsPort), '127.0.0.1');
