// Sorting and windows over all suffixes at once: a search below the empty name (RFC 2891 knows no exception for it).

import { beforeAll, describe, expect, it } from 'vitest';
import { writePersistentSearch } from '../../../src/codec/persistent-search-control.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { addPeople, PEOPLE, SUFFIX } from '../../memory/memory-backend-support.ts';
import { equalityFilter, scopes, searchRequest } from '../../support/ber-bytes.ts';
import {
  readListViewResult,
  readSortResult,
  writeListView,
  writeSortKeys,
  writeSyncRequest,
} from '../../support/control-values.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { type Answer, RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { addMailServer, makeAll } from '../entries.ts';
import { controlValue, controlWith } from './control-client.ts';
import { ALL_CHANGES } from './watch.ts';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  await addPeople(new LdapTools(server));
  client = await RawClient.bound(server);
  await makeAll(client, [addMailServer('bravo'), addMailServer('Hotel')]);
});

function sort(attribute: string, isReverse = false): Buffer {
  return controlWith(Oid.sortRequest, writeSortKeys([{ attribute, rule: undefined, isReverse }]));
}

function search(controls: readonly Buffer[], scope: number = scopes.subtree): Promise<Answer> {
  return client.request(searchRequest('', { scope, attributes: ['cn'] }), controls);
}

function namesIn({ entries }: Answer): string[] {
  return entries.map(({ attributes }) => attributes.cn?.[0] ?? '');
}

function inOrder(names: readonly string[]): string[] {
  return names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

describe('a search below the root', () => {
  it('is sorted over all suffixes', async () => {
    const answer = await search([sort('cn')]);
    expect([answer.code, readSortResult(controlValue(answer, Oid.sortResponse)).code]).toEqual([0, 0]);
    const dns = answer.entries.map(({ dn }) => dn);
    // Each entry once, of every suffix; what has no name comes last.
    expect(new Set(dns).size).toBe(dns.length);
    for (const dn of ['cn=config', 'cn=effective', SUFFIX, `uid=ada,${PEOPLE}`]) expect(dns).toContain(dn);
    const named = namesIn(answer).filter((name) => name !== '');
    // Written and in force.
    expect(named.filter((name) => name === 'bravo').length).toBeGreaterThanOrEqual(2);
    expect(named).toEqual(inOrder(named));
    expect(namesIn(answer).slice(0, named.length)).toEqual(named);
  });

  it('is sorted one level down, the other way', async () => {
    const answer = await search([sort('cn', true)], scopes.one);
    const dns = answer.entries.map(({ dn }) => dn);
    expect(dns).toEqual(expect.arrayContaining(['cn=config', 'cn=effective', SUFFIX]));
    const named = namesIn(answer).filter((name) => name !== '');
    expect(named).toEqual(inOrder(named).toReversed());
    expect(namesIn(answer).slice(-named.length)).toEqual(named);
  });

  it('is shown in windows', async () => {
    const filter = equalityFilter('objectClass', 'person');
    const mailServers = equalityFilter('objectClass', 'ds-cfg-mail-server');
    const window = async (target: Parameters<typeof writeListView>[0]['target'], of = mailServers) => {
      const view = { beforeCount: 0, afterCount: 1, target, contextId: undefined };
      const request = searchRequest('', { scope: scopes.subtree, attributes: ['cn'], filter: of });
      const answer = await client.request(request, [
        sort('cn'),
        controlWith(Oid.listViewRequest, writeListView(view)),
      ]);
      const result = readListViewResult(controlValue(answer, Oid.listViewResponse));
      return [namesIn(answer), result.targetPosition, result.contentCount];
    };
    expect(await window({ type: 'offset', offset: 2, contentCount: 0 })).toEqual([['bravo', 'Hotel'], 2, 4]);
    expect(await window({ type: 'value', value: 'c' })).toEqual([['Hotel', 'Hotel'], 3, 4]);
    expect((await window({ type: 'value', value: 'grace' }, filter))[0]).toEqual(['Grace Hopper']);
  });

  it('says why it cannot be sorted', async () => {
    const answer = await search([sort('nonsense')]);
    expect([answer.code, answer.entries.length]).toEqual([12, 0]);
    expect(readSortResult(controlValue(answer, Oid.sortResponse)).code).toBe(16);
  });

  it('of somebody who may read nothing finds nothing, in order', async () => {
    const anonymous = await RawClient.connect(server);
    const request = searchRequest('', { scope: scopes.one, attributes: ['cn'] });
    const answer = await anonymous.request(request, [sort('cn')]);
    expect([answer.code, answer.entries.map(({ dn }) => dn)]).toEqual([0, ['cn=schema']]);
    anonymous.close();
  });

  it('is not watched: each suffix has a history of its own', async () => {
    for (const control of [
      controlWith(Oid.persistentSearch, writePersistentSearch(ALL_CHANGES)),
      controlWith(
        Oid.syncRequest,
        writeSyncRequest({ mode: 'refreshOnly', cookie: undefined, reloadHint: false }),
      ),
    ]) {
      expect(await search([control])).toMatchObject({
        code: 53,
        text: expect.stringContaining('namingContexts'),
      });
    }
  });
});
