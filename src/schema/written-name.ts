// Fast keys for many DNs, as clients and snapshots send them: most are plain words below the same parent as the
// DN before.

import type { Dn } from '../ldap/dn.ts';
import type { Rdn } from '../ldap/rdn.ts';

/** One level of unreserved characters: no escapes, no quotes, no space at an end. */
const PLAIN_LEVEL = /^([A-Za-z][A-Za-z0-9-]*)=([A-Za-z0-9._-]+(?: [A-Za-z0-9._-]+)*),(?=[A-Za-z])/;

export interface PlainLevel {
  readonly type: string;
  readonly value: string;
  /** Text of the parent. It may not be a valid DN. */
  readonly above: string;
}

/** Returns the first level of a DN in plain words that has a parent, or undefined for any other text. */
export function plainLevelOf(text: string): PlainLevel | undefined {
  const [level, type, value] = PLAIN_LEVEL.exec(text) ?? [];
  if (level === undefined || type === undefined || value === undefined) return undefined;
  return { type, value, above: text.slice(level.length) };
}

export interface NameKeys {
  readonly key: string;
  /** Undefined at the top of the tree. */
  readonly parentKey: string | undefined;
}

/** The part of a schema that makes keys of DNs. */
interface NameNormalizer {
  dnKey(dn: Dn): string;
  dnKeyOfText(text: string): string;
  rdnKey(rdn: Rdn): string;
}

/** Returns the keys of a DN and of its parent. The text must be a valid DN. */
export function keysOfName(names: NameNormalizer, dn: Dn): NameKeys {
  const plain = plainLevelOf(dn.toString());
  if (plain === undefined) return keysOfAnyName(names, dn);
  const parentKey = names.dnKeyOfText(plain.above);
  return { key: `${names.rdnKey([plain])},${parentKey}`, parentKey };
}

function keysOfAnyName(names: NameNormalizer, dn: Dn): NameKeys {
  const parent = dn.parent;
  const isTop = parent === undefined || parent.isRoot;
  return { key: names.dnKey(dn), parentKey: isTop ? undefined : names.dnKey(parent) };
}
