import { beforeAll, describe, expect, it } from 'vitest';
import type { SyncRequest } from '../../../src/codec/sync-control.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { deleteRequest, equalityFilter, scopes, searchRequest } from '../../support/ber-bytes.ts';
import { answerTags } from '../../support/ber-element.ts';
import { readSyncDone } from '../../support/control-values.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from '../entries.ts';
import { controlValue, replace } from './control-client.ts';

import { infoIn, nameIn, stateIn, Watch } from './watch.ts';

let server: RunningServer;
let writer: RawClient;

beforeAll(async () => {
  server = await startServer();
  writer = await RawClient.bound(server);
});

describe('content synchronization (RFC 4533)', () => {
  const options = { scope: scopes.one };

  /** Polls: what came, and the cookie for the next time. */
  async function poll(
    cookie?: string,
    more: Partial<SyncRequest> = {},
  ): Promise<{
    code: number;
    states: string[];
    gone: number;
    cookie: string | undefined;
    refreshDeletes: boolean;
  }> {
    const watch = await Watch.sync(server, { mode: 'refreshOnly', cookie, ...more }, options);
    const states: string[] = [];
    let gone = 0;
    for (;;) {
      const one = await watch.next();
      if (one.tag === answerTags.entry) {
        const { name, state } = stateIn(one);
        states.push(`${state} ${name}`);
      } else if (one.tag === answerTags.intermediate) {
        const info = infoIn(one);
        if (info.type === 'idSet') gone += info.ids.length;
      } else {
        watch.client.close();
        const value = controlValue(one, Oid.syncDone);
        const done = value === undefined ? { cookie: undefined, refreshDeletes: false } : readSyncDone(value);
        return { code: one.code, states, gone, ...done };
      }
    }
  }

  it('tells a client that comes again what has changed, each entry once', async () => {
    await makeAll(writer, [addMailServer('S1'), addMailServer('S2')]);
    const first = await poll();
    expect(first.states).toEqual(['add S1', 'add S2']);
    expect((await poll(first.cookie)).states).toEqual([]);
    await makeAll(writer, [
      replace(mailServerDn('S1'), 'ds-cfg-enabled', 'false'),
      replace(mailServerDn('S1'), 'ds-cfg-enabled', 'true'),
      deleteRequest(mailServerDn('S2')),
      addMailServer('S3'),
      addMailServer('S4'),
      deleteRequest(mailServerDn('S4')),
    ]);
    const second = await poll(first.cookie);
    expect(second.states).toEqual(['modify S1', 'add S3']);
    expect([second.gone, second.refreshDeletes]).toEqual([1, true]);
  });

  it('refuses a cookie of something else with e-syncRefreshRequired, unless a reload is wished for', async () => {
    expect((await poll('made up')).code).toBe(4096);
    const { cookie = '' } = await poll();
    const ofAnotherSearch = cookie.replace(/[0-9a-f](?=,[0-9a-f]+$)/, (last) => (last === '0' ? '1' : '0'));
    expect((await poll(ofAnotherSearch)).code).toBe(4096);
    const reloaded = await poll('made up', { reloadHint: true });
    expect([reloaded.states, reloaded.refreshDeletes]).toEqual([['add S1', 'add S3'], false]);
  });

  it('persists: the content, the end of the refresh, then every change', async () => {
    const watch = await Watch.sync(server, {}, options);
    const [one, two, done] = await watch.take(3);
    expect([one, two].map((found) => found && stateIn(found).state)).toEqual(['add', 'add']);
    expect(done && infoIn(done)).toMatchObject({ type: 'refreshDelete', refreshDone: true });
    await makeAll(writer, [
      addMailServer('S5'),
      replace(mailServerDn('S5'), 'ds-cfg-enabled', 'false'),
      deleteRequest(mailServerDn('S5')),
    ]);
    const states = (await watch.take(3)).map(stateIn);
    expect(states.map(({ state, name }) => `${state} ${name}`)).toEqual(['add S5', 'modify S5', 'delete S5']);
    expect(states.every(({ cookie }) => cookie !== undefined)).toBe(true);
    watch.client.close();
  });

  it('names an entry of cn=effective by the entryUUID that it is shown with, from its content to its end', async () => {
    const [dn, base] = [mailServerDn('Twin'), MAIL_SERVERS.replace('cn=config', 'cn=effective')];
    await makeAll(writer, [addMailServer('Twin')]);
    const { entries } = await writer.request(
      searchRequest(base, {
        scope: scopes.subtree,
        filter: equalityFilter('cn', 'Twin'),
        attributes: ['entryUUID'],
      }),
    );
    const shown = entries[0]?.attributes.entryUUID?.[0];
    const watch = await Watch.sync(server, {}, { filter: equalityFilter('cn', 'Twin') }, base);
    const [first] = await watch.take(2);
    await makeAll(writer, [replace(dn, 'ds-cfg-enabled', 'false'), deleteRequest(dn)]);
    const states = [first, ...(await watch.take(2))].map((one) => one && stateIn(one));
    expect(states.map((one) => `${one?.state} ${one?.id}`)).toEqual([
      `add ${shown}`,
      `modify ${shown}`,
      `delete ${shown}`,
    ]);
    watch.client.close();
  });

  it('each of some hundred changes by concurrent writers once and in order, over a broken connection', async () => {
    const WRITERS = 4;
    const EACH = 60;
    const names = ['W0', 'W1', 'W2', 'W3'];
    await makeAll(
      writer,
      names.map((name) => addMailServer(name)),
    );
    let watch = await Watch.sync(server, {}, options);
    while ((await watch.next()).tag !== answerTags.intermediate);
    const writers = await Promise.all(names.map(() => RawClient.bound(server)));
    const writing = Promise.all(
      writers.map(async (client, index) => {
        for (let count = 0; count < EACH; count++) {
          const value = `mail.count=${count}`;
          await client.request(replace(mailServerDn(`W${index}`), 'ds-cfg-smtp-property', value));
        }
      }),
    );
    const seen: string[] = [];
    let cookie: string | undefined;
    while (seen.length < WRITERS * EACH) {
      const one = await watch.next();
      if (one.tag !== answerTags.entry) continue;
      const value = one.entry?.attributes['ds-cfg-smtp-property']?.[0] ?? '';
      seen.push(`${nameIn(one)} ${value}`);
      cookie = stateIn(one).cookie ?? cookie;
      if (seen.length % 50 === 0) {
        watch.client.reset();
        watch = await Watch.sync(server, { cookie }, options);
      }
    }
    await writing;
    await watch.settled();
    expect(watch.client.unread.filter(({ tag }) => tag === answerTags.entry)).toEqual([]);
    for (const name of names) {
      const own = seen.filter((one) => one.startsWith(`${name} `));
      expect(own).toEqual(Array.from({ length: EACH }, (_, count) => `${name} mail.count=${count}`));
    }
    for (const client of [...writers, watch.client]) client.close();
  });

  it('a client that was away for too many changes is told of all there is', async () => {
    const before = await poll();
    const dn = mailServerDn('S3');
    for (let round = 0; round < 10; round++) {
      const values = Array.from({ length: 210 }, (_, index) => `mail.x=${round}.${index}`);
      await Promise.all(values.map((value) => writer.request(replace(dn, 'ds-cfg-smtp-property', value))));
    }
    const after = await poll(before.cookie);
    expect([after.code, after.refreshDeletes]).toEqual([0, false]);
    expect(after.states).toContain('add S1');
  });

  it('a cookie still works after the server was restarted', async () => {
    const before = await poll();
    await makeAll(writer, [deleteRequest(mailServerDn('S1'))]);
    const { folder } = server;
    await server.stop();
    server = await startServer({ folder });
    writer = await RawClient.bound(server);
    const after = await poll(before.cookie);
    expect([after.code, after.refreshDeletes]).toEqual([0, false]);
    expect(after.states).toContain('add S3');
    expect(after.states).not.toContain('add S1');
    const current = await poll(after.cookie);
    expect([current.states, current.gone]).toEqual([[], 0]);
  });
});
