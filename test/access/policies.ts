// Policies and mail servers of the tests, as LDIF.

export const POLICIES = 'cn=Access Control Handler,cn=config';
export const MAIL_SERVERS = 'cn=Mail Servers,cn=config';

export type PolicyFacts = Readonly<Record<string, string | readonly string[]>>;

export function policyDn(name: string): string {
  return `cn=${name},${POLICIES}`;
}

/** Takes properties without `ds-cfg-`. */
export function policyLdif(name: string, properties: PolicyFacts): string {
  return [
    `dn: ${policyDn(name)}`,
    'objectClass: top',
    'objectClass: ds-cfg-global-access-control-policy',
    `cn: ${name}`,
    ...Object.entries(properties).flatMap(([property, values]) =>
      [values].flat().map((value) => `ds-cfg-${property}: ${value}`),
    ),
    '',
  ].join('\n');
}

export function mailServerDn(name: string): string {
  return `cn=${name},${MAIL_SERVERS}`;
}

export function mailServerLdif(name: string, ...lines: readonly string[]): string {
  const own = lines.length > 0 ? lines : [`ds-cfg-smtp-server: ${name.toLowerCase()}.example.com`];
  return [
    `dn: ${mailServerDn(name)}`,
    'objectClass: top',
    'objectClass: ds-cfg-mail-server',
    `cn: ${name}`,
    'ds-cfg-enabled: true',
    ...own,
    '',
  ].join('\n');
}
