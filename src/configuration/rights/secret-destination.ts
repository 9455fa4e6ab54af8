// Where a stored secret goes: whoever may not read the password of a mail server does not have it sent to a server of its
// own choice either. With such a change it gives the password again, or has secret-read.

import type { Grant } from '../../access/grant.ts';
import type { Requester } from '../../backend/backend.ts';
import type { Definitions } from '../../config/definitions.ts';
import { isOfKind } from '../../config/object-definition.ts';
import { mailServer } from '../../config/objects/mail-server.ts';
import type { Privilege } from '../../config/objects/root-dn-user.ts';
import { secretSource } from '../../config/objects/secret-source.ts';
import { trustManagerProvider } from '../../config/objects/trust-manager-provider.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import type { Effect } from '../../directory/apply-change.ts';
import { type Change, dnOfChange, type Modification } from '../../ldap/change.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Schema } from '../../schema/schema.ts';

const READ: Privilege = 'secret-read';

/** By kind: the server, and what decides whether it is the one that it should be and who listens on the way. */
const DESTINATIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    mailServer.kind,
    new Set(['smtp-server', 'smtp-property', 'trust-manager-provider', 'use-ssl', 'use-start-tls']),
  ],
  // The paths too: what the token can read goes to any mail server that names it.
  [
    secretSource.kind,
    new Set([
      'base-url',
      'preset',
      'kv-mount',
      'kv-namespace',
      'allowed-path',
      'token-header',
      'trust-manager-provider',
    ]),
  ],
]);

interface Context {
  readonly schema: Schema;
  readonly definitions: Definitions;
  /** Returns true if the requester may read the secrets of an attribute of the entry, by the key of its type. */
  readonly readsSecrets: (typeKey: string) => boolean;
  /** Returns true if the requester may know what there is of an attribute; true for all if absent. */
  readonly reads?: (typeKey: string) => boolean;
}

/** Returns what somebody with the grant for an entry may read of its secrets. */
export function readsSecretsBy(grant: Grant | undefined): (typeKey: string) => boolean {
  return (typeKey) => grant?.readsSecrets(typeKey) === true;
}

/** Throws insufficientAccessRights (50). Takes the entry as it is now. */
export function requireSecretAnew(
  change: Change,
  requester: Requester,
  context: Context,
  entry: Entry | undefined,
): void {
  if (change.type === 'modify' && entry !== undefined)
    requireAnew(entry, change.modifications, requester, context);
}

/**
 * Requires it of staged changes: an earlier change of the request may have brought the password, which was not stored when
 * they were checked first. Throws insufficientAccessRights (50).
 */
export function requireStagedSecretAnew(
  { before, after, key, from }: Effect,
  changes: readonly Change[],
  requester: Requester,
  context: Context,
): void {
  if (before === undefined || after === undefined || requester.privileges.has(READ)) return;
  const keys = new Set([key, from?.key]);
  const own = changes.filter((change) => keys.has(context.schema.dnKey(dnOfChange(change))));
  // What is added in the same commit has no earlier value.
  if (own.some(({ type }) => type === 'add')) return;
  const modifications = own.flatMap((change) => (change.type === 'modify' ? change.modifications : []));
  requireAnew(before, modifications, requester, context);
}

function requireAnew(
  entry: Entry,
  modifications: readonly Modification[],
  requester: Requester,
  { schema, definitions, readsSecrets, reads = () => true }: Context,
): void {
  if (requester.privileges.has(READ)) return;
  const definition = definitions.findForEntry(entry);
  const decisive = definition && DESTINATIONS.get(definition.kind);
  if (definition === undefined || decisive === undefined) return;
  const keyOf = ({ attribute }: Modification) => schema.describe(attribute.description)?.type.key ?? '';
  const touched = modifications.flatMap((one) => definition.propertiesByKey.get(keyOf(one)) ?? []);
  const destination = touched.find(({ name }) => decisive.has(name));
  if (destination === undefined) return;
  const kept = definition.properties.find((property) => {
    const { key, type } = property;
    if (!type.secret && !type.mayHoldSecrets) return false;
    // Where it is not known whether there is one, the answer does not say so.
    const isStored = !reads(key) || holdsSecret(entry, property, definitions);
    const isAnew = modifications.some((one) => keyOf(one) === key && leavesNoneOfBefore(one));
    return isStored && !isAnew && !readsSecrets(key);
  });
  if (kept === undefined) return;
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  throw new LdapError(
    'insufficientAccessRights',
    `${who} may not change ${entry.dn}: ${destination.attribute} decides where the stored ${kept.attribute} is sent. ` +
      `Replace ${kept.attribute} in the same change, or have the privilege ${READ}.`,
  );
}

function holdsSecret(entry: Entry, { key, type }: PropertyDefinition, definitions: Definitions): boolean {
  return entry
    .values(key)
    .some((value) => type.secret || (type.mayHoldSecrets && definitions.show(key, value) !== value));
}

/**
 * Requires it of a trust manager, which decides to which server the passwords of its mail servers go.
 * @param users of the trust manager, as they are before the changes
 */
export function requireTrustKept(
  { dn, before, after, from }: Effect,
  changes: readonly Change[],
  requester: Requester,
  { schema, definitions, readsSecretsOf }: TrustContext,
  users: Iterable<Entry>,
): void {
  if (before === undefined || after === undefined || requester.privileges.has(READ)) return;
  const definition = definitions.findForEntry(after);
  if (definition === undefined || !isOfKind(definition, trustManagerProvider.kind)) return;
  const isChanged = ({ key }: PropertyDefinition) =>
    JSON.stringify(before.values(key)) !== JSON.stringify(after.values(key));
  if (from !== undefined || !definition.properties.some(isChanged)) return;
  for (const user of users) {
    const using = definitions.findForEntry(user);
    const kept = using?.properties.find(
      (property) =>
        holdsSecret(user, property, definitions) &&
        !readsSecretsOf(user)(property.key) &&
        !isGivenAnew(user, property.key, changes, schema),
    );
    if (kept === undefined) continue;
    const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
    throw new LdapError(
      'insufficientAccessRights',
      `${who} may not change ${dn}: it decides where the stored ${kept.attribute} of a ${using?.friendlyName.toLowerCase()} is sent. ` +
        `Replace ${kept.attribute} there in the same transaction, or have the privilege ${READ}.`,
    );
  }
}

interface TrustContext {
  readonly schema: Schema;
  readonly definitions: Definitions;
  readonly readsSecretsOf: (entry: Entry) => (typeKey: string) => boolean;
}

function isGivenAnew(entry: Entry, key: string, changes: readonly Change[], schema: Schema): boolean {
  return changes.some(
    (change) =>
      change.type === 'modify' &&
      schema.dnKey(change.dn) === schema.dnKey(entry.dn) &&
      change.modifications.some(
        (one) => schema.describe(one.attribute.description)?.type.key === key && leavesNoneOfBefore(one),
      ),
  );
}

function leavesNoneOfBefore({ operation, attribute }: Modification): boolean {
  return operation === 'replace' || (operation === 'delete' && attribute.values.length === 0);
}
