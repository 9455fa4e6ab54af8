// Values of a cluster's keys: JSON, which is unknown until it is decoded. A server of another version may have written it, or
// anyone else who may write to etcd.

import { decodeUtf8 } from '../files/text.ts';
import { LogError, type LogRecord } from './cluster-log.ts';

/** Version of all that is described here. A server refuses a log of a higher version, and stores nothing in it. */
const FORMAT = 1;

export interface HeadValue {
  readonly number: number;
  readonly historyId: string;
  readonly code: string;
}

/** Where a text is that is cut into parts. */
export interface PartsValue {
  /** Identifier of the attempt that wrote them. */
  readonly id: string;
  readonly parts: number;
}

export interface SnapshotValue extends HeadValue, PartsValue {
  readonly seal: string;
}

/** Value of a batch: the records themselves, or where they are. */
export type BatchValue = { readonly records: readonly LogRecord[] } | PartsValue;

export const FORMAT_VALUE: Uint8Array = encoded({ format: FORMAT });

/** Returns the value of `head`. Every server of this format encodes it in the same octets, so transactions compare them. */
export function encodeHead({ number, historyId, code }: HeadValue): Uint8Array {
  return encoded({ number, historyId, code });
}

/** Returns the value of `snapshot`. */
export function encodeSnapshot({ number, historyId, code, seal, id, parts }: SnapshotValue): Uint8Array {
  return encoded({ number, historyId, code, seal, id, parts });
}

/** Returns the value of a batch, or what is cut into its parts. */
export function encodeBatch(records: readonly LogRecord[]): Uint8Array {
  return encoded({ records: records.map(({ number, id, text, code }) => ({ number, id, text, code })) });
}

/** Returns the value of a batch that is in parts. */
export function encodeParts({ id, parts }: PartsValue): Uint8Array {
  return encoded({ id, parts });
}

/** Throws LogError (`format`) unless this program can use a log with this format. `octets` is undefined if the key is absent. */
export function requireFormat(octets: Uint8Array | undefined): void {
  const format = octets === undefined ? undefined : fieldsOf(octets, 'format').format;
  if (format === FORMAT) return;
  if (typeof format === 'number' && format > FORMAT) {
    const message = `The cluster in etcd has format ${format}, and this confdit knows format ${FORMAT}: a newer confdit has changed it. Upgrade this server.`;
    throw new LogError('format', message);
  }
  throw unreadable('format');
}

/** Reads the value of `head`. Throws LogError (`format`), as the other functions. */
export function decodeHead(octets: Uint8Array): HeadValue {
  return headIn(fieldsOf(octets, 'head'), 'head');
}

/** Reads the value of `snapshot`. */
export function decodeSnapshot(octets: Uint8Array): SnapshotValue {
  const fields = fieldsOf(octets, 'snapshot');
  return {
    ...headIn(fields, 'snapshot'),
    ...partsIn(fields, 'snapshot'),
    seal: text(fields.seal, 'snapshot'),
  };
}

/** Reads the value of a batch. `key` is for the error. The numbers of the records are consecutive. */
export function decodeBatch(octets: Uint8Array, key: string): BatchValue {
  const fields = fieldsOf(octets, key);
  if (fields.records === undefined) return partsIn(fields, key);
  if (!Array.isArray(fields.records) || fields.records.length === 0) throw unreadable(key);
  const records = fields.records.map((one: unknown): LogRecord => {
    const record = objectOf(one, key);
    return {
      number: wholeNumber(record.number, key),
      id: text(record.id, key),
      text: text(record.text, key),
      code: text(record.code, key),
    };
  });
  const first = records[0]?.number ?? 0;
  if (records.some(({ number }, index) => number !== first + index)) throw unreadable(key);
  return { records };
}

function headIn(fields: Record<string, unknown>, key: string): HeadValue {
  return {
    number: wholeNumber(fields.number, key),
    historyId: text(fields.historyId, key),
    code: text(fields.code, key),
  };
}

function partsIn(fields: Record<string, unknown>, key: string): PartsValue {
  return { id: text(fields.id, key), parts: wholeNumber(fields.parts, key) };
}

function encoded(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

function fieldsOf(octets: Uint8Array, key: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decodeUtf8(octets) ?? '');
    return objectOf(value, key);
  } catch (error) {
    throw error instanceof LogError ? error : unreadable(key, error);
  }
}

function objectOf(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw unreadable(key);
  return Object.fromEntries(Object.entries(value));
}

function wholeNumber(value: unknown, key: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw unreadable(key);
}

function text(value: unknown, key: string): string {
  if (typeof value === 'string') return value;
  throw unreadable(key);
}

/** Returns the error of a key whose value cannot be decoded. */
export function unreadable(key: string, cause?: unknown): LogError {
  const message = `The key ${key} of the cluster in etcd does not have what confdit writes there. Restore the cluster, or delete its keys and create it again.`;
  return new LogError('format', message, { cause });
}
