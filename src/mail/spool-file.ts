// One message in the spool as a file: a line of JSON with the envelope, then the message as it will go over the wire.
// The name is made of the time and of random digits, so that names sort by age and tell nothing.

import { randomBytes } from 'node:crypto';

export interface SpoolEnvelope {
  readonly from: string;
  /** Those it still has to reach. */
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

export function makeSpoolId(now: Date): string {
  return `${now.getTime().toString(16).padStart(12, '0')}-${randomBytes(8).toString('hex')}`;
}

export function isSpoolId(text: string): boolean {
  return ID.test(text);
}

/** When a message was spooled, in milliseconds since 1970. */
export function spooledAtMs(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

export function formatSpoolFile({ envelope, content }: SpoolContent): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(envelope)}\n`), content]);
}

/** Undefined for what this server did not write, or not completely. */
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
