// The root DSE: what this server can do and where its trees are (RFC 4512 §5.1, vendor: RFC 3045).

import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { Oid } from '../ldap/oids.ts';
import type { NamingContexts } from './naming-contexts.ts';

/** The root DSE itself, and the schema, which subschemaSubentry names. */
const NOT_CONTEXTS: ReadonlySet<string> = new Set(['', 'cn=schema']);

/** Optional features of the protocol that this server has. */
const SUPPORTED_FEATURES: readonly string[] = [
  Oid.allOperationalAttributes,
  Oid.attributesByObjectClass,
  Oid.absoluteTrueAndFalseFilters,
  Oid.languageTags,
  Oid.languageRanges,
  Oid.increment,
];

export interface RootDseFacts {
  readonly supportedControls: readonly string[];
  readonly supportedExtensions: readonly string[];
  /** As it is whenever the configuration has changed. */
  readonly supportedSaslMechanisms: () => readonly string[];
  readonly vendorVersion: string;
  /** The first and the last change that cn=changelog has. */
  readonly changeNumbers: () => readonly [first: number, last: number];
}

/** Gives the entry as it is now: the naming contexts come and go. */
export function rootDseOf(contexts: NamingContexts, facts: RootDseFacts): () => Entry {
  let generation: number | undefined;
  let known = '';
  let entry = rootDse([], facts);
  return () => {
    const numbers = facts.changeNumbers().join();
    if (generation !== contexts.generation || known !== numbers) {
      generation = contexts.generation;
      known = numbers;
      const names = [...contexts].map(({ baseDn }) => baseDn.toString());
      entry = rootDse(
        names.filter((name) => !NOT_CONTEXTS.has(name)),
        facts,
      );
    }
    return entry;
  };
}

function rootDse(namingContexts: readonly string[], facts: RootDseFacts): Entry {
  const { supportedControls, supportedExtensions, supportedSaslMechanisms, vendorVersion } = facts;
  const [firstChangeNumber, lastChangeNumber] = facts.changeNumbers();
  return Entry.of(Dn.root, {
    objectClass: ['top', 'extensibleObject'],
    namingContexts,
    supportedLDAPVersion: '3',
    supportedControl: supportedControls,
    supportedExtension: supportedExtensions,
    supportedSASLMechanisms: supportedSaslMechanisms(),
    supportedFeatures: SUPPORTED_FEATURES,
    vendorName: 'confdit',
    vendorVersion,
    changelog: 'cn=changelog',
    firstChangeNumber: String(firstChangeNumber),
    lastChangeNumber: String(lastChangeNumber),
  });
}
