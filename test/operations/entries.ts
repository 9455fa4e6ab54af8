// Entries the tests of the protocol add: requests as bytes, with what every object of their kind must have.

import { readFile } from 'node:fs/promises';
import { addRequest } from '../support/ber-bytes.ts';
import type { RawClient } from '../support/raw-client.ts';

export const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
export const ROOT_DNS = 'cn=Root DNs,cn=config';

type Attributes = Readonly<Record<string, string | readonly string[]>>;

export function mailServerDn(name: string): string {
  return `cn=${name.replaceAll(',', '\\,')},${MAIL_SERVERS}`;
}

/** An add of a mail server that is valid; `more` adds to its attributes and replaces them. */
export function addMailServer(name: string, more: Attributes = {}): Buffer {
  return addEntry(mailServerDn(name), {
    objectClass: ['top', 'ds-cfg-mail-server'],
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': 'mail.example.com:587',
    ...more,
  });
}

/** An add of an account that logs in with `password`. */
export function addAccount(name: string, password: string, privileges: readonly string[]): Buffer {
  return addEntry(`cn=${name},${ROOT_DNS}`, {
    objectClass: ['top', 'person', 'ds-cfg-root-dn-user'],
    sn: name,
    userPassword: password,
    ...(privileges.length === 0 ? {} : { 'ds-privilege-name': privileges }),
  });
}

export function addEntry(dn: string, attributes: Attributes): Buffer {
  return addRequest(
    dn,
    Object.entries(attributes).map(([name, values]) => [
      name,
      typeof values === 'string' ? [values] : values,
    ]),
  );
}

/** Makes the changes one after the other; the first that is refused fails the test. */
export async function makeAll(client: RawClient, requests: readonly Buffer[]): Promise<void> {
  for (const request of requests) {
    const { code, text } = await client.request(request);
    if (code !== 0) throw new Error(`The change was answered with ${code}: ${text}`);
  }
}

/** The configuration a new instance starts with, with these lines added to its LDAP connection handler. */
export async function configWith(...lines: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const shipped = await readFile(new URL('../../config/config.ldif', import.meta.url), 'utf8');
  const text = shipped.replace(/^(ds-cfg-listen-port:.*)$/m, ['$1', ...lines].join('\n'));
  return { 'config/config.ldif': text };
}
