// One tree of a memory backend: ordinary entries, searched and changed like those of the configuration. The entries and the
// write path are passed in, since the trees of one backend share them.

import type { Requester } from '../backend/backend.ts';
import { BackendRights } from '../backend/backend-rights.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { TreeBackend } from '../backend/tree-backend.ts';
import { TreeSource } from '../backend/tree-source.ts';
import type { Derive } from '../config/passwords/derivation.ts';
import { isPasswordReset } from '../configuration/rights/login-rights.ts';
import { requireNoGuess } from '../configuration/rights/secret-guesses.ts';
import { setterOfPasswords, withStoredPasswords } from '../configuration/rights/stored-passwords.ts';
import { type ChangeRules, TreeWriter } from '../configuration/write/tree-writer.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import { requirePasswordRights } from './memory-login-rights.ts';
import type { MemoryTree } from './memory-tree.ts';

/** Operations allowed now; they change with the configuration. */
export interface MemoryRights {
  readonly allowAnonymousRead: boolean;
  readonly isWritable: boolean;
}

/** PingDS's privilege to bypass access control, which alone lets a requester write here. */
const WRITE_PRIVILEGES: readonly string[] = ['bypass-acl'];

export interface MemoryBackendOptions {
  readonly baseDn: Dn;
  readonly entries: MemoryTree;
  readonly views: EntryViews;
  readonly writePath: WritePath;
  readonly rights: () => MemoryRights;
  /** Returns where the passwords of a requester's source are hashed. */
  readonly deriveFor: (source: string) => Derive;
  readonly findPolicy: FindPolicy;
  readonly now: () => Date;
}

export class MemoryBackend extends TreeBackend {
  readonly #rights: () => MemoryRights;

  constructor(options: MemoryBackendOptions) {
    const { baseDn, entries, views, writePath, rights } = options;
    const { schema, tree } = entries;
    const source = new TreeSource(schema, tree);
    const guarded = {
      views,
      writePrivileges: WRITE_PRIVILEGES,
      needsLogin: () => !rights().allowAnonymousRead,
    };
    const backendRights = new BackendRights(guarded);
    const rules = new MemoryRules(options, backendRights);
    super({
      ...guarded,
      baseDn,
      schema,
      source: () => source,
      feed: writePath.feed,
      writer: new TreeWriter({
        schema,
        tree,
        views,
        source,
        rights: backendRights,
        writePath,
        rules,
        target: entries,
      }),
    });
    this.#rights = rights;
  }

  /** Operations allowed now. */
  get rights(): MemoryRights {
    return this.#rights();
  }
}

class MemoryRules implements ChangeRules {
  readonly mayRefer = true;
  readonly #options: MemoryBackendOptions;

  readonly #rights: BackendRights;

  constructor(options: MemoryBackendOptions, rights: BackendRights) {
    this.#options = options;
    this.#rights = rights;
  }

  ready(change: Change, requester: Requester, entry: Entry | undefined): Change | Promise<Change> {
    this.require(change, requester, entry);
    const { entries, deriveFor, findPolicy, now } = this.#options;
    const derive = deriveFor(requester.name);
    return withStoredPasswords(change, {
      schema: entries.schema,
      acceptance: 'any',
      derive,
      find: () => entry,
      findPolicy,
      by: setterOfPasswords(requester),
      now,
    });
  }

  require(change: Change, requester: Requester, entry: Entry | undefined): void {
    const { baseDn, entries, views, rights } = this.#options;
    if (!rights().isWritable) {
      throw new LdapError(
        'unwillingToPerform',
        `${baseDn}: is not to be changed. Set writability-mode of its backend to enabled first.`,
      );
    }
    const { schema } = entries;
    requirePasswordRights(change, requester, schema);
    const grant = this.#rights.sightOf(requester).grantAt(dnOfChange(change));
    requireNoGuess(change, requester, { schema, secrets: views.secrets, grant }, entry);
  }

  permits(change: Change, requester: Requester): boolean {
    return isPasswordReset(change, requester, this.#options.entries.schema);
  }
}
