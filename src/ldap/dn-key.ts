// Keys of names, as the schema makes them of DNs: leaf first, so that the key of an entry ends with those above it.

const COMMA = 0x2c;

/** Returns whether the name with the key `key` is below the one with `baseKey`, at any depth. The root DSE has nothing below it. */
export function isBelow(key: string, baseKey: string): boolean {
  return key.endsWith(baseKey) && key.charCodeAt(key.length - baseKey.length - 1) === COMMA;
}

/** Returns whether the name is the base itself or below it. */
export function isAtOrBelow(key: string, baseKey: string): boolean {
  return key === baseKey || isBelow(key, baseKey);
}
