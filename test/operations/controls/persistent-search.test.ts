import { beforeAll, describe, expect, it } from 'vitest';
import { ChangeType, writePersistentSearch } from '../../../src/codec/persistent-search-control.ts';
import { octetsFromText } from '../../../src/ldap/octets.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import {
  abandonRequest,
  bindRequest,
  deleteRequest,
  equalityFilter,
  extendedRequest,
  message,
  scopes,
  searchRequest,
} from '../../support/ber-bytes.ts';
import { answerTags } from '../../support/ber-element.ts';
import { writeCancel } from '../../support/control-values.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';
import { addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from '../entries.ts';
import { controlWith, replace } from './control-client.ts';

import { ALL_CHANGES, changeIn, nameIn, Watch } from './watch.ts';

let server: RunningServer;
let writer: RawClient;

beforeAll(async () => {
  server = await startServer();
  writer = await RawClient.bound(server);
});

describe('persistent search', () => {
  it('tells of adds, modifies and deletes, with the number of the commit', async () => {
    const watch = await Watch.persistent(server);
    await watch.settled();
    await makeAll(writer, [
      addMailServer('P1'),
      replace(mailServerDn('P1'), 'ds-cfg-enabled', 'false'),
      deleteRequest(mailServerDn('P1')),
    ]);
    const changes = (await watch.take(3)).map(changeIn);
    expect(changes.map(({ name, type }) => [name, type])).toEqual([
      ['P1', ChangeType.add],
      ['P1', ChangeType.modify],
      ['P1', ChangeType.delete],
    ]);
    const [first = 0, second, third] = changes.map(({ number }) => number);
    expect([second, third]).toEqual([first + 1, first + 2]);
    watch.client.close();
  });

  it('keeps to the types, the filter and the attributes that were asked for', async () => {
    const watch = await Watch.persistent(
      server,
      { changeTypes: ChangeType.add | ChangeType.delete, returnNotifications: false },
      { filter: equalityFilter('ds-cfg-enabled', 'true'), attributes: ['cn'] },
    );
    await watch.settled();
    await makeAll(writer, [
      addMailServer('P2', { 'ds-cfg-enabled': 'false' }),
      addMailServer('P3'),
      replace(mailServerDn('P3'), 'ds-cfg-smtp-server', 'other.example.com:25'),
      deleteRequest(mailServerDn('P2')),
      deleteRequest(mailServerDn('P3')),
    ]);
    const messages = await watch.take(2);
    expect(messages.map(nameIn)).toEqual(['P3', 'P3']);
    expect(messages[0]?.entry?.attributes).toEqual({ cn: ['P3'] });
    expect(messages[0]?.controls.size).toBe(0);
    await watch.settled();
    expect(watch.client.unread).toEqual([]);
    watch.client.close();
  });

  it('begins with all that is there unless only changes are wanted', async () => {
    await makeAll(writer, [addMailServer('P4')]);
    const watch = await Watch.persistent(server, { changesOnly: false }, { scope: scopes.one });
    const first = await watch.next();
    expect([nameIn(first), first.controls.size]).toEqual(['P4', 0]);
    await makeAll(writer, [deleteRequest(mailServerDn('P4'))]);
    expect(changeIn(await watch.next())).toMatchObject({ name: 'P4', type: ChangeType.delete });
    watch.client.close();
  });

  it('shows cn=effective as it comes into force', async () => {
    const watch = await Watch.start(
      server,
      Oid.persistentSearch,
      writePersistentSearch(ALL_CHANGES),
      {},
      'cn=Mail Servers,cn=effective',
    );
    await watch.settled();
    await makeAll(writer, [addMailServer('P5', { 'ds-cfg-smtp-server': '$<none|resolved.example.com>:25' })]);
    const { entry } = await watch.next();
    expect(entry?.dn).toBe('cn=P5,cn=Mail Servers,cn=effective');
    expect(entry?.attributes['ds-cfg-smtp-server']).toEqual(['resolved.example.com:25']);
    await makeAll(writer, [deleteRequest(mailServerDn('P5'))]);
    watch.client.close();
  });

  it('is abandoned without an answer and canceled with one', async () => {
    const watch = await Watch.persistent(server);
    watch.client.send(message(watch.client.nextId(), abandonRequest(watch.id)));
    await makeAll(writer, [addMailServer('P6'), deleteRequest(mailServerDn('P6'))]);
    await watch.settled();
    expect(watch.client.unread).toEqual([]);

    const other = await Watch.persistent(server);
    const cancel = extendedRequest(Oid.cancel, octetsFromText(writeCancel(other.id)));
    expect((await other.client.request(cancel)).code).toBe(0);
    expect(await other.client.answer(other.id)).toMatchObject({ code: 118, tag: answerTags.searchDone });
    expect((await other.client.request(cancel)).code).toBe(119);
    watch.client.close();
    other.client.close();
  });

  it('does not hold up a bind, which ends it', async () => {
    const watch = await Watch.persistent(server);
    expect((await watch.client.request(bindRequest(ADMINISTRATOR, server.password))).code).toBe(0);
    await makeAll(writer, [addMailServer('P7'), deleteRequest(mailServerDn('P7'))]);
    await watch.settled();
    expect(watch.client.unread).toEqual([]);
    watch.client.close();
  });

  it('is refused where nothing changes, where nothing is, and beyond sixteen', async () => {
    const rootDse = await Watch.start(
      server,
      Oid.persistentSearch,
      writePersistentSearch(ALL_CHANGES),
      { scope: 0 },
      '',
    );
    expect((await rootDse.client.answer(rootDse.id)).code).toBe(53);
    const nowhere = await Watch.start(
      server,
      Oid.persistentSearch,
      writePersistentSearch(ALL_CHANGES),
      {},
      `cn=No,${MAIL_SERVERS}`,
    );
    expect((await nowhere.client.answer(nowhere.id)).code).toBe(32);
    const many = await Watch.persistent(server);
    const control = controlWith(Oid.persistentSearch, writePersistentSearch(ALL_CHANGES));
    for (let count = 2; count <= 16; count++)
      many.client.send(message(many.client.nextId(), searchRequest(MAIL_SERVERS), [control]));
    expect((await many.client.request(searchRequest(MAIL_SERVERS), [control])).code).toBe(11);
    for (const { client } of [rootDse, nowhere, many]) client.close();
  });

  it('a client that reads late misses nothing', async () => {
    const watch = await Watch.persistent(server);
    await watch.settled();
    watch.client.pause();
    const other = await Watch.persistent(server);
    await other.settled();
    const big = 'x'.repeat(20_000);
    await makeAll(writer, [addMailServer('Big')]);
    for (let round = 0; round < 10; round++) {
      const requests = Array.from({ length: 50 }, (_, index) =>
        replace(mailServerDn('Big'), 'ds-cfg-smtp-property', `mail.x=${round * 50 + index}${big}`),
      );
      await Promise.all(requests.map((request) => writer.request(request)));
    }
    expect((await other.take(501)).map(nameIn)).toEqual(Array.from({ length: 501 }, () => 'Big'));
    watch.client.resume();
    const numbers = (await watch.take(501)).map(changeIn).map(({ number = 0 }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    await makeAll(writer, [deleteRequest(mailServerDn('Big'))]);
    watch.client.close();
    other.client.close();
  });
});

describe('a client that never reads', () => {
  it('loses its connection when too many changes wait for it, and none in between', async () => {
    const watch = await Watch.persistent(server);
    await watch.settled();
    watch.client.pause();
    const dn = mailServerDn('Flood');
    await makeAll(writer, [addMailServer('Flood')]);
    const change = (index: number, filling = '') =>
      writer.request(replace(dn, 'ds-cfg-smtp-property', `mail.x=${index}${filling}`));
    const makeMany = (count: number, filling?: string) =>
      Promise.all(Array.from({ length: count }, (_, index) => change(index, filling)));
    // More than the buffers of the system hold.
    for (let round = 0; round < 10; round++) await makeMany(40, 'x'.repeat(100_000));
    for (let round = 0; round < 20; round++) await makeMany(220);
    watch.client.resume();
    await watch.client.closed();
    const events = watch.client.unread.filter(({ tag }) => tag === answerTags.entry);
    const numbers = events.map(changeIn).map(({ number = 0 }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    expect(numbers.length).toBeLessThan(4800);
    await makeAll(writer, [deleteRequest(dn)]);
  });
});
