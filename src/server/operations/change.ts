// Add, delete, modify and modify DN (RFC 4511 §4.6–4.9): the four requests become a Change, and the backend that
// answers for the name does it.

import type { NamingContexts } from '../../backend/naming-contexts.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import { Dn, type Rdn } from '../../ldap/dn.ts';
import { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Request } from '../../ldap/message.ts';
import { requireWrite } from '../access.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';

export type ChangeRequest = Extract<
  Request,
  { type: 'addRequest' | 'deleteRequest' | 'modifyRequest' | 'modifyDnRequest' }
>;

export async function change(
  request: ChangeRequest,
  operation: Operation,
  contexts: NamingContexts,
  keyOf: (dn: string) => string,
): Promise<Answer> {
  const { requester } = operation.session;
  const asked = changeOf(request);
  const backend = contexts.find(keyOf(dnOfChange(asked).toString()));
  if (backend === undefined) {
    const dn = dnOfChange(asked);
    throw new LdapError(
      'noSuchObject',
      `${dn}: there is no suffix above this name. Mail servers live under cn=Mail Servers,cn=config.`,
    );
  }
  requireWrite(backend, requester);
  const outcome = await backend.change(asked, requester);
  return { ...SUCCESS, diagnosticMessage: outcome.notes.join('\n') };
}

function changeOf(request: ChangeRequest): Change {
  const dn = Dn.parse(request.dn);
  switch (request.type) {
    case 'addRequest':
      return { type: 'add', entry: new Entry(dn, request.attributes) };
    case 'deleteRequest':
      return { type: 'delete', dn };
    case 'modifyRequest':
      return { type: 'modify', dn, modifications: request.modifications };
    case 'modifyDnRequest': {
      const newSuperior = request.newSuperior === undefined ? undefined : Dn.parse(request.newSuperior);
      return {
        type: 'modifyDn',
        dn,
        newRdn: rdnOf(request.newRdn),
        deleteOldRdn: request.deleteOldRdn,
        newSuperior,
      };
    }
  }
}

function rdnOf(text: string): Rdn {
  const [rdn, ...others] = Dn.parse(text).rdns;
  if (rdn === undefined || others.length > 0) {
    throw new LdapError(
      'invalidDnSyntax',
      `The new RDN ${JSON.stringify(text)} must be one name like cn=Example.`,
    );
  }
  return rdn;
}
