// Passwords on their way into a tree: only what stored-password.ts makes of them goes on, so neither the journal nor
// anybody who reads entries ever sees one in clear text.

import { passwordProblem } from '../config/password-hash.ts';
import { SECRET_STARS } from '../config/secret.ts';
import { findStored, isStoredPassword, siblingsOf, storePassword } from '../config/stored-password.ts';
import { type Change, dnOfChange, type Modification } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import { ChangeRefused } from './change-refused.ts';

const PASSWORD_KEY = 'userpassword';
/** Each takes some tenths of a second of a processor. */
const PASSWORDS_MAX = 8;
/** In all changes of a transaction together. */
const PASSWORDS_TOGETHER_MAX = 256;

/** The change with every password as it is stored. `find` gives the entry as it is now. Throws what is wrong with a password. */
export async function withStoredPasswords(
  change: Change,
  schema: Schema,
  find: (dn: Dn) => Entry | undefined,
): Promise<Change> {
  const isPassword = ({ description }: Attribute) => schema.describe(description)?.type.key === PASSWORD_KEY;
  const dn = dnOfChange(change);
  if (change.type === 'add') {
    if (!change.entry.attributes.some(isPassword)) return change;
    requireFew(change.entry.attributes.filter(isPassword), dn);
    const attributes: Attribute[] = [];
    for (const attribute of change.entry.attributes)
      attributes.push(isPassword(attribute) ? await stored(attribute, dn) : attribute);
    return { type: 'add', entry: change.entry.withAttributes(attributes) };
  }
  if (change.type !== 'modify' || !change.modifications.some(({ attribute }) => isPassword(attribute))) {
    return change;
  }
  requireFew(
    change.modifications.flatMap(({ attribute }) => (isPassword(attribute) ? attribute : [])),
    dn,
  );
  const entry = find(dn);
  const kept = ({ description }: Attribute) =>
    entry?.values(schema.describe(description)?.key ?? PASSWORD_KEY);
  const modifications: Modification[] = [];
  for (const { operation, attribute } of change.modifications) {
    if (!isPassword(attribute)) modifications.push({ operation, attribute });
    else if (operation !== 'delete')
      modifications.push({ operation, attribute: await stored(attribute, dn) });
    else modifications.push({ operation, attribute: await deleted(attribute, kept(attribute), dn) });
  }
  return { ...change, modifications };
}

/** Throws adminLimitExceeded, by way of ChangeRefused, when changes that are made together would take too many hashes. */
export function requireFewPasswords(changes: readonly Change[], schema: Schema): void {
  let count = 0;
  for (const [index, change] of changes.entries()) {
    count += clearPasswordsIn(change, schema);
    if (count <= PASSWORDS_TOGETHER_MAX) continue;
    const text = `${dnOfChange(change)}: ${PASSWORDS_TOGETHER_MAX} passwords may be set in one transaction and no more.`;
    throw new ChangeRefused(new LdapError('adminLimitExceeded', text), index);
  }
}

function clearPasswordsIn(change: Change, schema: Schema): number {
  const attributes =
    change.type === 'add'
      ? change.entry.attributes
      : change.type === 'modify'
        ? change.modifications.map(({ attribute }) => attribute)
        : [];
  return attributes
    .filter(({ description }) => schema.describe(description)?.type.key === PASSWORD_KEY)
    .reduce((sum, { values }) => sum + values.filter((value) => !isStoredPassword(value)).length, 0);
}

function requireFew(attributes: readonly Attribute[], dn: Dn): void {
  const count = attributes.reduce((sum, { values }) => sum + values.length, 0);
  if (count > PASSWORDS_MAX) {
    throw new LdapError(
      'adminLimitExceeded',
      `${dn}: one change may have ${PASSWORDS_MAX} passwords and no more.`,
    );
  }
}

async function stored(attribute: Attribute, dn: Dn): Promise<Attribute> {
  const values: string[] = [];
  for (const value of attribute.values) {
    if (isStoredPassword(value)) {
      values.push(value);
      continue;
    }
    const about = { code: 'constraintViolation', dn: dn.toString(), property: 'userPassword' } as const;
    const refused = passwordProblem(value);
    if (refused !== undefined) refuseIfAny([{ ...about, received: SECRET_STARS, ...refused }]);
    values.push(...(await storePassword(value)));
  }
  return attribute.withValues(values);
}

/** Whoever deletes a password by its clear text means all that was made of it. */
async function deleted(
  attribute: Attribute,
  kept: readonly string[] | undefined,
  dn: Dn,
): Promise<Attribute> {
  // That there is no entry is for the change itself to find out.
  if (kept === undefined) return attribute;
  const values = new Set<string>();
  for (const value of attribute.values) {
    const found = isStoredPassword(value) ? siblingsOf(value, kept) : await findStored(kept, value);
    if (found.length === 0) throw new LdapError('noSuchAttribute', `${dn}: has no such password.`);
    for (const one of found) values.add(one);
  }
  return attribute.withValues([...values]);
}
