// All kinds of configuration objects, and lookups. To add a kind, add it to the list.

import type { Attribute, Entry } from '../ldap/entry.ts';
import { isOfKind, type ObjectDefinition } from './object-definition.ts';
import { alertHandler } from './objects/alert-handler.ts';
import { backend } from './objects/backend.ts';
import { blindTrustManagerProvider } from './objects/blind-trust-manager-provider.ts';
import { branch } from './objects/branch.ts';
import { connectionHandler } from './objects/connection-handler.ts';
import { fileBasedKeyManagerProvider } from './objects/file-based-key-manager-provider.ts';
import { fileBasedTrustManagerProvider } from './objects/file-based-trust-manager-provider.ts';
import { globalAccessControlPolicy } from './objects/global-access-control-policy.ts';
import { httpConnectionHandler } from './objects/http-connection-handler.ts';
import { keyManagerProvider } from './objects/key-manager-provider.ts';
import { ldapConnectionHandler } from './objects/ldap-connection-handler.ts';
import { ldapTrustManagerProvider } from './objects/ldap-trust-manager-provider.ts';
import { ldapiConnectionHandler } from './objects/ldapi-connection-handler.ts';
import { localBackend } from './objects/local-backend.ts';
import { mailServer } from './objects/mail-server.ts';
import { memoryBackend } from './objects/memory-backend.ts';
import {
  accountStatusNotificationHandler,
  errorLogAccountStatusNotificationHandler,
  smtpAccountStatusNotificationHandler,
} from './objects/passwords/account-status-notification-handler.ts';
import { attributeValuePasswordValidator } from './objects/passwords/attribute-value-password-validator.ts';
import { characterSetPasswordValidator } from './objects/passwords/character-set-password-validator.ts';
import { dictionaryPasswordValidator } from './objects/passwords/dictionary-password-validator.ts';
import { lengthBasedPasswordValidator } from './objects/passwords/length-based-password-validator.ts';
import { passwordPolicy } from './objects/passwords/password-policy.ts';
import { passwordValidator } from './objects/passwords/password-validator.ts';
import { repeatedCharactersPasswordValidator } from './objects/passwords/repeated-characters-password-validator.ts';
import { similarityBasedPasswordValidator } from './objects/passwords/similarity-based-password-validator.ts';
import { uniqueCharactersPasswordValidator } from './objects/passwords/unique-characters-password-validator.ts';
import { pemKeyManagerProvider } from './objects/pem-key-manager-provider.ts';
import { pemTrustManagerProvider } from './objects/pem-trust-manager-provider.ts';
import { pkcs11TrustManagerProvider } from './objects/pkcs11-trust-manager-provider.ts';
import { rootConfig } from './objects/root-config.ts';
import { rootDnUser } from './objects/root-dn-user.ts';
import { secretSource } from './objects/secret-source.ts';
import { smtpAlertHandler } from './objects/smtp-alert-handler.ts';
import { systemTrustManagerProvider } from './objects/system-trust-manager-provider.ts';
import { trustManagerProvider } from './objects/trust-manager-provider.ts';
import { operationalAttributes } from './operational-attributes.ts';
import type { PropertyDefinition } from './property-definition.ts';

const CLASS_KEY = 'objectclass';

/** All definitions, parents before their sub-kinds, because a class is defined after its superior. */
export const objectDefinitions = [
  rootConfig,
  branch,
  connectionHandler,
  ldapConnectionHandler,
  ldapiConnectionHandler,
  httpConnectionHandler,
  keyManagerProvider,
  fileBasedKeyManagerProvider,
  pemKeyManagerProvider,
  trustManagerProvider,
  blindTrustManagerProvider,
  fileBasedTrustManagerProvider,
  ldapTrustManagerProvider,
  pemTrustManagerProvider,
  pkcs11TrustManagerProvider,
  systemTrustManagerProvider,
  backend,
  localBackend,
  memoryBackend,
  mailServer,
  alertHandler,
  smtpAlertHandler,
  accountStatusNotificationHandler,
  errorLogAccountStatusNotificationHandler,
  smtpAccountStatusNotificationHandler,
  passwordValidator,
  attributeValuePasswordValidator,
  characterSetPasswordValidator,
  dictionaryPasswordValidator,
  lengthBasedPasswordValidator,
  repeatedCharactersPasswordValidator,
  similarityBasedPasswordValidator,
  uniqueCharactersPasswordValidator,
  passwordPolicy,
  secretSource,
  rootDnUser,
  globalAccessControlPolicy,
] as const satisfies readonly ObjectDefinition[];

/** Lookups in a list of definitions. */
export class Definitions {
  readonly all: readonly ObjectDefinition[];
  /** Keys (lower case) of the attributes whose values only users with a privilege may see. */
  readonly secretAttributes: ReadonlySet<string>;
  /** Keys of the attributes of which some values are secret. `show` hides those. */
  readonly mixedAttributes: ReadonlySet<string>;
  /** Kinds of which other objects need at least one. */
  readonly neededKinds: readonly string[];
  /** Keys of the attributes whose values must be hashed (password-hash.ts) before they are stored. */
  readonly hashedAttributes: ReadonlySet<string>;
  readonly #referredTo: readonly string[];
  readonly #byClass = new Map<string, ObjectDefinition>();
  readonly #byAttribute = new Map<string, PropertyDefinition>();
  readonly #underContainer = new Map<string, ObjectDefinition[]>();
  readonly #atPlace = new Map<string, ObjectDefinition>();
  /** Definitions by the attribute object of objectClass, which entries of one file share. */
  readonly #byClasses = new WeakMap<Attribute, ObjectDefinition | undefined>();

  /** @param keyOfDn Returns the schema's key of a DN, so that a container is found in any spelling. */
  constructor(all: readonly ObjectDefinition[], keyOfDn: (text: string) => string) {
    this.all = all;
    for (const definition of all) this.#index(definition, keyOfDn);
    const needed = all.flatMap(({ neededKinds }) => neededKinds.map(({ kind }) => kind));
    this.neededKinds = [...new Set(needed)];
    const properties = all.flatMap((definition) => definition.properties);
    const kept = operationalAttributes
      .filter(({ isSecret }) => isSecret)
      .map(({ name }) => name.toLowerCase());
    this.secretAttributes = new Set([
      ...properties.filter((it) => it.type.secret).map((it) => it.key),
      ...kept,
    ]);
    this.#referredTo = [...new Set(properties.flatMap(({ type }) => type.target ?? []))];
    this.mixedAttributes = new Set(properties.filter((it) => it.type.mayHoldSecrets).map((it) => it.key));
    this.hashedAttributes = new Set([
      ...properties.filter((it) => it.type.hashed).map((it) => it.key),
      ...kept,
    ]);
  }

  #index(definition: ObjectDefinition, keyOfDn: (text: string) => string): void {
    this.#byClass.set(definition.objectClass.name.toLowerCase(), definition);
    this.#byClass.set(definition.objectClass.oid, definition);
    for (const property of definition.properties) this.#byAttribute.set(property.key, property);
    if ('at' in definition.location) {
      for (const place of definition.location.at) this.#atPlace.set(keyOfDn(place), definition);
      return;
    }
    const key = keyOfDn(definition.location.under);
    this.#underContainer.set(key, [...(this.#underContainer.get(key) ?? []), definition]);
  }

  /** Returns the kind of an entry by its most specific class; undefined if it is no configuration object. */
  findForEntry(entry: Entry): ObjectDefinition | undefined {
    const classes = entry.peekFirst(CLASS_KEY);
    if (classes === undefined) return undefined;
    if (this.#byClasses.has(classes)) return this.#byClasses.get(classes);
    let found: ObjectDefinition | undefined;
    for (const name of classes.values) {
      const definition = this.findByClass(name);
      if (definition === undefined) continue;
      if (found === undefined || isBelow(definition, found)) found = definition;
    }
    this.#byClasses.set(classes, found);
    return found;
  }

  /** Returns true if a property of some object may refer to objects of this kind. */
  isReferredTo(definition: ObjectDefinition): boolean {
    return this.#referredTo.some((kind) => isOfKind(definition, kind));
  }

  /** Returns another kind of the entry that is unrelated to the first, which is a contradiction. */
  findOtherKind(entry: Entry, kind: ObjectDefinition): ObjectDefinition | undefined {
    for (const name of entry.values('objectclass')) {
      const definition = this.findByClass(name);
      if (definition !== undefined && definition !== kind && !isBelow(kind, definition)) return definition;
    }
    return undefined;
  }

  /** @param nameOrOid Name or OID of the class, in any case. */
  findByClass(nameOrOid: string): ObjectDefinition | undefined {
    return this.#byClass.get(nameOrOid) ?? this.#byClass.get(nameOrOid.toLowerCase());
  }

  /** Returns the kinds whose entries are direct children of the entry with this key. */
  underContainer(containerKey: string): readonly ObjectDefinition[] {
    return this.#underContainer.get(containerKey) ?? [];
  }

  /** Returns the kind of an entry with a fixed place: the root or a container. */
  findAtPlace(entryKey: string): ObjectDefinition | undefined {
    return this.#atPlace.get(entryKey);
  }

  /** Returns the value with secrets hidden. Takes the attribute in lower case. */
  show(key: string, value: string): string {
    return this.#byAttribute.get(key)?.type.show(value) ?? value;
  }

  /** @param key The attribute in lower case. */
  findByAttribute(key: string): PropertyDefinition | undefined {
    return this.#byAttribute.get(key);
  }
}

function isBelow(definition: ObjectDefinition, ancestor: ObjectDefinition): boolean {
  for (let at = definition.parent; at !== undefined; at = at.parent) {
    if (at === ancestor) return true;
  }
  return false;
}
