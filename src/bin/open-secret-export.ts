// What encrypts secrets for exports, and reports those in clear text.

import type { Log } from '../files/log.ts';
import type { Attribute } from '../ldap/entry.ts';
import { SECRET_STARS } from '../ldap/issue.ts';
import type { AlertSink } from '../mail/alert.ts';
import type { SecretExport } from '../operations/operation.ts';
import type { MasterKey } from '../store/encryption/data-keys.ts';
import { formatExportedKey } from '../store/encryption/exported-key.ts';
import type { EncryptedValues } from '../store/encryption/stored-values.ts';

export interface SecretExportParts {
  readonly values: EncryptedValues;
  readonly master: MasterKey;
  readonly alerts: AlertSink;
  readonly log: Pick<Log, 'warn'>;
}

/** Returns true for an attribute whose secrets the requester may not read. */
function isMasked({ values }: Attribute): boolean {
  return values.some((value) => value.endsWith(SECRET_STARS));
}

/** Returns how secrets leave a server in an export. */
export function openSecretExport({ values, master, alerts, log }: SecretExportParts): SecretExport {
  return {
    keyLine: formatExportedKey(values.keys, master),
    encrypt: (entry) => {
      const dn = entry.dn.toString();
      const inForm = (one: Attribute) => (isMasked(one) ? one : values.encrypt(dn, one));
      return entry.withAttributes(entry.attributes.map(inForm));
    },
    reportClear: (who, base) => {
      log.warn({ who, base }, 'secrets are exported in clear text');
      const message = `${who} exports the secrets at and below ${base} in clear text.`;
      alerts.raise({ type: 'confdit.SecretsExported', message });
    },
  };
}
