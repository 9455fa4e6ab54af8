// What a server holds while it is fuzzed: a memory backend with people, and accounts that may do nothing, read, or write.

import {
  addRequest,
  changeKinds,
  deleteRequest,
  modifyRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { Account } from './fuzz-connection.ts';
import { SUFFIX } from './good-messages.ts';

export type Who = 'anonymous' | 'person' | 'reader' | 'writer';

const PASSWORD = 'password of the fuzzer';
const ACCOUNTS = 'cn=Root DNs,cn=config';

/** Who a worker binds as; each writer is somebody of its own, since one may change its own password. */
export function accountOf(who: Who, worker: number): Account | undefined {
  if (who === 'anonymous') return undefined;
  if (who === 'person') return { dn: `uid=eve,${SUFFIX}`, password: PASSWORD };
  const name = who === 'reader' ? who : `${who} ${worker}`;
  return { dn: `cn=${name},${ACCOUNTS}`, password: PASSWORD };
}

/** Throws when a change is refused. */
export async function fill(administrator: RawClient): Promise<void> {
  const requests = [
    // Who guesses is refused soon instead of being kept waiting, and the fuzzer with it.
    modifyRequest('cn=config', [[changeKinds.replace, 'ds-cfg-lockout-failure-count', ['3']]]),
    addRequest('ds-cfg-backend-id=fuzz,cn=Backends,cn=config', [
      ['objectClass', ['ds-cfg-memory-backend']],
      ['ds-cfg-base-dn', [SUFFIX]],
      ['ds-cfg-enabled', ['true']],
      ['ds-cfg-allow-anonymous-read', ['true']],
    ]),
    addRequest(SUFFIX, [['objectClass', ['domain']]]),
    ...['People', 'Deep'].map((name) =>
      addRequest(`ou=${name},${SUFFIX}`, [['objectClass', ['organizationalUnit']]]),
    ),
    ...['ada', 'eve'].map((name) => personRequest(name)),
    accountRequest('reader', ['config-read']),
  ];
  for (const request of requests) {
    const { code, text } = await administrator.request(request);
    if (code !== 0) throw new Error(`The server cannot be filled: ${code} ${text}`);
  }
}

/** Makes the account of a writer again. Throws when that is refused. */
export async function renewWriter(administrator: RawClient, worker: number): Promise<void> {
  await administrator.request(deleteRequest(`cn=writer ${worker},${ACCOUNTS}`));
  const { code, text } = await administrator.request(writerRequest(worker));
  if (code !== 0) throw new Error(`A writer cannot be made again: ${code} ${text}`);
}

/** All that is in the trees, as text. Throws when it cannot be read. */
export async function dump(administrator: RawClient): Promise<string> {
  const trees = [];
  for (const base of ['cn=config', SUFFIX]) {
    const request = searchRequest(base, { scope: scopes.subtree, attributes: ['*', '+'] });
    const { code, text, entries } = await administrator.request(request);
    if (code !== 0) throw new Error(`The tree of ${base} cannot be read: ${code} ${text}`);
    trees.push(entries);
  }
  return JSON.stringify(trees);
}

function personRequest(name: string): Buffer {
  return addRequest(`uid=${name},${SUFFIX}`, [
    ['objectClass', ['inetOrgPerson', 'posixAccount']],
    ['cn', ['Ada Lovelace']],
    ['cn;lang-fr', ['Ada de Lovelace']],
    ['sn', ['Lovelace']],
    ['uidNumber', ['1815']],
    ['gidNumber', ['100']],
    ['homeDirectory', ['/srv']],
    ['userPassword', [PASSWORD]],
  ]);
}

function writerRequest(worker: number): Buffer {
  const privileges = ['config-read', 'config-write', 'secret-read', 'bypass-acl', 'proxied-auth'];
  return accountRequest(`writer ${worker}`, privileges);
}

function accountRequest(name: string, privileges: readonly string[]): Buffer {
  return addRequest(`cn=${name},${ACCOUNTS}`, [
    ['objectClass', ['top', 'person', 'ds-cfg-root-dn-user']],
    ['sn', [name]],
    ['userPassword', [PASSWORD]],
    ['ds-privilege-name', privileges],
  ]);
}
