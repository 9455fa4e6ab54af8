// Makes what a transport needs from the entry of a mail server below cn=effective. Expressions and defaults are resolved
// there and never here: an effective value may look like an expression.

import type { Decoded } from '../config/object-definition.ts';
import { blindTrustManagerProvider } from '../config/objects/blind-trust-manager-provider.ts';
import { mailServer } from '../config/objects/mail-server.ts';
import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { SECRET_STARS } from '../ldap/issue.ts';
import { type ConnectionPlan, planConnection } from '../mail/connection-plan.ts';
import { MailServerError } from './mail-server-error.ts';

/** Settings for applications, without secrets. */
export interface MailServerSettings {
  readonly name: string;
  readonly enabled: boolean;
  readonly host: string;
  readonly port: number;
  readonly encryption: ConnectionPlan['encryption'];
  /** The user name of the login; undefined without a login. */
  readonly user: string | undefined;
  readonly maxConnections: number;
}

export interface MailServerInForce {
  readonly settings: MailServerSettings;
  readonly plan: ConnectionPlan;
  /** True if the administrator allows any certificate. */
  readonly isBlind: boolean;
  /** Equal for equal values; contains secrets. */
  readonly fingerprint: string;
}

type MailServerObject = Decoded<typeof mailServer>;

const MAIL_SERVER_CLASS = mailServer.objectClass.name.toLowerCase();
const BLIND_CLASS = blindTrustManagerProvider.objectClass.name.toLowerCase();

/**
 * Finds the mail server among entries of its kind and of the trust managers. Throws MailServerError: `missing`, `access`,
 * `unusable`.
 */
export function mailServerInForce(name: string, entries: readonly Entry[]): MailServerInForce {
  const wanted = name.toLowerCase();
  const entry = entries.find(
    (one) => hasClass(one, MAIL_SERVER_CLASS) && one.dn.name.toLowerCase() === wanted,
  );
  if (entry === undefined) {
    throw new MailServerError(
      'missing',
      `There is no mail server ${JSON.stringify(name)}. A mail server is named by the cn of its entry below cn=Mail Servers,cn=config.`,
    );
  }
  const object = decode(entry);
  const plan = planConnection(object);
  const isBlind = isBlindlyTrusted(object, entries);
  const { host, port, encryption, maxConnections } = plan;
  const settings = {
    name: entry.dn.name,
    enabled: object.enabled,
    host,
    port,
    encryption,
    user: plan.login?.user,
    maxConnections,
  };
  return { settings, plan, isBlind, fingerprint: fingerprintOf(entry, isBlind) };
}

function decode(entry: Entry): MailServerObject {
  const object: Record<string, unknown> = { kind: mailServer.kind, name: entry.dn.name, dn: entry.dn };
  for (const property of mailServer.properties) {
    const values = entry.values(property.key).map((text) => {
      const parsed = property.type.parse(text);
      if (parsed.problem === undefined) return parsed.value;
      throw refusal(
        entry,
        property.name,
        property.type.secret || property.type.mayHoldSecrets,
        text,
        parsed.problem,
      );
    });
    const [first] = values;
    if (property.required && first === undefined) {
      throw unusable(entry, property.name, 'has no value');
    }
    object[property.field] = property.multiValued ? values : first;
  }
  return object as MailServerObject;
}

function refusal(
  entry: Entry,
  property: string,
  isSecret: boolean,
  text: string,
  problem: string,
): MailServerError {
  if (!isSecret || !text.endsWith(SECRET_STARS)) return unusable(entry, property, problem);
  return new MailServerError(
    'access',
    `The ${property} of the mail server ${JSON.stringify(entry.dn.name)} is not shown to this account: it needs a policy that names it (confdit grant), or the privileges config-read and secret-read.`,
  );
}

function unusable({ dn }: Entry, property: string, problem: string): MailServerError {
  return new MailServerError(
    'unusable',
    `The ${property} of the mail server ${JSON.stringify(dn.name)} ${problem}: confdit may be newer than this package. Install the version of confdit.`,
  );
}

function isBlindlyTrusted({ trustManagerProvider }: MailServerObject, entries: readonly Entry[]): boolean {
  if (trustManagerProvider === undefined) return false;
  const name = Dn.parse(trustManagerProvider.toString()).name.toLowerCase();
  return entries.some((one) => hasClass(one, BLIND_CLASS) && one.dn.name.toLowerCase() === name);
}

function hasClass(entry: Entry, objectClass: string): boolean {
  return entry.values('objectclass').some((value) => value.toLowerCase() === objectClass);
}

function fingerprintOf(entry: Entry, isBlind: boolean): string {
  const attributes = mailServer.properties.map(({ key }) => [key, ...entry.values(key)]);
  return JSON.stringify([entry.dn.name, isBlind, attributes]);
}
