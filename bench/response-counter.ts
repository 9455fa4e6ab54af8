/**
 * Counts the answers in a stream of LDAP messages (RFC 4511) by looking at their first bytes only.
 *
 * It must cost much less than the server that wrote them, so it decodes nothing: an entry is skipped by its length, and of a
 * final answer only the result code is read. The text of a refusal is decoded, because then the measurement is over anyway.
 */

const SEQUENCE = 0x30;
const SEARCH_RESULT_ENTRY = 0x64;
const SEARCH_RESULT_REFERENCE = 0x73;
const INTERMEDIATE_RESPONSE = 0x79;
const EXTENDED_RESPONSE = 0x78;

/** The most bytes from the start of a message to the tag of its operation: tag, five of length, id of up to four octets. */
const HEAD_LENGTH = 13;

/** An answer that ends the measurement: a refusal, a notice of disconnection, or bytes that are not LDAP. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** Keeps its place between chunks; its counts only ever grow. */
export class ResponseCounter {
  finals = 0;
  entries = 0;
  /** Entries that had come when the last final answer did: with one request at a time, those of whole answers only. */
  entriesAtLastFinal = 0;
  readonly #expectedCode: number;
  #skip = 0;
  #rest: Uint8Array | undefined;

  constructor(expectedCode: number) {
    this.#expectedCode = expectedCode;
  }

  /**
   * Reads the first `length` bytes of `chunk` and returns how many final answers ended in them. The chunk may be overwritten
   * afterwards. Throws UnexpectedAnswer for any other result code than the expected one.
   */
  read(chunk: Uint8Array, length: number): number {
    if (this.#skip >= length) {
      this.#skip -= length;
      return 0;
    }
    const before = this.finals;
    if (this.#rest === undefined) {
      this.#scan(chunk, this.#skip, length);
    } else {
      const joined = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      this.#rest = undefined;
      this.#scan(joined, 0, joined.length);
    }
    return this.finals - before;
  }

  #scan(bytes: Uint8Array, start: number, end: number): void {
    this.#skip = 0;
    let at = start;
    while (at < end) {
      const available = end - at;
      const size = messageSize(bytes, at, available);
      const isWhole = size !== undefined && size <= available;
      if (size === undefined || (!isWhole && available < HEAD_LENGTH)) {
        this.#rest = Buffer.from(bytes.subarray(at, end));
        return;
      }
      const operationAt = findOperation(bytes, at);
      const isEntry = isPartOfResult(bytes[operationAt]);
      if (!isEntry && !isWhole) {
        this.#rest = Buffer.from(bytes.subarray(at, end));
        return;
      }
      if (isEntry) this.entries += 1;
      else this.#finish(bytes, operationAt);
      at += size;
    }
    this.#skip = at - end;
  }

  #finish(bytes: Uint8Array, operationAt: number): void {
    const codeAt = contentStart(bytes, operationAt) + 2;
    const tag = bytes[operationAt];
    const code = bytes[codeAt];
    if (code !== this.#expectedCode || tag === EXTENDED_RESPONSE) {
      throw new UnexpectedAnswer(
        `result code ${code} where ${this.#expectedCode} is expected: ${describe(bytes, codeAt)}`,
      );
    }
    this.finals += 1;
    this.entriesAtLastFinal = this.entries;
  }
}

/** Octets of the whole message, or undefined while its length is not yet there. */
function messageSize(bytes: Uint8Array, at: number, available: number): number | undefined {
  if (bytes[at] !== SEQUENCE) throw new UnexpectedAnswer(`byte ${bytes[at]} where a message should start`);
  if (available < 2) return undefined;
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return first + 2;
  const count = first & 0x7f;
  if (count === 0 || count > 4) throw new UnexpectedAnswer(`a length of ${count} octets`);
  if (available < 2 + count) return undefined;
  let size = 0;
  for (let index = 0; index < count; index += 1) size = size * 256 + (bytes[at + 2 + index] ?? 0);
  return size + 2 + count;
}

function contentStart(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? 0;
  return first < 0x80 ? at + 2 : at + 2 + (first & 0x7f);
}

function findOperation(bytes: Uint8Array, at: number): number {
  const idAt = contentStart(bytes, at);
  return idAt + 2 + (bytes[idAt + 1] ?? 0);
}

function isPartOfResult(tag: number | undefined): boolean {
  return tag === SEARCH_RESULT_ENTRY || tag === SEARCH_RESULT_REFERENCE || tag === INTERMEDIATE_RESPONSE;
}

/** The diagnostic message behind the result code at `codeAt`. */
function describe(bytes: Uint8Array, codeAt: number): string {
  const textAt = contentEnd(bytes, codeAt + 1);
  const text = bytes.subarray(contentStart(bytes, textAt), contentEnd(bytes, textAt));
  return Buffer.from(text).toString('utf8') || 'no text';
}

function contentEnd(bytes: Uint8Array, at: number): number {
  const start = contentStart(bytes, at);
  if (start === at + 2) return start + (bytes[at + 1] ?? 0);
  let length = 0;
  for (let index = at + 2; index < start; index += 1) length = length * 256 + (bytes[index] ?? 0);
  return start + length;
}
