// Containers that the instance of an earlier version does not have: a start adds them, as one change of the journal.

import type { Requester } from '../../backend/backend.ts';
import { Container } from '../../config/objects/properties/places.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import type { WritePath } from '../../configuration/write/write-path.ts';
import type { Log } from '../../files/log.ts';
import { Dn } from '../../ldap/dn.ts';
import { Entry } from '../../ldap/entry.ts';

const UPGRADE: Requester = { dn: 'cn=Upgrade', name: 'upgrade', privileges: new Set() };

/** Resolves when every container is there. */
export async function addMissingContainers(
  { schema, tree }: Configuration,
  writePath: WritePath,
  log: Pick<Log, 'info'>,
): Promise<void> {
  const missing = Object.values(Container)
    .map((name) => Dn.parse(name))
    .filter((dn) => tree.find(schema.dnKey(dn)) === undefined);
  if (missing.length === 0) return;
  const steps = missing.map((dn) => {
    const entry = Entry.of(dn, { objectClass: ['top', 'ds-cfg-branch'], cn: dn.name });
    return { changes: () => [{ type: 'add', entry } as const] };
  });
  await writePath.submitAll(steps, UPGRADE);
  log.info({ entries: missing.map(String) }, 'containers that this version has are added');
}
