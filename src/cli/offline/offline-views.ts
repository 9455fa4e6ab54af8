// What commands see of an instance without a server: they have privileges, and no policies are asked.

import { AccessPolicies } from '../../access/access-policies.ts';
import { EntryViews, type EntryViewsOptions } from '../../backend/entry-views.ts';
import type { Configuration } from '../../configuration/configuration.ts';

/** @param furtherDerived attributes that no entry has, by their keys. */
export function offlineViews(
  { schema, validator }: Configuration,
  furtherDerived: EntryViewsOptions['furtherDerived'] = new Map(),
): EntryViews {
  const secrets = validator.definitions;
  return new EntryViews({ schema, secrets, policies: new AccessPolicies(schema, secrets), furtherDerived });
}
