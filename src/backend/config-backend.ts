// cn=config: what is written. Expressions are shown, and filtered by, as the text they are.

import { hashPassword, isHashedPassword, passwordProblem } from '../config/password-hash.ts';
import { SECRET_STARS } from '../config/secret.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Backend, ChangeOutcome, Comparison, Requester, Search } from './backend.ts';
import type { Configuration } from './configuration.ts';
import type { EntryViews } from './entry-views.ts';
import { TreeReader } from './tree-reader.ts';
import type { WritePath } from './write-path.ts';

const PASSWORD_KEY = 'userpassword';

export class ConfigBackend implements Backend {
  readonly baseDn = Dn.parse('cn=config');
  readonly baseKey: string;
  readonly readPrivilege = 'config-read';
  readonly writePrivileges = ['config-read', 'config-write'];
  readonly #configuration: Configuration;
  readonly #reader: TreeReader;
  readonly #writePath: WritePath;

  constructor(configuration: Configuration, views: EntryViews, writePath: WritePath) {
    this.#configuration = configuration;
    this.#reader = new TreeReader(configuration.schema, configuration.tree, views);
    this.#writePath = writePath;
    this.baseKey = configuration.schema.dnKey(this.baseDn);
  }

  search(search: Search): Iterable<Entry | undefined> {
    return this.#reader.search(search);
  }

  compare(comparison: Comparison): boolean {
    return this.#reader.compare(comparison);
  }

  async change(change: Change, requester: Requester): Promise<ChangeOutcome> {
    if (change.type === 'modifyDn') {
      throw new LdapError(
        'unwillingToPerform',
        `${change.dn}: configuration objects are not renamed. Add the object under its new name and delete the old one.`,
      );
    }
    return this.#writePath.submit(await withHashedPasswords(change, this.#configuration), requester);
  }
}

/** Passwords of accounts are hashed before anything else sees them: the journal never holds one in clear text. */
async function withHashedPasswords(change: Change, { schema }: Configuration): Promise<Change> {
  const dn = dnOfChange(change);
  const isPassword = ({ description }: Attribute) => schema.describe(description)?.key === PASSWORD_KEY;
  const hashed = async (attribute: Attribute) =>
    isPassword(attribute)
      ? attribute.withValues(await Promise.all(attribute.values.map((value) => hashedValue(value, dn))))
      : attribute;
  if (change.type === 'add') {
    if (!change.entry.attributes.some(isPassword)) return change;
    return {
      type: 'add',
      entry: change.entry.withAttributes(await Promise.all(change.entry.attributes.map(hashed))),
    };
  }
  if (change.type !== 'modify' || !change.modifications.some(({ attribute }) => isPassword(attribute)))
    return change;
  const modifications = await Promise.all(
    change.modifications.map(async ({ operation, attribute }) => ({
      operation,
      attribute: await hashed(attribute),
    })),
  );
  return { ...change, modifications };
}

async function hashedValue(value: string, dn: Dn): Promise<string> {
  if (isHashedPassword(value)) return value;
  const about = { code: 'constraintViolation', dn: dn.toString(), property: 'password' } as const;
  const refused = passwordProblem(value);
  if (refused !== undefined) refuseIfAny([{ ...about, received: SECRET_STARS, ...refused }]);
  return hashPassword(value);
}
