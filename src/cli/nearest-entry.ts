// The name that somebody probably meant who named an entry that is not there.

import type { Dn } from '../ldap/dn.ts';
import { findSimilarName } from '../schema/similar-name.ts';
import type { Directory } from './connection/directory.ts';

/** Up to this many names are all listed where none is similar. */
const SHOWN_MAX = 10;

/** Returns ` Did you mean Main?`, ` There are: A, B.`, or nothing where that cannot be known. Never rejects. */
export async function nearestEntry(directory: Pick<Directory, 'search'>, missing: Dn): Promise<string> {
  const { parent } = missing;
  if (parent === undefined) return '';
  const search = directory.search({ base: parent.toString(), scope: 'one', attributes: ['1.1'] });
  const names = (await search.catch(() => [])).map(({ dn }) => dn.name);
  const similar = findSimilarName(missing.name, names);
  if (similar !== undefined) return ` Did you mean ${similar}?`;
  return names.length === 0 || names.length > SHOWN_MAX ? '' : ` There are: ${names.join(', ')}.`;
}
