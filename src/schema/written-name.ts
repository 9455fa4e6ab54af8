// The keys of very many names, as clients and snapshots have them: most are plain words below a parent that the name
// before had too.

import type { Dn } from '../ldap/dn.ts';
import type { Schema } from './schema.ts';

/** A level in words of unreserved characters: nothing is escaped, nothing is quoted, no space stands at an end. */
const PLAIN_LEVEL = /^([A-Za-z][A-Za-z0-9-]*)=([A-Za-z0-9._-]+(?: [A-Za-z0-9._-]+)*),(?=[A-Za-z])/;

export interface PlainLevel {
  readonly type: string;
  readonly value: string;
  /** What is above, which is not known to be a name. */
  readonly above: string;
}

/** The first level of a text that begins like a name of plain words with something above; undefined for any other. */
export function plainLevelOf(text: string): PlainLevel | undefined {
  const [level, type, value] = PLAIN_LEVEL.exec(text) ?? [];
  if (level === undefined || type === undefined || value === undefined) return undefined;
  return { type, value, above: text.slice(level.length) };
}

export interface NameKeys {
  readonly key: string;
  /** Undefined at the top. */
  readonly parentKey: string | undefined;
}

/** The schema's key of a name, and of what is above it. The text must be a name. */
export function keysOfName(schema: Schema, dn: Dn): NameKeys {
  const plain = plainLevelOf(dn.toString());
  if (plain === undefined) return keysOfAnyName(schema, dn);
  const parentKey = schema.dnKeyOfText(plain.above);
  return { key: `${schema.rdnKey([plain])},${parentKey}`, parentKey };
}

function keysOfAnyName(schema: Schema, dn: Dn): NameKeys {
  const parent = dn.parent;
  const isTop = parent === undefined || parent.isRoot;
  return { key: schema.dnKey(dn), parentKey: isTop ? undefined : schema.dnKey(parent) };
}
