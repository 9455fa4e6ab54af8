// The secret sources that values of secret properties name by $<http:SOURCE/PATH#/POINTER>: as ReferenceIndex keys, so that
// a source in use is neither deleted nor renamed, and as names, so that their secrets can be fetched.

import { parseSecretName, secretNameIn } from '../expression/secret-name.ts';
import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { Schema } from '../schema/schema.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { Container } from './objects/properties/places.ts';
import { secretSource } from './objects/secret-source.ts';
import { issueOf, type ObjectReading } from './property-reader.ts';

const MARK = '$<http:';
const OTHER_MARK = '&{http:';

/** Returns the DN of the secret source that a name is about. Takes a valid name. */
export function secretSourceOf(name: string): Dn {
  const parsed = parseSecretName(name);
  const source = typeof parsed === 'string' ? name : parsed.source;
  return Dn.parse(Container.secretSources).child([{ type: secretSource.namingAttribute, value: source }]);
}

/** Returns the names in the secret values of an entry. Reads no other attributes. */
export function secretNamesIn(definition: ObjectDefinition, entry: Entry): readonly string[] {
  return definition.secrets.flatMap(({ key }) => entry.peek(key).flatMap(({ values }) => namesIn(values)));
}

/** Returns the names in values of a secret property. */
export function namesIn(values: readonly string[]): readonly string[] {
  return values.flatMap((value) =>
    value.startsWith(MARK) || value.startsWith(OTHER_MARK) ? (secretNameIn(value) ?? []) : [],
  );
}

/** Returns the ReferenceIndex keys of the secret sources that an object names. */
export function secretTargetsOf({ definition, entry }: ObjectReading, schema: Schema): readonly string[] {
  const names = definition.secrets.length === 0 ? [] : secretNamesIn(definition, entry);
  return names.map((name) => schema.dnKey(secretSourceOf(name)));
}

/** Checks that the secrets of a secret source do not come from a secret source: it would have to be there before itself. */
export function checkOwnSecrets({ definition, entry }: ObjectReading): readonly Issue[] {
  if (definition.kind !== secretSource.kind) return [];
  return definition.secrets
    .filter(({ key }) => namesIn(entry.values(key)).length > 0)
    .map((property) =>
      issueOf(
        'unwillingToPerform',
        property,
        entry,
        undefined,
        'comes from a secret source, which a secret of a secret source cannot',
        'Write $<file:PATH>, $<cred:NAME> or the value itself.',
      ),
    );
}
