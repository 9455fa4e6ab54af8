// The password policies of a configuration that no server runs with.

import type { Configuration } from '../configuration/configuration.ts';
import { FileReader } from '../files/file-reader.ts';
import { type FindPolicy, PasswordPolicies } from '../runtime/password-policies.ts';

/** Resolves to the policies that are in the tree. Rejects with LdapError if a dictionary cannot be read. */
export async function policiesOf(configuration: Configuration, instanceFolder: string): Promise<FindPolicy> {
  const policies = new PasswordPolicies({
    instanceFolder,
    files: new FileReader(),
    keyOf: (dn) => configuration.schema.dnKeyOfText(dn),
  });
  await policies.load(configuration.differences());
  return policies.find;
}
