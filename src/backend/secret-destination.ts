// Where a stored secret goes: whoever may not read the password of a mail server does not have it sent to a server of its
// own choice either. With such a change it gives the password anew, or has secret-read.

import type { Definitions } from '../config/definitions.ts';
import { mailServer } from '../config/objects/mail-server.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import { type Change, dnOfChange, type Modification } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import type { Requester } from './backend.ts';

const READ: Privilege = 'secret-read';

/** The server, and what decides whether it is the one that it should be and who listens on the way. */
const DESTINATION: ReadonlySet<string> = new Set([
  'smtp-server',
  'smtp-property',
  'trust-manager-provider',
  'use-ssl',
  'use-start-tls',
]);

/** Throws insufficientAccessRights (50). Takes the entry as it is now. */
export function requireSecretAnew(
  change: Change,
  requester: Requester,
  { schema, definitions }: { readonly schema: Schema; readonly definitions: Definitions },
  entry: Entry | undefined,
): void {
  if (change.type !== 'modify' || entry === undefined || requester.privileges.has(READ)) return;
  const definition = definitions.findForEntry(entry);
  if (definition?.kind !== mailServer.kind) return;
  const keyOf = ({ attribute }: Modification) => schema.describe(attribute.description)?.type.key ?? '';
  const touched = change.modifications.flatMap((one) => definition.propertiesByKey.get(keyOf(one)) ?? []);
  const destination = touched.find(({ name }) => DESTINATION.has(name));
  if (destination === undefined) return;
  const kept = definition.properties.find(({ key, type }) => {
    const isStored = entry
      .values(key)
      .some((value) => type.secret || (type.mayHoldSecrets && definitions.show(key, value) !== value));
    const isAnew = change.modifications.some((one) => keyOf(one) === key && leavesNoneOfBefore(one));
    return isStored && !isAnew;
  });
  if (kept === undefined) return;
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  throw new LdapError(
    'insufficientAccessRights',
    `${who} may not change ${dnOfChange(change)}: ${destination.attribute} decides where the stored ${kept.attribute} is sent. ` +
      `Replace ${kept.attribute} in the same change, or have the privilege ${READ}.`,
  );
}

function leavesNoneOfBefore({ operation, attribute }: Modification): boolean {
  return operation === 'replace' || (operation === 'delete' && attribute.values.length === 0);
}
