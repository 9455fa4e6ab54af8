// The one table of configuration values that decide who a client is and what it may do. A user who can change one of
// them could log in as somebody else, so each needs the privilege privilege-change. docs/access.md has the same
// table for people; backend/memory-login-rights.ts has the rules for memory backends.

import type { Entry } from '../ldap/entry.ts';
import type { Definitions } from './definitions.ts';
import { isOfKind, type ObjectDefinition } from './object-definition.ts';
import { connectionHandler } from './objects/connection-handler.ts';
import { globalAccessControlPolicy } from './objects/global-access-control-policy.ts';
import { ldapConnectionHandler } from './objects/ldap-connection-handler.ts';
import { ldapiConnectionHandler } from './objects/ldapi-connection-handler.ts';
import { memoryBackend } from './objects/memory-backend.ts';
import { passwordPolicy } from './objects/passwords/password-policy.ts';
import { passwordValidator } from './objects/passwords/password-validator.ts';
import { rootConfig } from './objects/root-config.ts';
import { rootDnUser } from './objects/root-dn-user.ts';
import { trustManagerProvider } from './objects/trust-manager-provider.ts';
import type { PropertyDefinition } from './property-definition.ts';

export interface LoginDecision {
  /** Kind of the object; its sub-kinds count too. */
  readonly kind: string;
  /** Property names; undefined for all of them and the object class. */
  readonly properties: readonly string[] | undefined;
  /** Continuation of "decides": `which certificates of clients are trusted`. */
  readonly decides: string;
  /** Applies only to objects that have a value for this property before or after the change. */
  readonly whereWritten?: string;
  /** Applies only to objects that a connection handler refers to. */
  readonly whereHandlerNamesIt?: true;
  /** Applies also when the object is deleted or disabled. */
  readonly alsoWhenRemoved?: true;
}

export const LOGIN_DECISIONS: readonly LoginDecision[] = [
  {
    kind: rootDnUser.kind,
    properties: undefined,
    decides: 'who may log in and what the account may do',
    // A certificate of two accounts belongs to neither until one is deleted, and a login name may hide another.
    alsoWhenRemoved: true,
  },
  {
    kind: globalAccessControlPolicy.kind,
    properties: undefined,
    decides: 'what accounts may do',
    alsoWhenRemoved: true,
  },
  {
    kind: trustManagerProvider.kind,
    properties: undefined,
    decides: 'which certificates of clients are trusted, because a connection handler uses it',
    whereHandlerNamesIt: true,
  },
  {
    kind: ldapConnectionHandler.kind,
    properties: ['trust-manager-provider', 'ssl-client-auth-policy', 'use-ssl', 'allow-start-tls', 'enabled'],
    decides: 'which certificates of clients are trusted',
    whereWritten: 'trust-manager-provider',
  },
  {
    kind: ldapConnectionHandler.kind,
    properties: ['allow-clear-text-password'],
    decides: 'whose passwords are accepted over connections that are not encrypted',
    whereWritten: 'allow-clear-text-password',
  },
  {
    kind: ldapiConnectionHandler.kind,
    properties: ['socket-file', 'socket-file-mode', 'enabled'],
    decides: 'who becomes the administrator on the local socket',
  },
  {
    kind: memoryBackend.kind,
    properties: ['ldif-file', 'base-dn', 'enabled'],
    decides: 'which accounts a file brings',
    whereWritten: 'ldif-file',
  },
  {
    kind: rootConfig.kind,
    properties: ['lockout-failure-count', 'lockout-duration', 'lockout-failure-expiration-interval'],
    decides: 'how many passwords may be tried',
  },
  {
    kind: rootConfig.kind,
    properties: ['default-password-policy'],
    decides: 'which password policy accounts have',
  },
  {
    kind: passwordPolicy.kind,
    properties: undefined,
    decides: 'which passwords accounts may have',
    alsoWhenRemoved: true,
  },
  {
    kind: passwordValidator.kind,
    properties: undefined,
    decides: 'which passwords accounts may have',
    alsoWhenRemoved: true,
  },
];

export interface EntryVersions {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** A row of the table that a change touches. */
export interface TouchedDecision {
  readonly decision: LoginDecision;
  /** Undefined if the whole entry counts. */
  readonly property: PropertyDefinition | undefined;
}

export interface DecisionContext {
  readonly definitions: Definitions;
  /** Returns true if an object of this kind, or of a sub-kind, refers to the changed entry. */
  readonly isNamedBy: (kind: string) => boolean;
}

/**
 * Returns the rows whose values a change changes; an empty list for an unrelated change. Compares stored text: an
 * expression with the same value today may have another one tomorrow.
 */
export function touchedDecisions(versions: EntryVersions, context: DecisionContext): TouchedDecision[] {
  return LOGIN_DECISIONS.flatMap((decision) => touchedBy(decision, versions, context));
}

/** Returns true if every property of the kind decides, wherever the object is used, as for accounts. */
export function decidesByItself(definition: ObjectDefinition): boolean {
  return LOGIN_DECISIONS.some(
    ({ kind, properties, whereHandlerNamesIt }) =>
      properties === undefined && whereHandlerNamesIt !== true && kind === definition.kind,
  );
}

function touchedBy(
  decision: LoginDecision,
  versions: EntryVersions,
  context: DecisionContext,
): readonly TouchedDecision[] {
  const definition = definitionOf(decision, versions, context.definitions);
  if (definition === undefined) return [];
  const { before, after } = versions;
  const isGone = after === undefined || !isOf(decision, after, context.definitions);
  if (isGone) return decision.alsoWhenRemoved === true ? [{ decision, property: undefined }] : [];
  if (decision.whereHandlerNamesIt === true && !context.isNamedBy(connectionHandler.kind)) return [];
  if (decision.whereWritten !== undefined && !isWritten(decision.whereWritten, definition, versions))
    return [];
  const wasNot = before === undefined || !isOf(decision, before, context.definitions);
  const properties = propertiesOf(decision, definition).filter(
    (property) => valuesOf(before, property) !== valuesOf(after, property),
  );
  if (decision.alsoWhenRemoved !== true && isSwitchedOff(definition, after)) {
    if (wasNot || properties.every(({ name }) => name === 'enabled')) return [];
  }
  if (properties.length > 0) return properties.map((property) => ({ decision, property }));
  return wasNot && decision.properties === undefined ? [{ decision, property: undefined }] : [];
}

function definitionOf(
  decision: LoginDecision,
  { before, after }: EntryVersions,
  definitions: Definitions,
): ObjectDefinition | undefined {
  for (const entry of [after, before]) {
    if (entry !== undefined && isOf(decision, entry, definitions)) return definitions.findForEntry(entry);
  }
  return undefined;
}

function isOf({ kind }: LoginDecision, entry: Entry, definitions: Definitions): boolean {
  const definition = definitions.findForEntry(entry);
  return definition !== undefined && isOfKind(definition, kind);
}

function propertiesOf(
  { properties }: LoginDecision,
  definition: ObjectDefinition,
): readonly PropertyDefinition[] {
  if (properties === undefined) return definition.properties;
  return properties.flatMap((name) => definition.propertiesByName.get(name) ?? []);
}

function isWritten(name: string, definition: ObjectDefinition, { before, after }: EntryVersions): boolean {
  const property = definition.propertiesByName.get(name);
  if (property === undefined) return false;
  return [before, after].some((entry) => (entry?.values(property.key).length ?? 0) > 0);
}

/** Returns true if the entry is disabled in plain text. The value of an expression may change. */
function isSwitchedOff(definition: ObjectDefinition, entry: Entry): boolean {
  const enabled = definition.propertiesByName.get('enabled');
  if (enabled === undefined) return false;
  const values = entry.values(enabled.key);
  return values.length === 1 && values[0]?.toLowerCase() === 'false';
}

/** Returns a text that is equal for equal values in any order. */
function valuesOf(entry: Entry | undefined, { key }: PropertyDefinition): string {
  return JSON.stringify((entry?.values(key) ?? []).toSorted());
}
