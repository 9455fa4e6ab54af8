// What a search finds, changed on its way to the client.

import type { Found } from '../../backend/backend.ts';
import type { Entry } from '../../ldap/entry.ts';
import { Reference } from '../../ldap/reference.ts';

/** Converts the entries of what a search finds; references stay. */
export function* mapEntries(found: Iterable<Found>, map: (entry: Entry) => Entry): Generator<Found> {
  for (const one of found) yield one === undefined || one instanceof Reference ? one : map(one);
}

/** For `typesOnly` (RFC 4511 §4.5.1.6). */
export function withoutValues(found: Iterable<Found>): Generator<Found> {
  return mapEntries(found, (entry) => entry.withoutValues());
}
