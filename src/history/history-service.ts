// The history of the configuration for LDAP requests: who may see differences and roll back, and how secrets are masked.

import { maskChange } from '../access/masking.ts';
import type { Requester } from '../backend/backend.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { visibleChange } from '../backend/visible-change.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import { changesOfMany, clientChange } from '../directory/entry-difference.ts';
import type { HeldOctets } from '../directory/octet-budget.ts';
import type { Change } from '../ldap/change.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { Oid } from '../ldap/oids.ts';
import { type RollbackOptions, type RollbackRequest, type RolledBack, rollBack } from './rollback.ts';

const READ: readonly Privilege[] = ['changelog-read', 'config-read'];
const WRITE: readonly Privilege[] = [...READ, 'config-write'];

export class HistoryService {
  readonly #options: RollbackOptions;
  #views: EntryViews | undefined;

  constructor(options: RollbackOptions) {
    this.#options = options;
  }

  /** Sets what requesters see of entries; nobody sees a secret before. */
  use(views: EntryViews): void {
    this.#views = views;
  }

  /** Number of the last change that readers see. */
  get lastNumber(): number {
    return this.#options.writePath.feed.number;
  }

  /**
   * Returns the changes that lead from the state after one change to that after another. Their memory is counted in `held`,
   * which counts nothing else. Throws LdapError.
   */
  async differences(
    from: number,
    to: number,
    requester: Requester,
    held: HeldOctets,
  ): Promise<readonly Change[]> {
    if (this.#views?.accessOf(requester)?.allowsExtendedOperation(Oid.differences) !== true)
      requireAll(READ, 'look at the history of the configuration', requester);
    const { history, configuration } = this.#options;
    const differences = await history.differences(from, to, held);
    const changes = await changesOfMany(differences, configuration.schema, held);
    return this.#shown(
      changes.flatMap((change) => clientChange(change) ?? []),
      requester,
    );
  }

  /** Rolls back (`rollBack`). Returns the changes, with secrets masked for the requester. */
  async rollBack(request: RollbackRequest, requester: Requester, held: HeldOctets): Promise<RolledBack> {
    requireAll(WRITE, 'roll the configuration back', requester);
    const done = await rollBack(request, requester, this.#options, held);
    return { ...done, changes: this.#shown(done.changes, requester) };
  }

  #shown(changes: readonly Change[], requester: Requester): readonly Change[] {
    const views = this.#views;
    const { schema, validator } = this.#options.configuration;
    if (views === undefined)
      return changes.map((change) => maskChange(change, schema, validator.definitions));
    const isFull = READ.every((privilege) => requester.privileges.has(privilege));
    const sight = views.sightOf(requester, isFull);
    return changes.flatMap((change) => visibleChange(change, sight, { schema, views }) ?? []);
  }
}

function requireAll(privileges: readonly Privilege[], what: string, requester: Requester): void {
  const missing = privileges.filter((privilege) => !requester.privileges.has(privilege));
  if (missing.length === 0) return;
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  throw new LdapError(
    'insufficientAccessRights',
    `${who} may not ${what}: that needs the privilege ${missing.join(' and ')}.`,
  );
}
