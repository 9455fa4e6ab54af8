// Who may do what in one backend: by privileges, which mean everything, or by policies, which mean parts.

import type { PolicyAccess } from '../access/policy-access.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Requester } from './backend.ts';
import type { EntryViews } from './entry-views.ts';
import type { Sight } from './sight.ts';

export interface BackendRightsOptions {
  readonly views: EntryViews;
  /** Reading everything needs this privilege; undefined: none. */
  readonly readPrivilege?: string | undefined;
  /** Changing everything needs all of these; undefined: nothing here can be changed. */
  readonly writePrivileges?: readonly string[] | undefined;
  /** Asked for each request; undefined: who has not logged in may read too. */
  readonly needsLogin?: (() => boolean) | undefined;
  /** Returns true if the entry belongs to the requester, which sees it whatever policies say. */
  readonly isOwn?: ((entry: Entry, requester: Requester) => boolean) | undefined;
}

export class BackendRights {
  readonly #options: BackendRightsOptions;

  constructor(options: BackendRightsOptions) {
    this.#options = options;
  }

  /** Privileges that reading everything needs. */
  get readPrivilege(): readonly string[] {
    const { readPrivilege } = this.#options;
    return readPrivilege === undefined ? [] : [readPrivilege];
  }

  get writePrivileges(): readonly string[] | undefined {
    return this.#options.writePrivileges;
  }

  get needsLogin(): boolean {
    return this.#options.needsLogin?.() === true;
  }

  /** Returns true if privileges show every entry, or none are needed. */
  readsAll({ dn, privileges }: Requester): boolean {
    if (this.needsLogin && dn === '') return false;
    const { readPrivilege } = this.#options;
    return readPrivilege === undefined || privileges.has(readPrivilege);
  }

  /** Returns true if privileges let the requester change every entry. */
  writesAll(requester: Requester): boolean {
    const { writePrivileges } = this.#options;
    return (
      writePrivileges !== undefined &&
      this.readsAll(requester) &&
      writePrivileges.every((privilege) => requester.privileges.has(privilege))
    );
  }

  /** Returns true if policies let the requester read something, or see what belongs to it. */
  readsByPolicy(requester: Requester): boolean {
    return this.#gives(requester, 'read');
  }

  /** Returns true if policies let the requester change something. */
  writesByPolicy(requester: Requester): boolean {
    return this.#options.writePrivileges !== undefined && this.#gives(requester, 'write');
  }

  accessOf(requester: Requester): PolicyAccess | undefined {
    return this.#options.views.accessOf(requester);
  }

  sightOf(requester: Requester): Sight {
    const { views, isOwn } = this.#options;
    const own = isOwn && ((entry: Entry) => isOwn(entry, requester));
    return views.sightOf(requester, this.readsAll(requester), own);
  }

  /** Verifying a mail server, and sending by it, is asked for by adding a task, which then belongs to the requester. */
  #gives(requester: Requester, permission: 'read' | 'write'): boolean {
    const access = this.accessOf(requester);
    if (access === undefined) return false;
    if (access.gives(permission)) return true;
    return this.#options.isOwn !== undefined && (access.gives('verify') || access.gives('send'));
  }
}
