// Changes by somebody who may not read secrets. A modification whose answer would depend on a stored secret is refused
// whatever the secret is: otherwise a trial of it (no-op) would say whether a guess is right.

import type { Grant } from '../../access/grant.ts';
import { maskAttribute, type SecretValues } from '../../access/masking.ts';
import type { Requester } from '../../backend/backend.ts';
import type { Privilege } from '../../config/objects/root-dn-user.ts';
import { type Change, dnOfChange, type Modification } from '../../ldap/change.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { AttributeDescription } from '../../schema/attribute-type.ts';
import type { Schema } from '../../schema/schema.ts';

const READ: Privilege = 'secret-read';
const PASSWORD_KEY = 'userpassword';

/**
 * Takes the entry as it is now. Throws insufficientAccessRights (50) for a value that is deleted or incremented, and
 * attributeOrValueExists (20) for one that is added where there is a secret already.
 */
export function requireNoGuess(
  change: Change,
  requester: Requester,
  { schema, secrets, grant }: GuessContext,
  entry: Entry | undefined,
): void {
  if (change.type !== 'modify') return;
  // Whoever deletes its own password by its value has to know it, as for a login.
  const isOwn = requester.dn !== '' && schema.dnKeyOfText(requester.dn) === schema.dnKey(change.dn);
  if (grant === undefined || !change.modifications.every((one) => isReadable(one, grant, schema))) {
    for (const modification of change.modifications)
      if (
        modification.operation !== 'replace' &&
        !(isOwn && isPasswordByValue(modification, schema)) &&
        !isReadable(modification, grant, schema)
      )
        throw onlyReplaced(change, modification);
  }
  if (entry === undefined || grant === undefined || requester.privileges.has(READ)) return;
  const check = new GuessCheck(change, schema, secrets, entry, grant);
  for (const modification of change.modifications) check.look(modification, isOwn);
}

interface GuessContext {
  readonly schema: Schema;
  readonly secrets: SecretValues;
  /** Grant of the requester for the entry; undefined if it sees nothing of it. */
  readonly grant: Grant | undefined;
}

function isPasswordByValue({ operation, attribute }: Modification, schema: Schema): boolean {
  const key = schema.describe(attribute.description)?.type.key;
  return key === PASSWORD_KEY && operation === 'delete' && attribute.values.length > 0;
}

function isReadable({ attribute }: Modification, grant: Grant | undefined, schema: Schema): boolean {
  const key = schema.describe(attribute.description)?.type.key;
  return key === undefined || grant?.reads(key) === true;
}

/** Any other answer would say what there is of the attribute. */
function onlyReplaced(change: Change, { attribute }: Modification): LdapError {
  return new LdapError(
    'insufficientAccessRights',
    `${dnOfChange(change)}: ${attribute.description} may be changed by this account and not be read, so it can only be replaced as a whole.`,
  );
}

class GuessCheck {
  readonly #grant: Grant;
  readonly #change: Change;
  readonly #schema: Schema;
  readonly #secrets: SecretValues;
  readonly #entry: Entry;
  /** Keys of the attributes of which the request has taken everything away that it did not bring itself. */
  readonly #ownOnly = new Set<string>();

  constructor(change: Change, schema: Schema, secrets: SecretValues, entry: Entry, grant: Grant) {
    this.#grant = grant;
    this.#change = change;
    this.#schema = schema;
    this.#secrets = secrets;
    this.#entry = entry;
  }

  look({ operation, attribute }: Modification, isOwn: boolean): void {
    const description = this.#schema.describe(attribute.description);
    if (description === undefined) return;
    const { key } = description;
    if (operation === 'replace' || (operation === 'delete' && attribute.values.length === 0)) {
      this.#ownOnly.add(key);
      return;
    }
    const isPassword = description.type.key === PASSWORD_KEY;
    // A password to delete is looked for among those stored, whatever the request does before (stored-passwords.ts).
    const isOwnOnly = this.#ownOnly.has(key) && !isPassword;
    const stored = isOwnOnly ? [] : this.#hiddenOf(description, this.#entry.values(key));
    if (stored.length === 0) return;
    if (operation === 'add') {
      // What is made of a password has a salt of its own, and is never what is stored.
      if (isPassword) return;
      const given = new Set(this.#hiddenOf(description, attribute.values));
      if (stored.some((shown) => given.has(shown))) throw this.#isThere(description);
    } else if (!(isPassword && isOwn) && this.#isGuess(description, operation, attribute.values)) {
      throw this.#mayNot(description);
    }
  }

  #isGuess(description: AttributeDescription, operation: string, values: readonly string[]): boolean {
    return operation === 'increment' || this.#hiddenOf(description, values).length > 0;
  }

  /** The values that are secret, each as everybody may see it. */
  #hiddenOf({ type, description }: AttributeDescription, values: readonly string[]): readonly string[] {
    if (this.#grant.readsSecrets(type.key)) return [];
    const shown = maskAttribute(new Attribute(description, values), this.#secrets, type.key).values;
    return this.#secrets.secretAttributes.has(type.key)
      ? shown
      : shown.filter((value, index) => value !== values[index]);
  }

  #isThere({ description }: AttributeDescription): LdapError {
    return new LdapError(
      'attributeOrValueExists',
      `${dnOfChange(this.#change)}: ${description} has a secret value already, which is not shown to this account. ` +
        'Replace the attribute instead of adding to it.',
    );
  }

  #mayNot({ description }: AttributeDescription): LdapError {
    return new LdapError(
      'insufficientAccessRights',
      `${dnOfChange(this.#change)}: a secret value of ${description} is deleted or incremented only by who may read it ` +
        `(${READ}). Replace the attribute, or delete it as a whole.`,
    );
  }
}
