// Checks the structure below cn=config: objects are direct children of their containers, named by cn or the naming
// attribute of their kind, and have exactly one kind. The root and the containers have fixed places.

import type { Entry } from '../../ldap/entry.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { ResultCodeName } from '../../ldap/result-code.ts';
import type { Schema } from '../../schema/schema.ts';
import type { Definitions } from '../definitions.ts';
import type { ObjectDefinition } from '../object-definition.ts';

/**
 * Returns the issues of an entry's place and kind.
 * @param entryKey The schema's key of the entry's DN.
 */
export function checkStructure(
  entry: Entry,
  entryKey: string,
  definitions: Definitions,
  schema: Schema,
): readonly Issue[] {
  const kind = definitions.findForEntry(entry);
  if (kind === undefined) return [noKind(entry, entryKey, definitions)];
  const other = definitions.findOtherKind(entry, kind);
  if (other !== undefined) {
    const problem = `is of several kinds at once: ${kind.objectClass.name}, ${other.objectClass.name}`;
    return [issue(entry, 'objectClassViolation', problem, 'Keep one of these classes.')];
  }
  if (kind.abstract) return [abstractKind(entry, kind, definitions)];
  const place = checkPlace(entry, entryKey, kind, definitions);
  return place === undefined ? checkName(entry, kind, schema) : [place];
}

/** Refuses to delete the root or a container, because clients expect them. */
export function checkDeletion(entry: Entry, entryKey: string, definitions: Definitions): Issue[] {
  const kind = definitions.findAtPlace(entryKey);
  if (kind === undefined) return [];
  const what = `is the ${kind.friendlyName.toLowerCase()} of the configuration and cannot be deleted`;
  return [issue(entry, 'unwillingToPerform', what, 'Delete the objects below it instead.')];
}

/** Returns the key of the parent. A `,` in a key always ends a level (Schema.dnKey). */
function parentKeyOf(entryKey: string): string {
  const comma = entryKey.indexOf(',');
  return comma < 0 ? '' : entryKey.slice(comma + 1);
}

function noKind(entry: Entry, entryKey: string, definitions: Definitions): Issue {
  const allowed = definitions.underContainer(parentKeyOf(entryKey)).filter((kind) => !kind.abstract);
  const advice =
    allowed.length > 0
      ? `Allowed here: ${allowed.map((kind) => kind.objectClass.name).join(', ')}.`
      : 'Entries of the configuration live directly in its containers, such as cn=Mail Servers,cn=config.';
  return issue(entry, 'objectClassViolation', 'has no object class of a configuration object', advice);
}

function abstractKind(entry: Entry, kind: ObjectDefinition, definitions: Definitions): Issue {
  const concrete = definitions.all.filter((it) => it.parent === kind).map((it) => it.objectClass.name);
  const problem = `has the object class ${kind.objectClass.name} only, which says too little`;
  return issue(entry, 'objectClassViolation', problem, `Add one of ${concrete.join(', ')}.`);
}

function checkPlace(
  entry: Entry,
  entryKey: string,
  kind: ObjectDefinition,
  definitions: Definitions,
): Issue | undefined {
  if ('at' in kind.location) {
    if (definitions.findAtPlace(entryKey) === kind) return undefined;
    const advice = `Entries of class ${kind.objectClass.name} are: ${kind.location.at.join('; ')}.`;
    return issue(entry, 'unwillingToPerform', `cannot be a ${kind.friendlyName.toLowerCase()}`, advice);
  }
  const { under } = kind.location;
  if (definitions.underContainer(parentKeyOf(entryKey)).includes(kind)) return undefined;
  const what = `is a ${kind.friendlyName} in the wrong place`;
  return issue(entry, 'unwillingToPerform', what, `${kind.friendlyPluralName} live directly under ${under}.`);
}

function checkName(entry: Entry, kind: ObjectDefinition, schema: Schema): Issue[] {
  const [ava, ...others] = entry.dn.rdn ?? [];
  const { namingAttribute } = kind;
  const isNamedByIt = ava !== undefined && schema.findAttributeType(ava.type)?.name === namingAttribute;
  if (!isNamedByIt || others.length > 0) {
    return [
      issue(
        entry,
        'namingViolation',
        `must be named by ${namingAttribute} and nothing else, as every ${kind.friendlyName} is`,
      ),
    ];
  }
  if (ava.value.trim() !== '') return [];
  return [
    issue(entry, 'namingViolation', 'has an empty name', `Give it a name, ${namingAttribute}=Example.`),
  ];
}

function issue(entry: Entry, code: ResultCodeName, problem: string, advice?: string): Issue {
  return { code, dn: entry.dn.toString(), problem, ...(advice === undefined ? {} : { advice }) };
}
