// The edge of the store: values of secret attributes are encrypted on their way to a file and decrypted on their way
// back. Everything above sees clear values, everything below text. Which values are secret, the caller says.

import type { Change } from '../../ldap/change.ts';
import { dnOfChange } from '../../ldap/change.ts';
import { ENCRYPTED_MARK } from '../../ldap/encrypted-mark.ts';
import { type Attribute, Entry } from '../../ldap/entry.ts';
import { StoreError } from '../store-error.ts';
import type { DataKeys } from './data-keys.ts';
import { decryptToken, encryptText, Nonces, parseToken, type ValuePlace } from './value-cipher.ts';

/** Says which values are secret. The store does not know the schema. */
export interface SecretRules {
  /** True if values of the attribute may be secret. Takes its description as it is written. */
  isSecret(description: string): boolean;
  /** True if a value of a secret attribute is stored as it is, such as an expression or the hash of a password. */
  isReadable(description: string, value: string): boolean;
  /** True if a start has to look at the value. */
  isMarked(value: string): boolean;
}

export interface StoredValues {
  /** Id of the key that values are encrypted with; undefined if none are. */
  readonly keyId: string | undefined;
  /** Returns the attribute as it is written to a file. */
  encrypt(dn: string, attribute: Attribute): Attribute;
  /** Returns the attribute with clear values. Throws StoreError. The function is the same each time it is asked for. */
  readonly decrypt: (dn: string, attribute: Attribute) => Attribute;
}

/** Leaves values as they are in the files: for readers that look at the structure only, and where there are no keys. */
export const VALUES_AS_STORED: StoredValues = {
  keyId: undefined,
  encrypt: (_, attribute) => attribute,
  decrypt: (_, attribute) => attribute,
};

/** Outcome for one value of a file that is rewritten. */
export type Rewritten =
  | { readonly type: 'same' }
  | { readonly type: 'encrypted'; readonly value: string; readonly wasClear: boolean }
  | { readonly type: 'unreadable'; readonly problem: string };

const SAME: Rewritten = { type: 'same' };

export class EncryptedValues implements StoredValues {
  readonly keys: DataKeys;
  readonly #rules: SecretRules;
  readonly #nonces = new Nonces();
  /** Attributes as they are in files, so that a value is encrypted once and not at each snapshot. */
  readonly #known = new WeakMap<Attribute, { readonly dn: string; readonly stored: Attribute }>();

  constructor(keys: DataKeys, rules: SecretRules) {
    this.keys = keys;
    this.#rules = rules;
  }

  get keyId(): string {
    return this.keys.current.id;
  }

  encrypt(dn: string, attribute: Attribute): Attribute {
    const { description, key, values } = attribute;
    if (!this.#rules.isSecret(description)) return attribute;
    const known = this.#known.get(attribute);
    if (known?.dn === dn) return known.stored;
    // A clear value that looks like an encrypted one is encrypted too, so that it is read as the text that it is.
    const isKept = (value: string) => !isMeantEncrypted(value) && this.#rules.isReadable(description, value);
    if (values.every(isKept)) return attribute;
    const place = { dn, attribute: key };
    const stored = attribute.withValues(
      values.map((value) => (isKept(value) ? value : this.#encryptValue(value, place))),
    );
    this.#known.set(attribute, { dn, stored });
    return stored;
  }

  readonly decrypt = (dn: string, attribute: Attribute): Attribute => {
    const { description, key, values } = attribute;
    if (!values.some(isMeantEncrypted)) return attribute;
    const isSecret = this.#rules.isSecret(description);
    const clear = values.map((value) => {
      if (!isMeantEncrypted(value)) return value;
      const read = this.#decryptValue(value, { dn, attribute: key });
      if (read.problem === undefined) return read.text;
      // What is in another attribute may be meant as a text.
      if (!isSecret) return value;
      throw new StoreError(`${dn}: the stored value of ${description} ${read.problem}`);
    });
    const attributeInClear = attribute.withValues(clear);
    if (isSecret && values.every((value) => parseToken(value)?.keyId === this.keyId))
      this.#known.set(attributeInClear, { dn, stored: attribute });
    return attributeInClear;
  };

  /** Returns the same with other keys. */
  withKeys(keys: DataKeys): EncryptedValues {
    return new EncryptedValues(keys, this.#rules);
  }

  /** Returns true if values of the attribute may be secret. */
  isSecret(description: string): boolean {
    return this.#rules.isSecret(description);
  }

  /** Returns what becomes of one value of a secret attribute in a file that is rewritten. */
  rewrite(dn: string, description: string, value: string): Rewritten {
    const place = { dn, attribute: description.toLowerCase() };
    if (isMeantEncrypted(value)) {
      const read = this.#decryptValue(value, place);
      if (read.problem !== undefined) return { type: 'unreadable', problem: read.problem };
      if (parseToken(value)?.keyId === this.keyId) return SAME;
      return { type: 'encrypted', value: this.#encryptValue(read.text, place), wasClear: false };
    }
    if (this.#rules.isReadable(description, value)) return SAME;
    return { type: 'encrypted', value: this.#encryptValue(value, place), wasClear: true };
  }

  #encryptValue(value: string, place: ValuePlace): string {
    return encryptText(value, place, this.keys.current, this.#rules.isMarked(value), this.#nonces.next());
  }

  #decryptValue(
    value: string,
    place: ValuePlace,
  ): { readonly text: string; readonly problem?: undefined } | { readonly problem: string } {
    const token = parseToken(value);
    if (token === undefined) return { problem: `is not a whole encrypted value. ${ADVICE}` };
    const key = this.keys.find(token.keyId);
    if (key === undefined)
      return {
        problem: `is encrypted with the data key ${token.keyId}, which this instance does not have. ${ADVICE}`,
      };
    const text = decryptToken(token, place, key);
    return text === undefined
      ? {
          problem: `cannot be decrypted: it is damaged, or was moved from another entry or attribute. ${ADVICE}`,
        }
      : { text };
  }
}

const ADVICE = 'Write the clear value in its place, or restore the file from a backup.';

/** Returns true for a value of a file that begins with the mark, also with one character of it damaged. */
function isMeantEncrypted(value: string): boolean {
  if (value.startsWith(ENCRYPTED_MARK)) return true;
  if (value.length < ENCRYPTED_MARK.length) return false;
  let different = 0;
  for (let at = 0; at < ENCRYPTED_MARK.length && different < 2; at++)
    if (value.charCodeAt(at) !== ENCRYPTED_MARK.charCodeAt(at)) different += 1;
  return different < 2;
}

/** Returns an entry as it is written to a file. */
export function encryptEntry(entry: Entry, values: StoredValues): Entry {
  return withAttributes(entry, (attribute) => values.encrypt(entry.dn.toString(), attribute));
}

/** Returns an entry of a file with clear values. Throws StoreError. */
export function decryptEntry(entry: Entry, values: StoredValues): Entry {
  return withAttributes(entry, (attribute) => values.decrypt(entry.dn.toString(), attribute));
}

/** Returns a change as it is written to a file. */
export function encryptChange(change: Change, values: StoredValues): Change {
  const dn = dnOfChange(change).toString();
  return withChangedAttributes(change, (attribute) => values.encrypt(dn, attribute));
}

/** Returns a change of a file with clear values. Throws StoreError. */
export function decryptChange(change: Change, values: StoredValues): Change {
  const dn = dnOfChange(change).toString();
  return withChangedAttributes(change, (attribute) => values.decrypt(dn, attribute));
}

function withChangedAttributes(change: Change, convert: (attribute: Attribute) => Attribute): Change {
  if (change.type === 'add') {
    const entry = withAttributes(change.entry, convert);
    return entry === change.entry ? change : { ...change, entry };
  }
  if (change.type !== 'modify') return change;
  let isSame = true;
  const modifications = change.modifications.map((modification) => {
    const attribute = convert(modification.attribute);
    if (attribute === modification.attribute) return modification;
    isSame = false;
    return { ...modification, attribute };
  });
  return isSame ? change : { ...change, modifications };
}

function withAttributes(entry: Entry, convert: (attribute: Attribute) => Attribute): Entry {
  let isSame = true;
  const attributes = entry.attributes.map((attribute) => {
    const converted = convert(attribute);
    if (converted !== attribute) isSame = false;
    return converted;
  });
  return isSame ? entry : new Entry(entry.dn, attributes);
}
