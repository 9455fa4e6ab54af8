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
  try {
    // Places that are held elsewhere are entries like others.
    const entry = source.get({ ...name, manageDsaIt: true });
    return sight.grantOf(entry) === undefined ? undefined : entry;
  } catch (error) {
    if (error instanceof LdapError && error.code === ResultCode.noSuchObject) return undefined;
    throw error;
  }
}
