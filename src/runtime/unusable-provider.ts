// The error for a key manager or trust manager whose file or folder cannot be used.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import { formatIssue, type Issue } from '../ldap/issue.ts';
import type { TrustError } from '../trust/trust-error.ts';

const ADVICE =
  'Correct it, or set enabled to false until it can be used: what is disabled may name files that are not there yet.';

/** Returns the sentence with entry, property and value. Takes the error of reading the file or folder. */
export function unusableProvider(object: ConfigurationObject, error: TrustError): string {
  const dn = object.dn.toString();
  const named = placeOf(object);
  const reason = error.message.replace(/^The /, 'the ').replace(/\.$/, '');
  if (named === undefined) return reason.startsWith(dn) ? error.message : `${dn}: ${error.message}`;
  const problem = `cannot be used: ${reason.replace(`${dn}: `, '')}`;
  const issue: Issue = { code: 'unwillingToPerform', dn, ...named, problem, advice: ADVICE };
  return formatIssue(issue);
}

/** Returns the property that names the file or folder, and its value. */
function placeOf(object: ConfigurationObject): Pick<Issue, 'property' | 'received'> | undefined {
  if ('pemDirectory' in object) return { property: 'pem-directory', received: object.pemDirectory };
  if ('trustStoreFile' in object) return { property: 'trust-store-file', received: object.trustStoreFile };
  if ('keyStoreFile' in object) return { property: 'key-store-file', received: object.keyStoreFile };
  return undefined;
}
