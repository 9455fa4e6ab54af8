// Changes by a requester that may change parts only, by policies. What it may change is decided by names and attributes, so the
// decision says nothing of what is there; and what refuses a change says nothing of what the requester may not read.

import type { PolicyAccess } from '../../access/policy-access.ts';
import type { Requester } from '../../backend/backend.ts';
import { ChangeRefused } from '../../backend/change-refused.ts';
import type { Sight } from '../../backend/sight.ts';
import { missingFor } from '../../backend/visible-entry.ts';
import { CONFIG_ROOT, Container } from '../../config/objects/properties/places.ts';
import { PASSWORD_STATE_KEYS } from '../../directory/password-state-keys.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Attribute, Entry } from '../../ldap/entry.ts';
import { formatIssue, textOfSentences } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Rdn } from '../../ldap/rdn.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import type { Schema } from '../../schema/schema.ts';
import { textsInChanges } from '../texts-with-expressions.ts';

export interface PolicyWriter {
  readonly requester: Requester;
  readonly access: PolicyAccess | undefined;
  readonly sight: Sight;
  readonly schema: Schema;
  /** Returns the entry as the writer sees it, by the key of its name. */
  readonly find: (key: string) => Entry | undefined;
}

/** Said in place of everything that other entries have to do with. */
const FIXED: ReadonlyMap<ResultCode, string> = new Map([
  [ResultCode.unwillingToPerform, 'The change conflicts with something else in the server, and is refused.'],
  [
    ResultCode.notAllowedOnNonLeaf,
    'The entry can be neither deleted nor moved as long as there is something below it.',
  ],
  [ResultCode.entryAlreadyExists, 'An entry of this name exists already.'],
]);
const OTHERWISE = 'The change is refused.';

/** Names nothing but what the request has, and entries that exist for the requester. */
class RefusedByPolicy extends LdapError {}

/** Throws insufficientAccessRights (50), or noSuchObject (32) for an entry that does not exist for the requester. */
export function requireWriteByPolicy(change: Change, writer: PolicyWriter): void {
  const dn = dnOfChange(change);
  for (const [name, attributes] of targetsOf(change, writer.schema)) {
    const decision = writer.access?.decideAt('write', writer.schema.dnKey(name), attributes);
    if (decision?.isAllowed === true) continue;
    const isCovered = decision !== undefined && decision.policies.length > 0;
    if (!isCovered && change.type !== 'add' && !exists(dn, writer)) throw missing(dn, writer);
    throw refusal(writer.requester, name, isCovered ? decision.missing : []);
  }
  if (textsInChanges([change]).length > 0) throw expressionRefused(dn, writer.requester);
}

/**
 * Makes the refusal of an expression: its value is shown to readers, so that its writer could read environment and files of
 * the server.
 */
function expressionRefused(dn: Dn, { dn: who }: Requester): LdapError {
  return new RefusedByPolicy(
    'insufficientAccessRights',
    `${who === '' ? 'An anonymous client' : who} may not write expressions ($<…>) into ${dn}: that needs the privilege config-write.`,
  );
}

/** The names that a change is about, each with the keys of the attributes that it writes there. */
function targetsOf(change: Change, schema: Schema): readonly (readonly [Dn, ReadonlySet<string>])[] {
  // What comes with a password is no more than the password; requests never have it.
  const keys = (attributes: readonly Attribute[]) =>
    attributes
      .map(({ description, key }) => schema.describe(description)?.type.key ?? key)
      .filter((key) => !PASSWORD_STATE_KEYS.has(key));
  const ofRdn = (rdn: Rdn | undefined) =>
    (rdn ?? []).map(({ type }) => schema.findAttributeType(type)?.key ?? type.toLowerCase());
  switch (change.type) {
    case 'add': {
      const { dn, attributes } = change.entry;
      return [[dn, new Set([...keys(attributes), ...ofRdn(dn.rdn)])]];
    }
    case 'modify':
      return [[change.dn, new Set(keys(change.modifications.map(({ attribute }) => attribute)))]];
    case 'delete':
      return [[change.dn, new Set()]];
    case 'modifyDn': {
      const { dn, newRdn, newSuperior } = change;
      const written = new Set([...ofRdn(newRdn), ...(change.deleteOldRdn ? ofRdn(dn.rdn) : [])]);
      return [
        [dn, written],
        [(newSuperior ?? dn.parent ?? Dn.root).child(newRdn), written],
      ];
    }
  }
}

function exists(dn: Dn, { sight, schema, find }: PolicyWriter): boolean {
  const entry = find(schema.dnKey(dn));
  return entry !== undefined && sight.grantOf(entry) !== undefined;
}

function missing(dn: Dn, { sight, schema, find }: PolicyWriter): LdapError {
  return missingFor(dn, (above) => {
    const entry = find(schema.dnKey(above));
    return entry !== undefined && sight.grantOf(entry) !== undefined ? entry.dn : undefined;
  });
}

function refusal({ dn: who }: Requester, dn: Dn, attributes: readonly string[]): LdapError {
  const what = attributes.length === 0 ? '' : ` (${attributes.join(', ')})`;
  return new RefusedByPolicy(
    'insufficientAccessRights',
    `${who === '' ? 'An anonymous client' : who} may not change ${dn}${what}: no access control policy allows it.`,
  );
}

/** Returns the refusal of a change without anything that the requester may not read. */
export function refusalFor(error: unknown, changes: readonly Change[], writer: PolicyWriter): unknown {
  if (error instanceof ChangeRefused) {
    const { index, refusal: inner } = error;
    const reduced = refusalFor(inner, changes.slice(index, index + 1), writer);
    return reduced instanceof LdapError ? new ChangeRefused(reduced, index) : reduced;
  }
  if (!(error instanceof LdapError) || error instanceof RefusedByPolicy) return error;
  const [change] = changes;
  if (error.code === ResultCode.noSuchObject && change !== undefined)
    return missing(dnOfChange(change), writer);
  const { code, issues } = error;
  if (issues === undefined && !FIXED.has(code) && !namesOthers(error, changes, writer)) return error;
  const own = (issues ?? []).filter((issue) => isOwn(issue, changes, writer.schema));
  const told = new LdapError(own[0]?.code ?? code, textOfSentences(own.map(formatIssue)), { cause: error });
  if (own.length > 0 && !namesOthers(told, changes, writer)) return told;
  return new LdapError(told.code, FIXED.get(told.code) ?? OTHERWISE, { cause: error });
}

/** Names that everybody knows, and the examples of advice. */
const KNOWN_NAMES: readonly string[] = [...Object.values(Container), CONFIG_ROOT];
const EXAMPLE = /\bcn=Example,(?=cn=)/g;
/** Characters that mean something in a pattern. */
const SYNTAX_CHARACTER = /[\\^$.*+?()[\]{}|]/g;
const NAME = /[a-z][\w.-]*=/i;
/** Words that are attributes and nothing else; `name` and `description` are in many sentences. */
const ATTRIBUTE = /\b(?:ds-[\w-]+|[a-z]+[A-Z]\w*)/g;

/**
 * Returns true if a message has a name that is neither in the request nor known to everybody, or an attribute that the
 * requester may not read. Whether there is such an entry or attribute is not looked at: the answer must not depend on it.
 */
function namesOthers(
  { code, message }: LdapError,
  changes: readonly Change[],
  writer: PolicyWriter,
): boolean {
  const rest = changes
    .flatMap(textsOf)
    .concat(writer.requester.dn, KNOWN_NAMES)
    .filter((text) => text !== '')
    .toSorted((one, other) => other.length - one.length)
    .reduce((text, known) => text.replace(wholeText(known), ''), message.replaceAll(EXAMPLE, ''));
  if (NAME.test(rest)) return true;
  // These say what a right is missing for, by the schema alone.
  if (code === ResultCode.insufficientAccessRights) return false;
  const { schema } = writer;
  return changes.some((change) => {
    const written = new Set(targetsOf(change, schema).flatMap(([, keys]) => [...keys]));
    const grant = writer.sight.grantAt(dnOfChange(change));
    return Array.from(rest.matchAll(ATTRIBUTE), ([word]) => schema.findAttributeType(word)?.key).some(
      (key) => key !== undefined && !written.has(key) && grant?.reads(key) !== true,
    );
  });
}

/** Matches a text that is no part of a longer word or name: a value `=` must not take the names of others out of a message. */
function wholeText(text: string): RegExp {
  const pattern = text.replaceAll(SYNTAX_CHARACTER, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\w=,+\\])${pattern}(?![\w=,+\\])`, 'g');
}

/** Returns the names and values of a change as the client wrote them. */
function textsOf(change: Change): readonly string[] {
  const values = (attributes: readonly Attribute[]) => attributes.flatMap((attribute) => attribute.values);
  switch (change.type) {
    case 'add':
      return [change.entry.dn.toString(), ...values(change.entry.attributes)];
    case 'modify':
      return [change.dn.toString(), ...values(change.modifications.map(({ attribute }) => attribute))];
    case 'delete':
      return [change.dn.toString()];
    case 'modifyDn': {
      const { dn, newRdn, newSuperior } = change;
      const parent = newSuperior ?? dn.parent ?? Dn.root;
      return [dn.toString(), parent.child(newRdn).toString(), newSuperior?.toString() ?? ''];
    }
  }
}

/** Returns true if the issue is about a value that the request itself has. */
function isOwn(
  { dn, property, code }: { readonly dn: string; readonly property?: string; readonly code: string },
  changes: readonly Change[],
  schema: Schema,
): boolean {
  if (property === undefined || code === 'unwillingToPerform') return false;
  return changes.some((change) => {
    if (schema.dnKey(dnOfChange(change)) !== schema.dnKeyOfText(dn)) return false;
    const named = targetsOf(change, schema).flatMap(([, keys]) => [...keys]);
    const name = property.toLowerCase();
    return named.some((key) => key === name || key === `ds-cfg-${name}`);
  });
}
