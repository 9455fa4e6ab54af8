// What an upgrade has changed for an instance, told once: a file beside the configuration lists what was told.
//
// Until 0.1.0 a certificate for the DN of an account logged in to it, asked or not. Whether one did nobody has written down,
// so the accounts are named that name no certificate.

import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../backend/configuration.ts';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import { readText } from '../files/text.ts';
import type { Log } from '../server/access-log.ts';
import type { Instance } from './instance.ts';

const FILE = 'upgrade-notices';
const FILE_MODE = 0o600;
const OWN_NAME = 'certificate-for-own-dn';
const NAMED_MAX = 20;

type Account = Extract<ConfigurationObject, { readonly kind: 'root-dn-user' }>;

/** Logs what is new to this instance. A file that cannot be written means that it is told once more. */
export async function tellUpgradeNotices(
  { configFolder, isNew }: Pick<Instance, 'configFolder' | 'isNew'>,
  configuration: Configuration,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  if (await isTold(configFolder)) return;
  const [notice] = isNew ? [] : ownNameNotices(configuration, false);
  if (notice !== undefined) log.warn({}, notice);
  const options = { mode: FILE_MODE, flush: true };
  await appendFile(join(configFolder, FILE), `${OWN_NAME}\n`, options).catch((error: unknown) => {
    log.warn({ err: error }, 'that this was told cannot be noted; the next start tells it again');
  });
}

/** What `confdit check` says: of accounts that nobody can log in to, and until it was told of all that may be meant. */
export async function upgradeNotes(configFolder: string, configuration: Configuration): Promise<string[]> {
  return ownNameNotices(configuration, await isTold(configFolder));
}

function ownNameNotices(configuration: Configuration, isTold: boolean): string[] {
  const objects = [...configuration.tree.entries()].flatMap(
    (entry) => configuration.validator.decode(entry) ?? [],
  );
  if (!objects.some(takesCertificates)) return [];
  const nameless = objects.filter(
    (one): one is Account =>
      one.kind === 'root-dn-user' &&
      one.certificateSubjectDn.length === 0 &&
      one.certificateFingerprint.length === 0,
  );
  const meant = isTold ? nameless.filter(({ password }) => password.length === 0) : nameless;
  if (meant.length === 0) return [];
  const names = meant
    .slice(0, NAMED_MAX)
    .map(({ dn, password }) => (password.length === 0 ? `${dn} (no other login)` : dn.toString()));
  const more = meant.length > NAMED_MAX ? ` and ${meant.length - NAMED_MAX} more` : '';
  return [
    'A certificate for the DN of an account no longer logs in to it unless the account names it. These accounts name ' +
      `none and may have relied on that: ${names.join('; ')}${more}. Where it should go on, add the DN of the account as ` +
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

async function isTold(configFolder: string): Promise<boolean> {
  const text = await readText(join(configFolder, FILE)).catch(() => '');
  return text.split('\n').includes(OWN_NAME);
}
