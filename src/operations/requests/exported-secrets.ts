// The control of `confdit export-ldif` on a search: secrets come as the files of the server have them, encrypted, and the final
// answer has the data key, which the master key opens. With the value `clear` they come in clear text, which is reported.
// The control shows nobody more than a search without it.

import type { Found } from '../../backend/backend.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { Oid } from '../../ldap/oids.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Operation, SecretExport } from '../operation.ts';
import { mapEntries } from './found-entries.ts';

const PRIVILEGE = 'secret-read';

/**
 * Returns what converts the entries that a search finds. Throws insufficientAccessRights (50) for clear secrets without the
 * privilege to read all of them.
 */
export function exportedForm(
  base: string,
  operation: Pick<Operation, 'requester' | 'addFinalControl'>,
  { exportedSecrets, pagedResults }: RequestControls,
  secretExport: SecretExport,
): (found: Iterable<Found>) => Iterable<Found> {
  if (exportedSecrets === undefined) return (found) => found;
  if (exportedSecrets.value === 'encrypted') {
    operation.addFinalControl(Oid.exportedSecrets, secretExport.keyLine);
    return (found) => mapEntries(found, (entry) => secretExport.encrypt(entry));
  }
  const { requester } = operation;
  if (!requester.privileges.has(PRIVILEGE))
    throw new LdapError(
      'insufficientAccessRights',
      `${requester.name} may not export secrets in clear text: that needs the privilege ${PRIVILEGE}.`,
    );
  const isFirstPage = (pagedResults?.value.cookie ?? '') === '';
  if (isFirstPage) secretExport.reportClear(requester.name, base);
  return (found) => found;
}
