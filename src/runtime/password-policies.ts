// The password policies of the configuration with their validators, as they are in force.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigurationObject, ObjectOfKind } from '../config/configuration-object.ts';
import type { FileReader } from '../files/file-reader.ts';
import { UnreadableFile } from '../files/named-file.ts';
import { decodeText } from '../files/text.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { PasswordCheck } from '../policy/new-password.ts';
import { type PasswordPolicy, uncheckedBy } from '../policy/password-policy.ts';
import { isValidator, VALIDATOR_KINDS, type ValidatorObject, validatorOf } from '../policy/validators.ts';
import type { Component, ObjectDifference, Prepared } from './component.ts';
import { type Digest, factsOf, type RunningPart } from './description.ts';
import { PreparedMap } from './prepared-map.ts';
import { neverRenamed, together } from './renamed-keys.ts';

export interface PasswordPoliciesOptions {
  /** Folder at which relative paths start. */
  readonly instanceFolder: string;
  readonly files: FileReader;
  /** Returns the key of a DN. */
  readonly keyOf: (dn: string) => string;
  /** Objects that are stored and cannot be in force on this server. Without it there are none. */
  readonly absent?: AbsentObjects;
}

export interface AbsentObjects {
  /** Returns true if the object with this key is stored and not in force. */
  has(key: string): boolean;
  /** Returns such an object with its name and defaults alone; undefined if there is none, or it has no meaning so. */
  bare(key: string): ConfigurationObject | undefined;
}

interface Validator {
  readonly object: ValidatorObject;
  readonly check: PasswordCheck;
}

type PolicyObject = ObjectOfKind<'password-policy'>;

/** The list that comes with the server. */
const COMMON_PASSWORDS = fileURLToPath(new URL('../../config/common-passwords.txt', import.meta.url));
const DICTIONARY_OCTETS_MAX = 64 * 1024 * 1024;
const POLICY_KIND = 'password-policy';
const GLOBAL_KIND = 'global-configuration';

/** Returns the policy of an account, by the DN that it names. Without a name it is the default policy. */
export type FindPolicy = (named: string | undefined) => PasswordPolicy | undefined;

export class PasswordPolicies {
  readonly components: readonly Component[];
  readonly #options: PasswordPoliciesOptions;
  readonly #validators = new PreparedMap<Validator>();
  readonly #policies = new PreparedMap<PolicyObject>();
  /** Compiled policies by key; made again after each change. */
  readonly #compiled = new Map<string, PasswordPolicy>();
  #default: string | undefined;

  constructor(options: PasswordPoliciesOptions) {
    this.#options = options;
    this.components = [
      ...VALIDATOR_KINDS.map((kind) => this.#validatorComponent(kind)),
      this.#policyComponent(),
      this.#globalComponent(),
    ];
  }

  /** See FindPolicy. A name that belongs to no policy counts as no name; a policy that is not in force here is found, and says so. */
  readonly find: FindPolicy = (named) => {
    const own = named === undefined ? undefined : this.#compile(this.#keyIfDn(named));
    return own ?? (this.#default === undefined ? undefined : this.#compile(this.#default));
  };

  /** Takes the whole configuration, where no runtime does it. Rejects with LdapError. */
  async load(differences: Iterable<ObjectDifference>): Promise<void> {
    for (const difference of differences) {
      const component = this.components.find(({ kind }) => kind === difference.kinds.after);
      (await component?.prepare(difference))?.commit();
    }
  }

  #compile(key: string | undefined): PasswordPolicy | undefined {
    if (key === undefined) return undefined;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const settings = this.#policies.find(key);
    if (settings === undefined) return this.#absentPolicy(key);
    const checks = settings.passwordValidator.flatMap((dn) => this.#checkBy(dn.toString()) ?? []);
    const policy = { dn: settings.dn.toString(), settings, checks };
    this.#compiled.set(key, policy);
    return policy;
  }

  #absentPolicy(key: string): PasswordPolicy | undefined {
    const settings = this.#options.absent?.bare(key);
    if (settings?.kind !== POLICY_KIND) return undefined;
    return { dn: settings.dn.toString(), settings, checks: [], isAbsent: true };
  }

  /** Returns the check of a validator; undefined if it is disabled. One that is not in force here takes no password. */
  #checkBy(dn: string): PasswordCheck | undefined {
    const key = this.#options.keyOf(dn);
    const check = this.#validators.find(key)?.check;
    if (check !== undefined || this.#options.absent?.has(key) !== true) return check;
    return () => uncheckedBy(dn);
  }

  #keyIfDn(text: string): string | undefined {
    try {
      return this.#options.keyOf(text);
    } catch (error) {
      if (error instanceof LdapError) return undefined;
      throw error;
    }
  }

  #validatorComponent(kind: (typeof VALIDATOR_KINDS)[number]): Component {
    const validators = this.#validators;
    return {
      kind,
      renamed: (keys) => this.#compiledAnew(validators.rename(keys)),
      prepare: async ({ key, after }) => {
        const mine = isValidator(after) && after.kind === kind ? after : undefined;
        const enabled = mine?.enabled === true ? mine : undefined;
        const validator = enabled && { object: enabled, check: await this.#checkOf(enabled) };
        // Under this key there may be a validator of another kind now, which its own component stages.
        if (validator === undefined && isValidator(after) && after.kind !== kind) return undefined;
        return this.#compiledAnew(validators.stage(key, validator));
      },
      *describe(digest: Digest): Generator<RunningPart> {
        for (const [key, { object }] of validators.entries())
          if (object.kind === kind) yield { key, facts: factsOf(factualOf(object), digest) };
      },
      runs: (key) => validators.find(key) !== undefined,
    };
  }

  #policyComponent(): Component {
    const policies = this.#policies;
    return {
      kind: POLICY_KIND,
      renamed: (keys) => this.#compiledAnew(policies.rename(keys)),
      prepare: ({ key, after }) =>
        this.#compiledAnew(policies.stage(key, after?.kind === POLICY_KIND ? after : undefined)),
      *describe(digest: Digest): Generator<RunningPart> {
        for (const [key, object] of policies.entries())
          yield { key, facts: factsOf(factualOf(object), digest) };
      },
    };
  }

  #globalComponent(): Component {
    return {
      kind: GLOBAL_KIND,
      renamed: neverRenamed,
      prepare: ({ after }) => {
        if (after?.kind !== GLOBAL_KIND) return undefined;
        const named = after.defaultPasswordPolicy?.toString();
        const key = named === undefined ? undefined : this.#options.keyOf(named);
        const commit = () => {
          this.#default = key;
        };
        return { commit, abort: () => {} };
      },
      describe: () => [{ key: undefined, facts: { defaultPasswordPolicy: this.#default } }],
    };
  }

  #compiledAnew(prepared: Prepared): Prepared {
    const forget: Prepared = { commit: () => this.#compiled.clear(), abort: () => {} };
    return together([prepared, forget]);
  }

  async #checkOf(object: ValidatorObject): Promise<PasswordCheck> {
    if (object.kind !== 'dictionary-password-validator') return validatorOf(object, '');
    const { files, instanceFolder } = this.#options;
    const { dictionaryFile, dn } = object;
    const path = dictionaryFile === undefined ? COMMON_PASSWORDS : resolve(instanceFolder, dictionaryFile);
    try {
      const { octets } = await files.read(path, DICTIONARY_OCTETS_MAX);
      return validatorOf(object, decodeText(octets, path));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw new LdapError('unwillingToPerform', `${dn}: dictionary-file: ${error.message}`);
    }
  }
}

/** Returns the properties that a validator or policy acts by, as text where they are not plain. */
function factualOf(object: ConfigurationObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, name === 'kind' ? undefined : plainOf(value)]),
  );
}

function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => plainOf(one));
  if (typeof value !== 'object' || value === null) return value;
  return 'text' in value ? value.text : String(value);
}
