// Fields of a protobuf message, one after the other. Each read checks the wire type, which the runtime does not: a hostile message
// must end in an error, and never in a value of another field.

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { EtcdError } from './etcd-error.ts';

const NONE: Uint8Array = new Uint8Array(0);

/** Reads the fields of one message. */
export class WireFields {
  readonly #reader: BinaryReader;
  #type: WireType = WireType.Varint;

  constructor(octets: Uint8Array) {
    this.#reader = new BinaryReader(octets);
  }

  /** Goes to the next field. Returns its number, or 0 at the end. Throws EtcdError (`wrong-answer`), as the other methods. */
  next(): number {
    if (this.#reader.pos >= this.#reader.len) return 0;
    return guarded(() => {
      const [field, type] = this.#reader.tag();
      this.#type = type;
      return field;
    });
  }

  int64(): bigint {
    this.#require(WireType.Varint);
    return guarded(() => BigInt(this.#reader.int64()));
  }

  uint64(): bigint {
    this.#require(WireType.Varint);
    return guarded(() => BigInt(this.#reader.uint64()));
  }

  /** Returns an int64 or an enumeration that a number can hold. */
  number(): number {
    const value = Number(this.int64());
    if (!Number.isSafeInteger(value)) throw malformed('a number is too large');
    return value;
  }

  bool(): boolean {
    return this.int64() !== 0n;
  }

  /** Returns the octets of the field; they are part of the message's memory. */
  octets(): Uint8Array {
    this.#require(WireType.LengthDelimited);
    return guarded(() => this.#reader.bytes());
  }

  text(): string {
    this.#require(WireType.LengthDelimited);
    return guarded(() => this.#reader.string());
  }

  skip(): void {
    guarded(() => this.#reader.skip(this.#type));
  }

  #require(type: WireType): void {
    if (this.#type !== type) throw malformed('a field has another type');
  }
}

/** Writes the fields of one message. What is zero or empty is left out, as protobuf 3 does. */
export class WireMessage {
  readonly #writer = new BinaryWriter();

  octets(field: number, value: Uint8Array): this {
    if (value.length > 0) this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }

  text(field: number, value: string): this {
    if (value !== '') this.#writer.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }

  int64(field: number, value: bigint | number): this {
    if (BigInt(value) !== 0n) this.#writer.tag(field, WireType.Varint).int64(value);
    return this;
  }

  bool(field: number, value: boolean): this {
    return this.int64(field, value ? 1 : 0);
  }

  /** Writes a message inside, also if it is empty; so a oneof shows which it is. */
  message(field: number, value: WireMessage): this {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value.finish());
    return this;
  }

  /** Writes an int64 also if it is zero, for a oneof. */
  chosenInt64(field: number, value: bigint): this {
    this.#writer.tag(field, WireType.Varint).int64(value);
    return this;
  }

  /** Writes octets also if there are none, for a oneof. */
  chosenOctets(field: number, value: Uint8Array): this {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }

  /** Returns the message; the object cannot be used afterwards. */
  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

/** Message without fields. */
export const EMPTY_MESSAGE: Uint8Array = NONE;

function malformed(what: string, cause?: unknown): EtcdError {
  return new EtcdError('wrong-answer', `The answer is not a message of etcd: ${what}.`, { cause });
}

/** The runtime throws plain errors: about bounds, varints that are too long, text that is not UTF-8. */
function guarded<Read>(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    throw malformed('it is cut short or malformed', error);
  }
}
