// Mail servers and their trust as LDIF, for the tests of this folder.

import type { Authority } from '../support/certificates.ts';
import type { StartOptions } from '../support/server-process.ts';

export const TRUST = 'cn=Test Trust,cn=Trust Manager Providers,cn=config';

/** Lines of `property: value` without the prefix of the attributes. */
export function mailServerLdif(
  name: string,
  properties: Readonly<Record<string, string | number | boolean>>,
): string {
  const lines = Object.entries(properties).map(([property, value]) => `ds-cfg-${property}: ${value}`);
  return [
    `dn: ${mailServerDn(name)}`,
    ...['objectClass: top', 'objectClass: ds-cfg-mail-server', `cn: ${name}`, 'ds-cfg-enabled: true'],
    ...lines,
    '',
    '',
  ].join('\n');
}

export function mailServerDn(name: string): string {
  return `cn=${name.replaceAll(',', '\\,')},cn=Mail Servers,cn=config`;
}

/** `replace: ds-cfg-…` for each; undefined removes the attribute. */
export function changeLdif(dn: string, properties: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(properties).flatMap(([property, value]) => [
    `replace: ds-cfg-${property}`,
    ...(value === undefined ? [] : [`ds-cfg-${property}: ${value}`]),
    '-',
  ]);
  return [`dn: ${dn}`, 'changetype: modify', ...parts, '', ''].join('\n');
}

/** A trust manager that trusts the authority; its folder is part of the instance. */
export async function trustOf(
  authority: Authority,
): Promise<{ readonly ldif: string; readonly options: StartOptions }> {
  const ldif = [
    `dn: ${TRUST}`,
    ...['objectClass: top', 'objectClass: ds-cfg-trust-manager-provider'],
    ...['objectClass: ds-cfg-pem-trust-manager-provider', 'cn: Test Trust', 'ds-cfg-enabled: true'],
    ...['ds-cfg-pem-directory: config/test-trust', '', ''],
  ].join('\n');
  return { ldif, options: { files: { 'config/test-trust/ca.pem': await authority.certificate } } };
}
