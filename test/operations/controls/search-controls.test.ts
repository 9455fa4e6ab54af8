import { beforeAll, describe, expect, it } from 'vitest';
import { readPagedResults, writePagedResults } from '../../../src/codec/paged-results-control.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import type { SortKey } from '../../../src/ldap/sort-key.ts';
import {
  deleteRequest,
  equalityFilter,
  type SearchOptions,
  scopes,
  searchRequest,
} from '../../support/ber-bytes.ts';
import {
  readListViewResult,
  readSortResult,
  writeListView,
  writeSortKeys,
} from '../../support/control-values.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { type Answer, RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from '../entries.ts';
import { controlValue, controlWith, replace } from './control-client.ts';

const NAMES = ['delta', 'Alpha', 'echo', 'bravo', 'Charlie'];

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  await makeAll(
    client,
    NAMES.map((name, index) =>
      addMailServer(name, {
        'ds-cfg-smtp-server': `mail.example.com:${[99, 100, 9, 1000, 25][index]}`,
        ...(index < 3
          ? { 'ds-cfg-smtp-property': index === 0 ? ['mail.z=1', 'mail.a=1'] : `mail.d${index}=1` }
          : {}),
      }),
    ),
  );
});

function servers(options: SearchOptions = {}): Buffer {
  return searchRequest(MAIL_SERVERS, { scope: scopes.one, attributes: ['1.1'], ...options });
}

function namesIn({ entries }: Answer): string[] {
  return entries.map(({ dn }) => /^cn=([^,]*)/.exec(dn)?.[1] ?? dn);
}

function sortedBy(...keys: readonly (string | Partial<SortKey>)[]): string {
  return writeSortKeys(
    keys.map((key) => ({
      attribute: 'cn',
      rule: undefined,
      isReverse: false,
      ...(typeof key === 'string' ? { attribute: key } : key),
    })),
  );
}

describe('simple paged results (RFC 2696)', () => {
  const page = async (size: number, cookie: string, request = servers(), who = client) => {
    const answer = await who.request(request, [
      controlWith(Oid.pagedResults, writePagedResults({ size, cookie })),
    ]);
    const value = controlValue(answer, Oid.pagedResults);
    return { ...answer, cookie: value === undefined ? undefined : readPagedResults(value).cookie };
  };

  it('the pages together are the result, each entry once', async () => {
    const first = await page(2, '');
    const second = await page(2, first.cookie ?? '');
    const third = await page(2, second.cookie ?? '');
    expect([first, second, third].map(({ entries }) => entries.length)).toEqual([2, 2, 1]);
    expect(third.cookie).toBe('');
    expect([first, second, third].flatMap(namesIn).toSorted()).toEqual(NAMES.toSorted());
  });

  it('a last page that is full says that it is the last', async () => {
    expect(await page(NAMES.length, '')).toMatchObject({ code: 0, cookie: '' });
    const first = await page(NAMES.length - 1, '');
    const second = await page(1, first.cookie ?? '');
    expect([...namesIn(first), ...namesIn(second)].toSorted()).toEqual(NAMES.toSorted());
    expect(second.cookie).toBe('');
  });

  it('the next entry is shown as it is by then, or not when it is gone', async () => {
    const filter = equalityFilter('ds-cfg-smtp-server', 'between.example.com');
    const request = servers({ filter, attributes: ['ds-cfg-enabled'] });
    const names = ['between 1', 'between 2'];
    const between = { 'ds-cfg-smtp-server': 'between.example.com' };
    await makeAll(
      client,
      names.map((name) => addMailServer(name, between)),
    );
    const begin = async () => {
      const first = await page(1, '', request);
      const next = names.find((name) => !namesIn(first).includes(name)) ?? '';
      return { cookie: first.cookie ?? '', next, shown: namesIn(first)[0] ?? '' };
    };
    const changed = await begin();
    await makeAll(client, [replace(mailServerDn(changed.next), 'ds-cfg-enabled', 'false')]);
    const { entries } = await page(1, changed.cookie, request);
    expect(entries.map(({ attributes }) => attributes)).toEqual([{ 'ds-cfg-enabled': ['false'] }]);
    const gone = await begin();
    await makeAll(client, [deleteRequest(mailServerDn(gone.next))]);
    expect(await page(1, gone.cookie, request)).toMatchObject({ code: 0, entries: [], cookie: '' });
    await makeAll(client, [deleteRequest(mailServerDn(gone.shown))]);
  });

  it('a cookie is good for one use, for the same search, on the same connection', async () => {
    const { cookie = '' } = await page(2, '');
    expect((await page(2, cookie, servers({ attributes: ['cn'] }))).code).toBe(53);
    const other = await RawClient.bound(server);
    expect((await page(2, cookie, servers(), other)).code).toBe(53);
    expect((await page(2, cookie)).code).toBe(0);
    expect((await page(2, cookie)).code).toBe(53);
    expect((await page(2, 'made up')).code).toBe(53);
    other.close();
  });

  it('size 0 with a cookie gives the rest up', async () => {
    const { cookie = '' } = await page(2, '');
    const end = await page(0, cookie);
    expect([end.code, end.cookie, end.entries.length]).toEqual([0, '', 0]);
    expect((await page(2, cookie)).code).toBe(53);
  });

  it('of many searches that wait for a page the oldest is forgotten', async () => {
    const cookies: string[] = [];
    for (let count = 0; count < 17; count++) cookies.push((await page(1, '')).cookie ?? '');
    expect((await page(1, cookies[0] ?? '')).code).toBe(53);
    expect((await page(1, cookies[16] ?? '')).code).toBe(0);
  });

  it('the size limit counts over all pages', async () => {
    const request = servers({ sizeLimit: 3 });
    const first = await page(2, '', request);
    const second = await page(2, first.cookie ?? '', request);
    expect([second.code, second.entries.length, second.cookie]).toEqual([4, 1, '']);
    expect(second.text).toBe('There are more entries than the 3 allowed.');
    const lower = await page(2, (await page(2, '', request)).cookie ?? '', servers({ sizeLimit: 1 }));
    expect([lower.code, lower.entries.length, lower.cookie]).toEqual([4, 0, '']);
  });

  it('goes on sensibly when entries come and go', async () => {
    await makeAll(client, [addMailServer('going')]);
    const first = await page(1, '');
    await makeAll(client, [deleteRequest(mailServerDn('going')), addMailServer('coming')]);
    const second = await page(100, first.cookie ?? '');
    const names = [...namesIn(first), ...namesIn(second)];
    expect(names).not.toContain('going');
    expect(names.filter((name) => name !== 'coming').toSorted()).toEqual(NAMES.toSorted());
    await makeAll(client, [deleteRequest(mailServerDn('coming'))]);
  });

  it('works with a sorted result', async () => {
    const controls = (cookie: string) => [
      controlWith(Oid.sortRequest, sortedBy('cn')),
      controlWith(Oid.pagedResults, writePagedResults({ size: 3, cookie })),
    ];
    const first = await client.request(servers(), controls(''));
    const { cookie } = readPagedResults(controlValue(first, Oid.pagedResults));
    const second = await client.request(servers(), controls(cookie));
    expect([...namesIn(first), ...namesIn(second)]).toEqual(['Alpha', 'bravo', 'Charlie', 'delta', 'echo']);
  });
});

describe('server side sorting (RFC 2891)', () => {
  const sorted = (value: string, critical = true) =>
    client.request(servers(), [controlWith(Oid.sortRequest, value, critical)]);
  const resultOf = (answer: Answer) => readSortResult(controlValue(answer, Oid.sortResponse));

  it('orders by an attribute as its rules say, either way', async () => {
    expect(namesIn(await sorted(sortedBy('cn')))).toEqual(['Alpha', 'bravo', 'Charlie', 'delta', 'echo']);
    const reverse = await sorted(sortedBy({ isReverse: true }));
    expect(namesIn(reverse)).toEqual(['echo', 'delta', 'Charlie', 'bravo', 'Alpha']);
    expect(resultOf(reverse).code).toBe(0);
  });

  it('orders by the rule that is asked for', async () => {
    const exact = await sorted(sortedBy({ rule: 'caseExactOrderingMatch' }));
    expect(namesIn(exact)).toEqual(['Alpha', 'Charlie', 'bravo', 'delta', 'echo']);
  });

  it('orders by several keys; the least value counts, and an entry without one comes last', async () => {
    const answer = await sorted(sortedBy('ds-cfg-smtp-property', 'cn'));
    expect(namesIn(answer)).toEqual(['delta', 'Alpha', 'echo', 'bravo', 'Charlie']);
  });

  it('says why it cannot sort, and sorts nothing', async () => {
    const unknown = await sorted(sortedBy('nonsense'), false);
    expect([unknown.code, unknown.entries.length]).toEqual([0, NAMES.length]);
    expect(resultOf(unknown)).toEqual({ code: 16, attribute: 'nonsense' });
    expect(resultOf(await sorted(sortedBy({ rule: 'caseIgnoreMatch' }), false)).code).toBe(18);
    const critical = await sorted(sortedBy('nonsense'));
    expect([critical.code, critical.entries.length, resultOf(critical).code]).toEqual([12, 0, 16]);
  });
});

describe('virtual list view', () => {
  const window = async (
    before: number,
    after: number,
    target: Parameters<typeof writeListView>[0]['target'],
  ) => {
    const answer = await client.request(servers(), [
      controlWith(Oid.sortRequest, sortedBy('cn')),
      controlWith(
        Oid.listViewRequest,
        writeListView({ beforeCount: before, afterCount: after, target, contextId: undefined }),
      ),
    ]);
    const value = controlValue(answer, Oid.listViewResponse);
    return { code: answer.code, names: namesIn(answer), result: readListViewResult(value) };
  };

  it('shows a window by offset', async () => {
    const { names, result } = await window(1, 1, { type: 'offset', offset: 3, contentCount: 0 });
    expect(names).toEqual(['bravo', 'Charlie', 'delta']);
    expect(result).toEqual({ targetPosition: 3, contentCount: 5, code: 0, contextId: undefined });
  });

  it('brings an offset in a list of another length into proportion', async () => {
    const { result } = await window(0, 0, { type: 'offset', offset: 50, contentCount: 100 });
    expect(result.targetPosition).toBe(3);
    const last = await window(0, 0, { type: 'offset', offset: 100, contentCount: 100 });
    expect(last.names).toEqual(['echo']);
  });

  it('shows a window by value: from the first entry that is not before it', async () => {
    expect((await window(0, 1, { type: 'value', value: 'BZZ' })).names).toEqual(['Charlie', 'delta']);
    const behind = await window(1, 1, { type: 'value', value: 'zz' });
    expect([behind.names, behind.result.targetPosition]).toEqual([['echo'], 6]);
  });

  it('needs a sort control, and does not go with pages', async () => {
    const view = controlWith(
      Oid.listViewRequest,
      writeListView({
        beforeCount: 0,
        afterCount: 0,
        target: { type: 'offset', offset: 1, contentCount: 0 },
        contextId: undefined,
      }),
    );
    const answer = await client.request(servers(), [view]);
    expect([answer.code, readListViewResult(controlValue(answer, Oid.listViewResponse)).code]).toEqual([
      76, 60,
    ]);
    const paged = controlWith(Oid.pagedResults, writePagedResults({ size: 1, cookie: '' }));
    expect((await client.request(servers(), [view, paged])).code).toBe(53);
  });
});

describe("ldap-utils' options for searches", () => {
  const found = async (...words: string[]) => {
    const { code, stdout, stderr } = await new LdapTools(server).search(
      MAIL_SERVERS,
      '-s',
      'one',
      ...words,
      '(objectClass=*)',
      '1.1',
    );
    return {
      code,
      stderr,
      text: stdout,
      names: [...stdout.matchAll(/^dn: cn=([^,]*)/gm)].map(([, name]) => name),
    };
  };

  it('-E pr, sss, vlv, mv, sync and -e assert', async () => {
    const sortedNames = ['Alpha', 'bravo', 'Charlie', 'delta', 'echo'];
    expect((await found('-E', '!pr=2/noprompt')).names.toSorted()).toEqual(NAMES.toSorted());
    expect((await found('-E', '!sss=cn')).names).toEqual(sortedNames);
    expect((await found('-E', '!sss=-cn')).names).toEqual(sortedNames.toReversed());
    expect((await found('-E', '!mv=(cn=*)')).code).toBe(0);
    expect((await found('-E', '!sync=ro')).names.toSorted()).toEqual(NAMES.toSorted());
    expect((await found('-e', '!assert=(cn=Mail Servers)')).code).toBe(0);
    expect((await found('-e', '!assert=(cn=Other)')).code).toBe(122);
    expect((await found('-e', '!manageDSAit')).code).toBe(0);
    expect((await found('-e', '!relax')).code).toBe(12);
    expect((await found('-e', '!authzid=u:admin')).code).toBe(0);
    expect((await found('-e', '!authzid=u:nobody')).code).toBe(123);
  });
});
