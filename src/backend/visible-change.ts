// A change that was made, as a requester sees it: without secrets, and without what it may not read of the entry.

import { maskChange } from '../access/masking.ts';
import type { Change } from '../ldap/change.ts';
import { dnOfChange } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import type { Attribute } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';
import type { EntryViews } from './entry-views.ts';
import type { Sight } from './sight.ts';

/** Returns the change; undefined if nothing of it may be known. */
export function visibleChange(
  change: Change,
  sight: Sight,
  { schema, views }: { readonly schema: Schema; readonly views: EntryViews },
): Change | undefined {
  const { uniform } = sight;
  if (uniform !== undefined)
    return views.showsAll(sight) ? change : maskChange(change, schema, views.secrets);
  const grant = sight.grantAt(dnOfChange(change));
  if (grant === undefined) return undefined;
  const see = (attribute: Attribute) => views.maskAttribute(attribute, grant);
  switch (change.type) {
    case 'add': {
      const attributes = change.entry.attributes.flatMap((attribute) => see(attribute) ?? []);
      return { ...change, entry: change.entry.withAttributes(attributes) };
    }
    case 'modify': {
      const modifications = change.modifications.flatMap((one) => {
        const attribute = see(one.attribute);
        return attribute === undefined ? [] : [{ ...one, attribute }];
      });
      return modifications.length === 0 && !sight.isWhole ? undefined : { ...change, modifications };
    }
    case 'modifyDn': {
      const parent = change.newSuperior ?? change.dn.parent ?? Dn.root;
      return sight.grantAt(parent.child(change.newRdn)) === undefined ? undefined : change;
    }
    default:
      return change;
  }
}
