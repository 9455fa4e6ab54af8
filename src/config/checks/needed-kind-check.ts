// An object that needs at least one of a kind: an alert handler some mail server. Both sides are answered by the
// reference index: every object of such a kind "refers" to the kind, and every object in need to the need, under
// keys that no entry can have.
//
// What is needed must exist; it may be disabled, or the only mail server could never be restarted.

import type { Entry } from '../../ldap/entry.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { Definitions } from '../definitions.ts';
import { isOfKind, type NeededKind, type ObjectDefinition } from '../object-definition.ts';
import { ldapTrustManagerProvider } from '../objects/ldap-trust-manager-provider.ts';
import type { ObjectReading } from '../property-reader.ts';
import type { CheckContext } from './reference-check.ts';
import { ENTRY_TRUST_KEY } from './trust-base-check.ts';

/** Refers to: is one of this kind. */
const kindKey = (kind: string) => `(kind)${kind}`;
/** Refers to: needs one of this kind. */
const needKey = (kind: string) => `(need)${kind}`;

/** What the object refers to, for the ReferenceIndex. */
export function kindTargetsOf(reading: ObjectReading, definitions: Definitions): readonly string[] {
  const kinds = ownKindTargetsOf(reading.definition, definitions);
  return [...kinds, ...needsOf(reading).map(({ kind }) => needKey(kind))];
}

/** What every object of the definition refers to, whatever it holds. */
export function ownKindTargetsOf(definition: ObjectDefinition, definitions: Definitions): readonly string[] {
  const needed = definitions.neededKinds.filter((kind) => isOfKind(definition, kind)).map(kindKey);
  return definition.kind === ldapTrustManagerProvider.kind ? [...needed, ENTRY_TRUST_KEY] : needed;
}

/** Refuses an object that needs what is not there. */
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

/** Refuses to delete the last of a kind that somebody needs. */
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
