// Secret sources and key managers as LDIF, for the tests of this folder.

import { TRUST } from '../mail/mail-servers-in-ldif.ts';

export const SOURCES = 'cn=Secret Sources,cn=config';
export const KEYS = 'cn=Client,cn=Key Manager Providers,cn=config';

export function sourceLdif(name: string, properties: Readonly<Record<string, string>>): string {
  return [
    `dn: cn=${name},${SOURCES}`,
    ...['objectClass: top', 'objectClass: ds-cfg-secret-source', `cn: ${name}`],
    ...Object.entries(properties).map(([property, value]) => `ds-cfg-${property}: ${value}`),
    ...['', ''],
  ].join('\n');
}

/** A secret source for a server that answers as Vault does; its token is in a file. */
export const vaultLdif = (name: string, port: number, others: Readonly<Record<string, string>> = {}) =>
  sourceLdif(name, {
    'base-url': `https://localhost:${port}`,
    preset: 'kv-v2',
    'allowed-path': 'mail/**',
    token: '$<file:run/token>',
    'trust-manager-provider': TRUST,
    ...others,
  });

/** A key manager with the PEM files of a folder. */
export function keysLdif(folder: string): string {
  return [
    ...[`dn: ${KEYS}`, 'objectClass: top', 'objectClass: ds-cfg-key-manager-provider', 'cn: Client'],
    ...['objectClass: ds-cfg-pem-key-manager-provider', 'ds-cfg-enabled: true'],
    ...[`ds-cfg-pem-directory: ${folder}`, '', ''],
  ].join('\n');
}
