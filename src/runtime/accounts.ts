// The accounts that may log in, by each of their login names and by their certificates. An account is one
// object while its entry exists, so its holders always see its present rights.

import { Container } from '../config/objects/properties/places.ts';
import type { ProfileSection } from '../config/passwords/password-profiles.ts';
import type { Secret } from '../config/secret.ts';
import { Dn } from '../ldap/dn.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { PasswordPolicy } from '../policy/password-policy.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import type { Digest, RunningPart } from './description.ts';
import type { FindPolicy } from './password-policies.ts';
import { onCommit } from './renamed-keys.ts';

/** Data that authenticates an account. */
export interface Credentials {
  /** Passwords as stored, see stored-password.ts. */
  readonly passwords: readonly string[];
  /** Keys of the subject DNs of the account's certificates. */
  readonly subjects: readonly string[];
  /** SHA-256 fingerprints of certificates: 64 hexadecimal digits in lower case. */
  readonly fingerprints: readonly string[];
}

export interface Account {
  /** Key of the account's DN. */
  readonly key: string;
  readonly dn: string;
  readonly credentials: Credentials;
  /** Increases when a password or certificate is removed or changed. Earlier logins are then invalid. */
  readonly era: number;
  readonly privileges: ReadonlySet<string>;
  /** True for accounts of the configuration, which have the default password policy if they name none. */
  readonly hasDefaultPolicy: boolean;
  /** DN of the password policy that the account names. */
  readonly namedPolicy: string | undefined;
  /** True if nobody may log in to the account. */
  readonly isDisabled: boolean;
  /** From when on nobody may log in, in milliseconds since 1970; undefined for never. */
  readonly expiresAt: number | undefined;
}

type LiveAccount = { -readonly [Field in keyof Account]: Account[Field] };

type KeyOf = (dn: string) => string;

/** Returns the password policy of an account; undefined if it has none. */
export function policyOf(
  { hasDefaultPolicy, namedPolicy }: Account,
  findPolicy: FindPolicy,
): PasswordPolicy | undefined {
  return namedPolicy === undefined && !hasDefaultPolicy ? undefined : findPolicy(namedPolicy);
}

/** The accounts of the configuration. */
export class Accounts implements Component {
  readonly kind = 'root-dn-user';
  readonly #byKey = new Map<string, LiveAccount>();
  readonly #byName = new Map<string, Account>();
  readonly #keyOf: KeyOf;
  readonly #passwords: ProfileSection | undefined;
  #findElsewhere: (key: string) => Account | undefined = () => undefined;
  #changed: () => void = () => {};

  /** @param passwords Profile section that counts the passwords of all accounts of the configuration. */
  constructor(keyOf: KeyOf, passwords?: ProfileSection) {
    this.#keyOf = keyOf;
    this.#passwords = passwords;
  }

  /**
   * Sets the lookup of accounts outside the configuration, by the key of their DN.
   * @param changed called after each change of an account
   */
  use(findElsewhere: (key: string) => Account | undefined, changed: () => void = () => {}): void {
    this.#findElsewhere = findElsewhere;
    this.#changed = changed;
  }

  /** Finds an account by the key of its DN or of an alternate bind DN. */
  find(key: string): Account | undefined {
    return this.#byName.get(key) ?? this.#findElsewhere(key);
  }

  /**
   * Returns the key of the DN for a login name that is not a DN: for `admin`, uid=admin if an account has that
   * DN, otherwise an account under cn=Root DNs,cn=config. A DN is accepted too. Returns undefined for text that
   * is no DN.
   */
  keyOfLoginName(name: string): string | undefined {
    if (name.includes('=')) return this.#keyIfDn(name);
    const alternate = this.#keyIfDn(new Dn([[{ type: 'uid', value: name }]]).toString());
    if (alternate !== undefined && this.#byName.has(alternate)) return alternate;
    return this.#keyIfDn(
      Dn.parse(Container.rootDns)
        .child([{ type: 'cn', value: name }])
        .toString(),
    );
  }

  /**
   * Finds the account of a certificate, by subject or fingerprint. Returns undefined if several accounts match.
   * The DN of an account is no subject unless the account lists it. Without a subject, only the fingerprint
   * counts.
   */
  findByCertificate(subject: string | undefined, fingerprint: string): Account | undefined {
    const key = subject === undefined ? undefined : this.#keyIfDn(subject);
    const owners = [...this.#byKey.values()].filter(
      ({ credentials: { subjects, fingerprints } }) =>
        fingerprints.includes(fingerprint) || (key !== undefined && subjects.includes(key)),
    );
    return owners.length === 1 ? owners[0] : undefined;
  }

  /** Renames accounts. The account objects stay, so that logins stay valid under the new name. */
  renamed(keys: NewKeys): Prepared {
    return onCommit(() => this.#rename(keys));
  }

  prepare({ key, before, after }: ObjectDifference): Prepared | undefined {
    const old = before?.kind === this.kind ? before : undefined;
    const now = after?.kind === this.kind ? after : undefined;
    const names = this.#keysOf(now?.alternateBindDn ?? []);
    const credentials: Credentials = {
      passwords: (now?.password ?? []).map((password: Secret) => password.reveal()),
      subjects: this.#keysOf(now?.certificateSubjectDn ?? []),
      fingerprints: now?.certificateFingerprint ?? [],
    };
    return {
      commit: () => {
        for (const name of [key, ...this.#keysOf(old?.alternateBindDn ?? [])]) {
          if (this.#byName.get(name)?.key === key) this.#byName.delete(name);
        }
        if (now === undefined) {
          this.#remove(key);
          this.#changed();
          return;
        }
        const privileges = new Set<string>(now.privilege);
        const account = this.#put({
          key,
          dn: now.dn.toString(),
          credentials,
          privileges,
          era: 0,
          hasDefaultPolicy: true,
          namedPolicy: now.passwordPolicyDn?.toString(),
          isDisabled: now.accountDisabled,
          expiresAt: now.accountExpirationTime,
        });
        for (const name of [key, ...names]) this.#byName.set(name, account);
        this.#changed();
      },
      abort: () => {},
    };
  }

  *describe(digest: Digest): Generator<RunningPart> {
    const names = Map.groupBy(this.#byName, ([, { key }]) => key);
    for (const {
      key,
      dn,
      credentials,
      privileges,
      namedPolicy,
      isDisabled,
      expiresAt,
    } of this.#byKey.values()) {
      const facts = {
        dn,
        names: (names.get(key) ?? []).map(([name]) => name).toSorted(),
        privileges: [...privileges].toSorted(),
        passwordPolicy: namedPolicy,
        isDisabled,
        expiresAt,
        passwords: credentials.passwords.map(digest).toSorted(),
        subjects: credentials.subjects.toSorted(),
        fingerprints: credentials.fingerprints.toSorted(),
      };
      yield { key, facts };
    }
  }

  #rename(keys: NewKeys): void {
    const moved: LiveAccount[] = [];
    for (const [from, to] of keys) {
      const live = this.#byKey.get(from);
      if (live === undefined) continue;
      this.#byKey.delete(from);
      if (this.#byName.get(from) === live) this.#byName.delete(from);
      this.#passwords?.set(from, []);
      live.key = to;
      moved.push(live);
    }
    for (const live of moved) {
      this.#byKey.set(live.key, live);
      this.#byName.set(live.key, live);
      this.#passwords?.set(live.key, live.credentials.passwords);
    }
  }

  #put(account: Account): Account {
    this.#passwords?.set(account.key, account.credentials.passwords);
    const live = this.#byKey.get(account.key);
    if (live === undefined) {
      this.#byKey.set(account.key, { ...account });
      return this.#byKey.get(account.key) ?? account;
    }
    live.dn = account.dn;
    live.privileges = account.privileges;
    live.namedPolicy = account.namedPolicy;
    const isDisabledNow = account.isDisabled && !live.isDisabled;
    if (isDisabledNow || !keepsAll(live.credentials, account.credentials)) live.era += 1;
    live.isDisabled = account.isDisabled;
    live.expiresAt = account.expiresAt;
    live.credentials = account.credentials;
    return live;
  }

  /** Removes an account. Holders of the object see that no credentials are left. */
  #remove(key: string): void {
    const live = this.#byKey.get(key);
    if (live === undefined) return;
    this.#byKey.delete(key);
    this.#passwords?.set(key, []);
    live.credentials = { passwords: [], subjects: [], fingerprints: [] };
    live.era += 1;
    live.privileges = new Set();
  }

  #keysOf(names: readonly { toString(): string }[]): string[] {
    return names.map((dn) => this.#keyOf(dn.toString()));
  }

  #keyIfDn(text: string): string | undefined {
    try {
      return this.#keyOf(text);
    } catch (error) {
      if (error instanceof LdapError) return undefined;
      throw error;
    }
  }
}

/** Returns true if all old credentials are still valid. */
function keepsAll(old: Credentials, now: Credentials): boolean {
  return (
    old.passwords.every((password) => now.passwords.includes(password)) &&
    old.subjects.every((subject) => now.subjects.includes(subject)) &&
    old.fingerprints.every((fingerprint) => now.fingerprints.includes(fingerprint))
  );
}
