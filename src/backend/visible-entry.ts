// An entry by its name, for a requester to whom not all entries exist: one that exists for others is missing in the same words
// as one that is not there at all.

import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { Schema } from '../schema/schema.ts';
import type { EntryName, EntrySource } from './entry-source.ts';
import type { Sight } from './sight.ts';

type Entries = Pick<EntrySource, 'get'>;

/** Returns the entry as it is shown. Throws noSuchObject. */
export function getVisible(source: Entries, name: EntryName, sight: Sight, schema: Schema): Entry {
  if (sight.isWhole) return source.get(name);
  const found = findVisible(source, name, sight);
  if (found !== undefined) return found;
  throw missingFor(Dn.parse(name.dn), (above) => {
    const dn = above.toString();
    return findVisible(source, { dn, dnKey: schema.dnKey(above) }, sight)?.dn;
  });
}

/**
 * Throws noSuchObject for the base of a search that neither exists for the requester nor has an entry below it that does. The
 * names of entries below it say that it is there.
 */
export function requireVisibleBase(
  source: Pick<EntrySource, 'get' | 'children'>,
  name: EntryName,
  sight: Sight,
  schema: Schema,
): void {
  try {
    getVisible(source, name, sight, schema);
  } catch (error) {
    if (!(error instanceof LdapError) || error.code !== ResultCode.noSuchObject) throw error;
    const base = findAny(source, name);
    if (base === undefined || !hasVisibleBelow(source, base, sight)) throw error;
  }
}

function hasVisibleBelow(source: Pick<EntrySource, 'children'>, base: Entry, sight: Sight): boolean {
  const waiting = [source.children(base)[Symbol.iterator]()];
  for (let level = waiting.at(-1); level !== undefined; level = waiting.at(-1)) {
    const next = level.next();
    if (next.done === true) waiting.pop();
    else if (sight.grantOf(next.value) !== undefined) return true;
    else waiting.push(source.children(next.value)[Symbol.iterator]());
  }
  return false;
}

/**
 * Returns 32, with the deepest entry above as matchedDN that exists for the requester.
 * @param nameOf returns the name of an entry as it is stored; undefined if it does not exist for the requester.
 */
export function missingFor(dn: Dn, nameOf: (above: Dn) => Dn | undefined): LdapError {
  let matchedDn: Dn | undefined;
  for (
    let above = dn.parent;
    above !== undefined && !above.isRoot && matchedDn === undefined;
    above = above.parent
  )
    matchedDn = nameOf(above);
  const where = matchedDn === undefined ? '' : ` The deepest entry of that name that exists is ${matchedDn}.`;
  const options = matchedDn === undefined ? {} : { matchedDn };
  return new LdapError('noSuchObject', `${dn}: there is no such entry.${where}`, options);
}

function findVisible(source: Entries, name: EntryName, sight: Sight): Entry | undefined {
  const entry = findAny(source, name);
  return entry === undefined || sight.grantOf(entry) === undefined ? undefined : entry;
}

function findAny(source: Entries, name: EntryName): Entry | undefined {
  try {
    // Places that are held elsewhere are entries like others.
    return source.get({ ...name, manageDsaIt: true });
  } catch (error) {
    if (error instanceof LdapError && error.code === ResultCode.noSuchObject) return undefined;
    throw error;
  }
}
