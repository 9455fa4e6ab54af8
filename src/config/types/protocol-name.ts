// Controls and extended operations by the names that PingDS has for them, or by their OIDs. The value is the OID.

import { Oid } from '../../ldap/oids.ts';
import { findSimilarName } from '../../schema/similar-name.ts';
import { type PropertyType, propertyType } from '../property-type.ts';

/** Names of the controls that requests may have. */
export const CONTROL_NAMES: Readonly<Record<string, readonly string[]>> = {
  Assertion: [Oid.assertion],
  AuthorizationIdentity: [Oid.authorizationIdentityRequest],
  DontUseCopy: [Oid.dontUseCopy],
  GetEffectiveRights: [Oid.effectiveRights],
  ManageDsaIt: [Oid.manageDsaIt],
  MatchedValues: [Oid.matchedValues],
  NoOp: [Oid.noOp, Oid.noOpOfOpenLdap],
  PermissiveModify: [Oid.permissiveModify],
  PersistentSearch: [Oid.persistentSearch],
  PostRead: [Oid.postRead],
  PreRead: [Oid.preRead],
  ProxiedAuthV2: [Oid.proxiedAuthorization],
  ServerSideSort: [Oid.sortRequest],
  SimplePagedResults: [Oid.pagedResults],
  SubtreeDelete: [Oid.subtreeDelete],
  SyncRequest: [Oid.syncRequest],
  TransactionId: [Oid.transactionId],
  TransactionSpecification: [Oid.transaction],
  Vlv: [Oid.listViewRequest],
};

/** Names of the extended operations. */
export const EXTENDED_OPERATION_NAMES: Readonly<Record<string, readonly string[]>> = {
  Cancel: [Oid.cancel],
  Differences: [Oid.differences],
  EndTransaction: [Oid.endTransaction],
  PasswordModify: [Oid.passwordModify],
  StartTls: [Oid.startTls],
  StartTransaction: [Oid.startTransaction],
  WhoAmI: [Oid.whoAmI],
};

export interface ProtocolName {
  /** Text as written. */
  readonly text: string;
  readonly oids: readonly string[];
}

/** Returns the type of a control. */
export function controlName(): PropertyType<ProtocolName> {
  return protocolName('control', CONTROL_NAMES);
}

/** Returns the type of an extended operation. */
export function extendedOperationName(): PropertyType<ProtocolName> {
  return protocolName('extended operation', EXTENDED_OPERATION_NAMES);
}

function protocolName(
  what: string,
  names: Readonly<Record<string, readonly string[]>>,
): PropertyType<ProtocolName> {
  const words = Object.keys(names);
  const byText = new Map(
    Object.entries(names).flatMap(([name, oids]) => [
      [name.toLowerCase(), oids] as const,
      ...oids.map((oid) => [oid, oids] as const),
    ]),
  );
  return propertyType({
    name: what,
    syntax: 'directoryString',
    allowed: `One of ${words.join(', ')}, or the OID of one of them`,
    words,
    parse(text) {
      const written = text.trim();
      const oids = byText.get(written.toLowerCase());
      if (oids !== undefined) return { value: { text: written, oids } };
      const nearest = findSimilarName(written, words);
      const meant = nearest === undefined ? '' : `Did you mean ${nearest}? `;
      return {
        problem: `is no ${what} that a policy can allow`,
        advice: `${meant}Allowed: ${words.join(', ')}.`,
      };
    },
    format: ({ text }) => text,
  });
}
