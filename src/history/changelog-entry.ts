// One change of the journal as an entry of cn=changelog (draft-good-ldap-changelog). The changes of one commit share a
// number; from the second on, the name has an index too.

import { type Change, dnOfChange } from '../ldap/change.ts';
import { type Dn, formatRdn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import type { Rdn } from '../ldap/rdn.ts';
import type { CommitFacts } from '../store/history-reader.ts';

/** Formats a change as LDIF for ldapmodify. */
export type FormatChange = (change: Change) => string;

const CHANGE_TYPES = { add: 'add', delete: 'delete', modify: 'modify', modifyDn: 'modrdn' } as const;

function nameInChangelog(base: Dn, number: number, index: number): Dn {
  const rdn: Rdn[number][] = [{ type: 'changeNumber', value: String(number) }];
  if (index > 0) rdn.push({ type: 'changeIndex', value: String(index + 1) });
  return base.child(rdn);
}

/** Returns the entry of the `index`th change of a commit, in which `shown` has masked secrets. */
export function changelogEntry(
  base: Dn,
  { number, at, by }: CommitFacts,
  index: number,
  shown: Change,
  formatChange: FormatChange,
): Entry {
  const attributes: Record<string, readonly string[]> = {
    objectClass: ['top', 'changeLogEntry'],
    structuralObjectClass: ['changeLogEntry'],
    changeNumber: [String(number)],
    ...(index === 0 ? {} : { changeIndex: [String(index + 1)] }),
    changeTime: [at.toISOString().replace(/[-:T]/g, '')],
    changeInitiatorsName: [by],
    targetDN: [dnOfChange(shown).toString()],
    changeType: [CHANGE_TYPES[shown.type]],
    ...detailsOf(shown, formatChange),
  };
  return new Entry(
    nameInChangelog(base, number, index),
    Object.entries(attributes).map(([name, values]) => new Attribute(name, values)),
  );
}

function detailsOf(change: Change, formatChange: FormatChange): Record<string, readonly string[]> {
  switch (change.type) {
    case 'add':
    case 'modify':
      return { changes: [afterChangeType(formatChange(change))] };
    case 'modifyDn': {
      const { newRdn, deleteOldRdn, newSuperior } = change;
      return {
        newRDN: [formatRdn(newRdn)],
        deleteOldRDN: [deleteOldRdn ? 'TRUE' : 'FALSE'],
        ...(newSuperior === undefined ? {} : { newSuperior: [newSuperior.toString()] }),
      };
    }
    case 'delete':
      return {};
  }
}

/** Returns the text after the lines of the name and the type. */
function afterChangeType(ldif: string): string {
  const start = ldif.indexOf('\nchangetype: ') + 1;
  return ldif.slice(ldif.indexOf('\n', start) + 1);
}
