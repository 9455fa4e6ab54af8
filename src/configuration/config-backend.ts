// cn=config: what is written. Expressions are shown, and filtered by, as the text they are.

import type { Requester } from '../backend/backend.ts';
import { BackendRights } from '../backend/backend-rights.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { TreeBackend } from '../backend/tree-backend.ts';
import { TreeSource } from '../backend/tree-source.ts';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Derive } from '../config/passwords/derivation.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import type { Configuration } from './configuration.ts';
import { isPasswordReset, requireAccountRights } from './rights/login-rights.ts';
import { requireRenameRights } from './rights/rename-rights.ts';
import { readsSecretsBy, requireSecretAnew } from './rights/secret-destination.ts';
import { requireNoGuess } from './rights/secret-guesses.ts';
import { setterOfPasswords, withStoredPasswords } from './rights/stored-passwords.ts';
import { type ChangeRules, TreeWriter } from './write/tree-writer.ts';
import type { WritePath } from './write/write-path.ts';

export interface ConfigBackendOptions {
  readonly configuration: Configuration;
  readonly views: EntryViews;
  readonly writePath: WritePath;
  /** Where hashes of passwords are computed, for whoever sets them. */
  readonly deriveFor: (source: string) => Derive;
  readonly findPolicy: FindPolicy;
  readonly now: () => Date;
}

export class ConfigBackend extends TreeBackend {
  readonly #configuration: Configuration;
  readonly #writer: TreeWriter;

  constructor(options: ConfigBackendOptions) {
    const { configuration, views, writePath } = options;
    const { schema, tree } = configuration;
    const source = new TreeSource(schema, tree);
    const guarded = {
      views,
      readPrivilege: 'config-read',
      writePrivileges: ['config-read', 'config-write'],
    };
    const rights = new BackendRights(guarded);
    const rules = new ConfigRules(options, rights);
    configuration.useRenameRights((change, requester) => {
      const renamed = tree.stagedSubtree(schema.dnKey(change.dn));
      requireRenameRights(change, renamed, requester, { schema, views, rights });
    });
    const writer = new TreeWriter({
      schema,
      tree,
      views,
      source,
      rights,
      writePath,
      rules,
      target: configuration,
    });
    super({
      ...guarded,
      baseDn: Dn.parse('cn=config'),
      schema,
      writer,
      source: () => source,
      feed: writePath.feed,
    });
    this.#configuration = configuration;
    this.#writer = writer;
  }

  /**
   * Resolves to the object as the change would make it, with all that waits for an admin action; undefined when there would
   * be none. Everything is checked and prepared, and nothing changes. Rejects with the LdapError that would refuse the change.
   */
  async tryObject(change: Change, requester: Requester): Promise<ConfigurationObject | undefined> {
    const { effects } = await this.#writer.try(change, requester);
    const after = effects.flat().at(-1)?.after;
    return after && this.#configuration.validator.decode(after);
  }
}

/** Who may change what, asked before anything is compared or hashed. */
class ConfigRules implements ChangeRules {
  readonly #configuration: Configuration;
  readonly #rights: BackendRights;
  readonly #deriveFor: (source: string) => Derive;
  readonly #findPolicy: FindPolicy;
  readonly #now: () => Date;

  constructor({ configuration, deriveFor, findPolicy, now }: ConfigBackendOptions, rights: BackendRights) {
    this.#configuration = configuration;
    this.#rights = rights;
    this.#deriveFor = deriveFor;
    this.#findPolicy = findPolicy;
    this.#now = now;
  }

  ready(change: Change, requester: Requester, entry: Entry | undefined): Change | Promise<Change> {
    const { schema } = this.#configuration;
    this.require(change, requester, entry);
    const derive = this.#deriveFor(requester.name);
    return withStoredPasswords(change, {
      schema,
      derive,
      acceptance: 'strong',
      find: () => entry,
      findPolicy: this.#findPolicy,
      by: setterOfPasswords(requester),
      now: this.#now,
    });
  }

  require(change: Change, requester: Requester, entry: Entry | undefined): void {
    const { schema, validator } = this.#configuration;
    const { definitions } = validator;
    requireAccountRights(change, requester, { schema, definitions }, entry);
    const grant = this.#rights.sightOf(requester).grantAt(dnOfChange(change));
    requireSecretAnew(
      change,
      requester,
      {
        schema,
        definitions,
        readsSecrets: readsSecretsBy(grant),
        reads: (key) => grant?.reads(key) === true,
      },
      entry,
    );
    requireNoGuess(change, requester, { schema, secrets: definitions, grant }, entry);
  }

  permits(change: Change, requester: Requester): boolean {
    return isPasswordReset(change, requester, this.#configuration.schema);
  }

  withFollowers(change: Change): readonly Change[] {
    return this.#configuration.withFollowers(change);
  }
}
