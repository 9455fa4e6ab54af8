// One message in the spool as a file: a line of JSON with the envelope, then the message as sent on the wire.
// The file name has the time and random digits, so that names sort by age and reveal nothing.

import { randomBytes } from 'node:crypto';

export interface SpoolEnvelope {
  readonly from: string;
  /** Remaining recipients. */
  readonly to: readonly string[];
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly spooledAtMs: number;
}

export interface SpoolContent {
  readonly envelope: SpoolEnvelope;
  readonly content: Buffer;
}

const LINE_END = 0x0a;
const ID = /^[0-9a-f]{12}-[0-9a-f]{16}$/;

/** Returns a new spool id: the time and random digits. */
export function makeSpoolId(now: Date): string {
  return `${now.getTime().toString(16).padStart(12, '0')}-${randomBytes(8).toString('hex')}`;
}

/** Returns true if the text is a spool id. */
export function isSpoolId(text: string): boolean {
  return ID.test(text);
}

/** Returns the time at which a message was spooled, in milliseconds since 1970. */
export function spooledAtMs(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/** Formats a message as the octets of its file. */
export function formatSpoolFile({ envelope, content }: SpoolContent): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(envelope)}\n`), content]);
}

/** Parses a spool file. Returns undefined if this server did not write it, or not completely. */
export function parseSpoolFile(octets: Buffer): SpoolContent | undefined {
  const end = octets.indexOf(LINE_END);
  if (end < 0) return undefined;
  const envelope = parseEnvelope(octets.toString('utf8', 0, end));
  return envelope && { envelope, content: octets.subarray(end + 1) };
}

function parseEnvelope(text: string): SpoolEnvelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const fields: Partial<Record<keyof SpoolEnvelope, unknown>> = value;
    const { from, to, messageId, spooledAtMs: atMs } = fields;
    if (typeof from !== 'string' || typeof messageId !== 'string' || typeof atMs !== 'number')
      return undefined;
    if (!Array.isArray(to) || to.length === 0) return undefined;
    const recipients = to.filter((one) => typeof one === 'string');
    return recipients.length < to.length ? undefined : { from, to: recipients, messageId, spooledAtMs: atMs };
  } catch {
    return undefined;
  }
}
