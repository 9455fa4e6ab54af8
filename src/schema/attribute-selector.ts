// Selects the attributes that a description in a filter stands for: the type, its subtypes, and all of them
// with options (RFC 4511 §4.5.1.7, RFC 4512 §2.5).

import { type AttributeDescription, isLanguageRange } from './attribute-type.ts';
import type { Schema } from './schema.ts';

/** Returns true if the description stands for the attribute with this key. */
export type AttributeSelector = (key: string) => boolean;

const SEMICOLON = 59;

/**
 * Returns the selector for an attribute description. Returns undefined if every attribute it stands for is
 * hidden. `isHidden` takes the key of an attribute type.
 */
export function makeAttributeSelector(
  schema: Schema,
  { type, options }: AttributeDescription,
  isHidden: (key: string) => boolean = () => false,
): AttributeSelector | undefined {
  const keys = schema
    .subtypes(type)
    .map((subtype) => subtype.key)
    .filter((key) => !isHidden(key));
  const [first] = keys;
  if (first === undefined) return undefined;
  if (keys.length === 1 && options.length === 0) return (key) => isTypeOrOption(key, first);
  const set = new Set(keys);
  if (options.length === 0) return (key) => set.has(key) || set.has(typeKeyOf(key));
  return (key) => {
    const [base = '', ...present] = key.split(';');
    return set.has(base) && options.every((option) => isAmong(option, present));
  };
}

/**
 * Returns true if the option is present. A language range (`lang-en-`) also matches every longer tag that
 * starts with it (RFC 3866 §3.2).
 */
function isAmong(option: string, present: readonly string[]): boolean {
  if (!isLanguageRange(option)) return present.includes(option);
  return present.some((tag) => tag.startsWith(option) || `${tag}-` === option);
}

/** Returns the key of an attribute without its options. */
export function typeKeyOf(key: string): string {
  const end = key.indexOf(';');
  return end < 0 ? key : key.slice(0, end);
}

function isTypeOrOption(key: string, typeKey: string): boolean {
  if (key.length === typeKey.length) return key === typeKey;
  return (
    key.length > typeKey.length && key.charCodeAt(typeKey.length) === SEMICOLON && key.startsWith(typeKey)
  );
}
