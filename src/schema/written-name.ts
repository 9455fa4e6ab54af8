// The keys of very many names, as a snapshot has them: most are plain words below a parent that the name before had too.

import type { Dn } from '../ldap/dn.ts';
import type { Schema } from './schema.ts';

/** A level in words of unreserved characters: nothing is escaped, nothing is quoted, no space stands at an end. */
const PLAIN_LEVEL = /^([A-Za-z][A-Za-z0-9-]*)=([A-Za-z0-9._-]+(?: [A-Za-z0-9._-]+)*),(?=[A-Za-z])/;

export interface NameKeys {
  readonly key: string;
  /** Undefined at the top. */
  readonly parentKey: string | undefined;
}

/** The schema's key of a name, and of what is above it. The text must be a name. */
export function keysOfName(schema: Schema, dn: Dn): NameKeys {
  const text = dn.toString();
  const [level, type, value] = PLAIN_LEVEL.exec(text) ?? [];
  if (level === undefined || type === undefined || value === undefined) return keysOfAnyName(schema, dn);
  const parentKey = schema.dnKeyOfText(text.slice(level.length));
  return { key: `${schema.rdnKey([{ type, value }])},${parentKey}`, parentKey };
}

function keysOfAnyName(schema: Schema, dn: Dn): NameKeys {
  const parent = dn.parent;
  const isTop = parent === undefined || parent.isRoot;
  return { key: schema.dnKey(dn), parentKey: isTop ? undefined : schema.dnKey(parent) };
}
