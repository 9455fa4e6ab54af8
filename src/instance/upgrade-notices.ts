// What an upgrade has changed for an instance, reported once: a file beside the configuration lists what was reported.
//
// Until 0.1.0 a certificate for the DN of an account logged in to it, asked or not. Whether one did nobody has written down,
// so the accounts are named that name no certificate.

import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigurationObject, ObjectOfKind } from '../config/configuration-object.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { FILE_MODE } from '../files/file-system.ts';
import type { Log } from '../files/log.ts';
import { readText } from '../files/text.ts';
import { canonicalName } from '../operations/login/login-name.ts';
import type { Instance } from './instance.ts';

const FILE = 'upgrade-notices';
const NAMED_MAX = 20;

const NOTICES = [
  { id: 'certificate-for-own-dn', noticesOf: ownNameNotices },
  { id: 'scram-own-name-only', noticesOf: scramNameNotices },
] as const;

type Account = ObjectOfKind<'root-dn-user'>;

/** Logs what is new to this instance. A file that cannot be written means that it is told once more. */
export async function tellUpgradeNotices(
  { configFolder, isNew }: Pick<Instance, 'configFolder' | 'isNew'>,
  configuration: Configuration,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  const told = await toldIn(configFolder);
  const due = NOTICES.filter(({ id }) => !told.has(id));
  if (due.length === 0) return;
  for (const { noticesOf } of isNew ? [] : due)
    for (const notice of noticesOf(configuration, false)) log.warn({}, notice);
  const options = { mode: FILE_MODE, flush: true };
  const lines = due.map(({ id }) => `${id}\n`).join('');
  await appendFile(join(configFolder, FILE), lines, options).catch((error: unknown) => {
    log.warn({ err: error }, 'this report cannot be noted; the next start repeats it');
  });
}

/**
 * Returns the notes of `confdit check`: of accounts that nobody can log in to, and, until they were told once, of all that
 * may be affected.
 */
export async function upgradeNotes(configFolder: string, configuration: Configuration): Promise<string[]> {
  const told = await toldIn(configFolder);
  return NOTICES.flatMap(({ id, noticesOf }) => noticesOf(configuration, told.has(id)));
}

function objectsOf(configuration: Configuration): ConfigurationObject[] {
  return [...configuration.tree.entries()].flatMap((entry) => configuration.validator.decode(entry) ?? []);
}

/** Until 0.1.0 SCRAM knew an account by each of its names. */
function scramNameNotices(configuration: Configuration, isTold: boolean): string[] {
  if (isTold) return [];
  const keyOf = (dn: string) => configuration.schema.dnKeyOfText(dn);
  const accounts = objectsOf(configuration).flatMap((one) => {
    if (one.kind !== 'root-dn-user' || !one.password.some((password) => isScram(password.reveal())))
      return [];
    const own = keyOf(one.dn.toString());
    const others = one.alternateBindDn.map(String).filter((name) => canonicalName(name, keyOf) !== own);
    return others.length === 0 ? [] : [`${one.dn} (not by ${others.join(', ')})`];
  });
  if (accounts.length === 0) return [];
  return [
    'SCRAM knows an account by its own name, and no longer by its alternate names; these still log in by simple binds and ' +
      `PLAIN. Clients that log in by SCRAM must use the own name of ${firstOf(accounts)} (docs/access.md).`,
  ];
}

function isScram(stored: string): boolean {
  return stored.startsWith('{SCRAM-');
}

function firstOf(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${names.slice(0, NAMED_MAX).join('; ')}${more}`;
}

function ownNameNotices(configuration: Configuration, isTold: boolean): string[] {
  const objects = objectsOf(configuration);
  if (!objects.some(takesCertificates)) return [];
  const nameless = objects.filter(
    (one): one is Account =>
      one.kind === 'root-dn-user' &&
      one.certificateSubjectDn.length === 0 &&
      one.certificateFingerprint.length === 0,
  );
  const meant = isTold ? nameless.filter(({ password }) => password.length === 0) : nameless;
  if (meant.length === 0) return [];
  const names = meant.map(({ dn, password }) =>
    password.length === 0 ? `${dn} (no other login)` : dn.toString(),
  );
  return [
    'A certificate for the DN of an account no longer logs in to it unless the account names it. These accounts name ' +
      `none and may have relied on that: ${firstOf(names)}. Where it should go on, add the DN of the account as ` +
      'ds-certificate-subject-dn, or the fingerprint of the certificate as ds-certificate-fingerprint (docs/access.md).',
  ];
}

function takesCertificates(object: ConfigurationObject): boolean {
  return (
    object.kind === 'ldap-connection-handler' &&
    object.enabled &&
    (object.useSsl || object.allowStartTls) &&
    object.trustManagerProvider !== undefined &&
    object.sslClientAuthPolicy !== 'disabled'
  );
}

/** Reads the ids of the notices that this instance was told. */
async function toldIn(configFolder: string): Promise<ReadonlySet<string>> {
  const text = await readText(join(configFolder, FILE)).catch(() => '');
  return new Set(text.split('\n'));
}
