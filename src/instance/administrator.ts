// The administrator's password at first start: taken from the environment or made up, stored as a hash like any
// other, through the write path like any other change.

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Requester } from '../backend/backend.ts';
import { deriveForCommand } from '../config/passwords/derivation.ts';
import { passwordProblem } from '../config/passwords/scrypt-scheme.ts';
import { isPrepared, preparedProblem, storePassword } from '../config/passwords/stored-password.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { stateAfterChange } from '../configuration/rights/password-state.ts';
import { comparedAttributes } from '../configuration/rights/stored-passwords.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { FileError } from '../files/file-error.ts';
import { readText } from '../files/text.ts';
import type { Change } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { PasswordProblem } from '../policy/new-password.ts';
import { hashProblem, type PasswordPolicy, passwordProblems } from '../policy/password-policy.ts';
import type { Schema } from '../schema/schema.ts';
import { type Instance, writePin } from './instance.ts';
import { StartError } from './start-error.ts';
import { policiesOf } from './stored-policies.ts';

export const ADMINISTRATOR_DN = 'cn=admin,cn=Root DNs,cn=config';
export const ADMINISTRATOR_BIND_NAME = 'uid=admin';

const PASSWORD_OCTETS = 18;
const PASSWORD_FILE_OCTETS_MAX = 64 * 1024;
const FIRST_START: Requester = {
  dn: 'cn=First Start',
  name: 'first start',
  privileges: new Set(['privilege-change']),
};

/** Does nothing when the administrator has a password, or was deleted by somebody who has one. Throws StartError. */
export async function giveAdministratorPassword(
  instance: Instance,
  environment: Readonly<Record<string, string | undefined>>,
  configuration: Configuration,
  writePath: WritePath,
  now: () => Date,
): Promise<void> {
  const dn = Dn.parse(ADMINISTRATOR_DN);
  const entry = configuration.tree.find(configuration.schema.dnKey(dn));
  if (entry === undefined || entry.find('userpassword') !== undefined) return;
  const { given, variable } = await givenPassword(environment);
  const password = given === '' ? randomBytes(PASSWORD_OCTETS).toString('base64url') : given;
  const isHash = isPrepared(password);
  const findPolicy = await policiesOf(configuration, instance.folder);
  const policy = findPolicy(entry.first('ds-pwp-password-policy-dn'));
  const refused = isHash
    ? (preparedProblem(password, 'strong') ?? (policy && hashProblem(policy)))
    : (passwordProblem(password) ?? (policy && policyProblem(password, entry, policy, configuration.schema)));
  if (refused !== undefined) throw new StartError(`${variable} ${refused.problem}. ${refused.advice}`);
  // The file first: a password that was stored and is in no file would lock everybody out.
  if (given === '') await writePin(instance, password);
  const values = isHash ? [password] : await storePassword(password, deriveForCommand);
  const attribute = new Attribute('userPassword', values);
  const state = policy === undefined ? [] : stateAfterChange(entry, policy, 'owner', now());
  const change: Change = {
    type: 'modify',
    dn,
    modifications: [{ operation: 'replace', attribute }, ...state],
  };
  const changes = () => {
    const present = configuration.tree.find(configuration.schema.dnKey(dn));
    if (present?.find('userpassword') !== undefined) throw hasPassword();
    return [change];
  };
  await writePath.submitAll([{ asked: [change], changes }], FIRST_START).catch(async (error: unknown) => {
    // Another server has given a password first: this one opens nothing.
    if (isPasswordThere(error) && given === '') await rm(instance.pinFile, { force: true });
    throw error;
  });
}

function hasPassword(): LdapError {
  return new LdapError('attributeOrValueExists', `${ADMINISTRATOR_DN}: has a password already.`);
}

function isPasswordThere(error: unknown): boolean {
  return error instanceof LdapError && error.code === ResultCode.attributeOrValueExists;
}

function policyProblem(
  text: string,
  entry: Entry,
  policy: PasswordPolicy,
  schema: Schema,
): PasswordProblem | undefined {
  const attributes = comparedAttributes(entry, schema);
  return passwordProblems(policy, { text, attributes }, 'owner')[0];
}

/**
 * Returns the password that the environment gives, itself or by the name of a file; empty if it gives none. Throws
 * StartError.
 */
async function givenPassword(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly given: string; readonly variable: string }> {
  const { CONFDIT_ADMIN_PASSWORD: itself = '', CONFDIT_ADMIN_PASSWORD_FILE: path = '' } = environment;
  if (path === '') return { given: itself, variable: 'CONFDIT_ADMIN_PASSWORD' };
  if (itself !== '')
    throw new StartError(
      'CONFDIT_ADMIN_PASSWORD and CONFDIT_ADMIN_PASSWORD_FILE are both set. Give one of them.',
    );
  const variable = `The file ${path} of CONFDIT_ADMIN_PASSWORD_FILE`;
  const given = (await readText(path, PASSWORD_FILE_OCTETS_MAX).catch(asStartError)).replace(/\r?\n$/, '');
  if (given === '')
    throw new StartError(`${variable} is empty. Write the password of the administrator into it.`);
  return { given, variable };
}

function asStartError(error: unknown): never {
  if (!(error instanceof FileError)) throw error;
  throw new StartError(`CONFDIT_ADMIN_PASSWORD_FILE cannot be used. ${error.message}`);
}
