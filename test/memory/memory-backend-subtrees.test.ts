// Whole subtrees of a memory backend: deleted and moved in one piece, as far as that may be, and watched until the
// backend itself is gone.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { replace } from '../operations/controls/control-client.ts';
import { ALL_CHANGES, Watch } from '../operations/controls/watch.ts';
import { addEntry, makeAll } from '../operations/entries.ts';
import { control, deleteRequest, modifyDnRequest, scopes, searchRequest } from '../support/ber-bytes.ts';
import { writeSyncRequest } from '../support/control-values.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { addPeople, BACKEND, PEOPLE, SUFFIX } from './memory-backend-support.ts';

const ALL = control(Oid.subtreeDelete, true);
const BRANCHES = 100;
const LEAVES = 100;
const LARGE = 'dc=large';

let server: RunningServer;
let client: RawClient;

/** More entries below one than may go or move at once. */
function largeLdif(): string {
  const lines = [`dn: ${LARGE}\nobjectClass: domain\ndc: large\n`];
  for (let branch = 0; branch < BRANCHES; branch++) {
    const dn = `ou=b${branch}${branch === 0 ? '' : ',ou=b0'},${LARGE}`;
    lines.push(`dn: ${dn}\nobjectClass: organizationalUnit\nou: b${branch}\n`);
    for (let leaf = 0; leaf < LEAVES; leaf++)
      lines.push(`dn: ou=l${leaf},${dn}\nobjectClass: organizationalUnit\nou: l${leaf}\n`);
  }
  return lines.join('\n');
}

async function countBelow(base: string): Promise<number> {
  const { entries } = await client.request(
    searchRequest(base, { scope: scopes.subtree, attributes: ['1.1'] }),
  );
  return entries.length;
}

beforeAll(async () => {
  server = await startServer({ files: { 'large.ldif': largeLdif() } });
  await addPeople(new LdapTools(server));
  client = await RawClient.bound(server);
  await makeAll(client, [
    addEntry('ds-cfg-backend-id=large,cn=Backends,cn=config', {
      objectClass: 'ds-cfg-memory-backend',
      'ds-cfg-base-dn': LARGE,
      'ds-cfg-enabled': 'true',
      'ds-cfg-ldif-file': 'large.ldif',
    }),
  ]);
});

describe('a subtree of a memory backend', () => {
  it('is deleted with all that is in it', async () => {
    expect(await countBelow(PEOPLE)).toBe(3);
    expect((await client.request(deleteRequest(PEOPLE))).code).toBe(66);
    expect((await client.request(deleteRequest(PEOPLE), [ALL])).code).toBe(0);
    expect((await client.request(searchRequest(PEOPLE))).code).toBe(32);
    expect(await countBelow(SUFFIX)).toBe(3);
  });

  it('is neither deleted nor moved at once when it is very large', async () => {
    const before = await countBelow(LARGE);
    expect(before).toBeGreaterThan(10_000);
    expect(await client.request(deleteRequest(`ou=b0,${LARGE}`), [ALL])).toMatchObject({
      code: 11,
      text: expect.stringContaining('10000'),
    });
    expect((await client.request(modifyDnRequest(`ou=b0,${LARGE}`, 'ou=other', true))).code).toBe(11);
    expect(await countBelow(LARGE)).toBe(before);
    expect((await client.request(modifyDnRequest(`ou=b1,ou=b0,${LARGE}`, 'ou=b1', true, LARGE))).code).toBe(
      0,
    );
    expect(await countBelow(`ou=b1,${LARGE}`)).toBe(LEAVES + 1);
  });
});

describe('whoever watches a memory backend is told when it goes', () => {
  const watches = () => [
    Watch.start(server, Oid.persistentSearch, writePersistentSearch(ALL_CHANGES), {}, SUFFIX),
    Watch.start(
      server,
      Oid.syncRequest,
      writeSyncRequest({ mode: 'refreshAndPersist', cookie: undefined, reloadHint: false }),
      {},
      SUFFIX,
    ),
  ];

  beforeEach(async () => {
    // Either may be so already.
    await client.request(replace(BACKEND, 'ds-cfg-enabled', 'true'));
    await client.request(addEntry(SUFFIX, { objectClass: 'domain', dc: 'example' }));
  });

  it.each([
    ['disabled', () => replace(BACKEND, 'ds-cfg-enabled', 'false')],
    ['removed', () => deleteRequest(BACKEND)],
  ])('%s', async (_, goodbye) => {
    const begun = await Promise.all(watches());
    for (const watch of begun) await watch.settled();
    await makeAll(client, [goodbye()]);
    for (const { client: watcher, id } of begun) {
      expect(await watcher.answer(id)).toMatchObject({ code: 52, text: expect.stringContaining(BACKEND) });
      // The connection is as good as before.
      expect((await watcher.request(searchRequest(''))).code).toBe(0);
      watcher.close();
    }
  });
});
