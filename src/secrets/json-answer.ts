// An answer in JSON, and JSON pointers (RFC 6901) into it.

import { decodeUtf8 } from '../files/text.ts';
import { SecretError } from './secret-error.ts';

const INDEX = /^(?:0|[1-9]\d*)$/;

/** Parses an answer. Throws SecretError, which shows nothing of it. */
export function parseAnswer(octets: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(decodeUtf8(octets) ?? '');
    return value;
  } catch {
    // The error of JSON.parse quotes the text.
    throw new SecretError('answered with something else than JSON');
  }
}

/** Returns the value at a pointer, which is empty or begins with `/`; undefined if there is none (RFC 6901 §4). */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = INDEX.test(key) ? at[Number(key)] : undefined;
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
