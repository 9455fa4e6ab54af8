// What a search finds, changed on the way; a result that is there as a whole stays so.

import type { Entry } from '../ldap/entry.ts';

export function mapFound(
  found: Iterable<Entry | undefined>,
  map: (entry: Entry) => Entry,
): Iterable<Entry | undefined> {
  if (Array.isArray(found))
    return found.map((entry: Entry | undefined) => (entry === undefined ? undefined : map(entry)));
  return mapLazily(found, map);
}

function* mapLazily(
  found: Iterable<Entry | undefined>,
  map: (entry: Entry) => Entry,
): Generator<Entry | undefined> {
  for (const entry of found) yield entry === undefined ? undefined : map(entry);
}
