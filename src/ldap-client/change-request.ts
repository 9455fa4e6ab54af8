// A change as the request that asks for it (RFC 4511 §4.6–4.9).

import type { Change } from '../ldap/change.ts';
import { formatRdn } from '../ldap/dn.ts';
import type { OneAnswered } from './exchange.ts';

/** Returns the request for a change. */
export function requestOf(change: Change): OneAnswered {
  switch (change.type) {
    case 'add':
      return { type: 'addRequest', dn: change.entry.dn.toString(), attributes: change.entry.attributes };
    case 'delete':
      return { type: 'deleteRequest', dn: change.dn.toString() };
    case 'modify':
      return { type: 'modifyRequest', dn: change.dn.toString(), modifications: change.modifications };
    case 'modifyDn': {
      const { deleteOldRdn, newSuperior } = change;
      return {
        type: 'modifyDnRequest',
        dn: change.dn.toString(),
        newRdn: formatRdn(change.newRdn),
        deleteOldRdn,
        newSuperior: newSuperior?.toString(),
      };
    }
  }
}
