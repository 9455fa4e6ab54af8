// The shipped password policies, for an instance of an earlier version: the start adds their containers with what is in them,
// as one change. So such an instance has what a new one begins with.

import { readLdif } from '../codec/ldif-reader.ts';
import { PRIVILEGES } from '../config/objects/root-dn-user.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import type { Log } from '../files/log.ts';
import { readText } from '../files/text.ts';
import type { Change } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { isAtOrBelow } from '../ldap/dn-key.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';

const SHIPPED = new URL('../../config/config.ldif', import.meta.url);
const UPGRADE = { dn: 'cn=Upgrade', name: 'upgrade', privileges: new Set<string>(PRIVILEGES) };

/** Containers that came after version 0.1.0, those that others refer to first. */
const ADDED = ['cn=Password Validators,cn=config', 'cn=Password Policies,cn=config'] as const;
/** Attributes of cn=config that go with a container. */
const WITH_CONTAINER: Readonly<Partial<Record<(typeof ADDED)[number], string>>> = {
  'cn=Password Policies,cn=config': 'ds-cfg-default-password-policy',
};

/** Adds what is missing, and says so in the log. Rejects with the LdapError that refuses it. */
export async function addShippedPolicies(
  configuration: Configuration,
  writePath: WritePath,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  const { schema, tree } = configuration;
  const missing = ADDED.filter((container) => tree.find(schema.dnKeyOfText(container)) === undefined);
  if (missing.length === 0) return;
  const shipped = readLdif(await readText(SHIPPED.pathname)).flatMap((record) =>
    record.type === 'content' ? [record.entry] : [],
  );
  const added = missing.flatMap((container) => {
    const key = schema.dnKeyOfText(container);
    return shipped.filter(({ dn }) => isAtOrBelow(schema.dnKey(dn), key));
  });
  const changes: Change[] = [
    ...added.map((entry): Change => ({ type: 'add', entry })),
    ...missing.flatMap((container) => changeOfRoot(container, shipped, configuration)),
  ];
  await writePath.submitAll([{ asked: changes, changes: () => changes }], UPGRADE);
  log.warn(
    { entries: added.map(({ dn }) => dn.toString()) },
    'entries that this version needs were added; new passwords of accounts must now fit the password policy (docs/passwords.md)',
  );
}

function changeOfRoot(
  container: (typeof ADDED)[number],
  shipped: readonly Entry[],
  { schema, tree }: Configuration,
): Change[] {
  const name = WITH_CONTAINER[container];
  const rootKey = schema.dnKeyOfText('cn=config');
  const values = shipped.find(({ dn }) => schema.dnKey(dn) === rootKey)?.values(name?.toLowerCase() ?? '');
  const isSet = tree.find(rootKey)?.first(name?.toLowerCase() ?? '') !== undefined;
  if (name === undefined || values === undefined || values.length === 0 || isSet) return [];
  const modification = { operation: 'add', attribute: new Attribute(name, values) } as const;
  return [{ type: 'modify', dn: Dn.parse('cn=config'), modifications: [modification] }];
}
