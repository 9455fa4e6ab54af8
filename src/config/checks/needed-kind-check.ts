// An object that needs at least one object of another kind: an alert handler needs a mail server. The reference
// index answers both directions: every object of a needed kind "refers" to the kind, and every object with a need to
// the need, under keys that no entry can have.
//
// The needed object must exist but may be disabled; otherwise the only mail server could never be restarted.

import type { Entry } from '../../ldap/entry.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { Definitions } from '../definitions.ts';
import { isOfKind, type NeededKind, type ObjectDefinition } from '../object-definition.ts';
import { ldapTrustManagerProvider } from '../objects/ldap-trust-manager-provider.ts';
import type { ObjectReading } from '../property-reader.ts';
import type { CheckContext } from './reference-check.ts';
import { ENTRY_TRUST_KEY } from './trust-base-check.ts';

/** Key of the objects of a kind. */
const kindKey = (kind: string) => `(kind)${kind}`;
/** Key of the objects that need a kind. */
const needKey = (kind: string) => `(need)${kind}`;

/** Returns the ReferenceIndex keys of an object. */
export function kindTargetsOf(reading: ObjectReading, definitions: Definitions): readonly string[] {
  const kinds = ownKindTargetsOf(reading.definition, definitions);
  return [...kinds, ...needsOf(reading).map(({ kind }) => needKey(kind))];
}

/** Returns the ReferenceIndex keys that every object of the definition has, whatever its values. */
export function ownKindTargetsOf(definition: ObjectDefinition, definitions: Definitions): readonly string[] {
  const needed = definitions.neededKinds.filter((kind) => isOfKind(definition, kind)).map(kindKey);
  return definition.kind === ldapTrustManagerProvider.kind ? [...needed, ENTRY_TRUST_KEY] : needed;
}

/** Refuses an object that needs a kind of which there is no object. */
export function checkNeeds(reading: ObjectReading, { definitions, view }: CheckContext): Issue[] {
  return needsOf(reading).flatMap(({ kind, condition }) => {
    for (const _ of view.referrers(kindKey(kind))) return [];
    const definition = definitions.all.find((it) => it.kind === kind);
    const place = definition === undefined || 'at' in definition.location ? '' : definition.location.under;
    const issue: Issue = {
      code: 'unwillingToPerform',
      dn: reading.entry.dn.toString(),
      property: 'enabled',
      received: 'true',
      problem: `needs a ${kind} while ${condition}, and there is none`,
      advice: `Add one under ${place} first.`,
    };
    return [issue];
  });
}

/** Refuses to delete the last object of a kind that another object needs. */
export function checkLastNeeded(before: Entry, entryKey: string, context: CheckContext): Issue[] {
  const { definitions, view } = context;
  const definition = definitions.findForEntry(before);
  if (definition === undefined) return [];
  return definitions.neededKinds
    .filter((kind) => isOfKind(definition, kind))
    .flatMap((kind) => {
      for (const other of view.referrers(kindKey(kind))) if (other !== entryKey) return [];
      const [needing] = view.referrers(needKey(kind));
      if (needing === undefined) return [];
      const name = view.find(needing)?.dn.toString() ?? needing;
      const issue: Issue = {
        code: 'unwillingToPerform',
        dn: before.dn.toString(),
        problem: `cannot be deleted: it is the last ${kind}, and ${name} needs one`,
        advice: 'Add another first, or disable what needs it.',
      };
      return [issue];
    });
}

function needsOf({ definition, properties, object }: ObjectReading): readonly NeededKind<unknown>[] {
  return definition.neededKinds.filter(
    (need) => need.properties.every((name) => properties.has(name)) && need.holds(object),
  );
}
