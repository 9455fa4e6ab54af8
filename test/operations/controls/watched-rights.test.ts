// Searches that go on, and searches that are repeated, while the rights of who asks change: an entry that it may not read any
// more is reported as gone, and one that it may read from now on as added.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writePersistentSearch } from '../../../src/codec/persistent-search-control.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { mailServerDn, mailServerLdif, policyDn, policyLdif } from '../../access/policies.ts';
import { accountDn, accountLdif } from '../../support/accounts.ts';
import { message, scopes, searchRequest } from '../../support/ber-bytes.ts';
import { answerTags, type ServerMessage } from '../../support/ber-element.ts';
import { readSyncDone, writeSyncRequest } from '../../support/control-values.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { MAIL_SERVERS } from '../entries.ts';
import { controlValue, controlWith } from './control-client.ts';
import { ALL_CHANGES, changeIn, infoIn, nameIn, stateIn } from './watch.ts';

const PASSWORD = 'a long password of watches';
const POLICY = policyDn('app reads');
const TARGET = 'ds-cfg-request-target-dn-equal-to';
const ADDED = 1;
const DELETED = 2;

let server: RunningServer;
let administrator: LdapTools;

beforeAll(async () => {
  server = await startServer();
  administrator = new LdapTools(server);
  const policy = policyLdif('app reads', {
    'user-dn-equal-to': accountDn('app'),
    permission: 'read',
    'allowed-attribute': ['*', '+'],
    'allowed-control': ['PersistentSearch', Oid.syncRequest],
    'request-target-dn-equal-to': mailServerDn('Own'),
  });
  const account = accountLdif('app', { password: PASSWORD });
  const ldif = [mailServerLdif('Own'), mailServerLdif('Other'), account, policy].join('\n');
  expect(await administrator.add(ldif)).toMatchObject({ code: 0, stderr: '' });
});

/** Lets the account read these mail servers alone. */
async function letRead(...names: readonly string[]): Promise<void> {
  const values = names.map((name) => `${TARGET}: ${mailServerDn(name)}\n`).join('');
  const ldif = `dn: ${POLICY}\nchangetype: modify\nreplace: ${TARGET}\n${values}`;
  expect(await administrator.modify(ldif)).toMatchObject({ code: 0 });
}

async function asked(oid: string, value: string): Promise<RawClient> {
  const client = await RawClient.bound(server, accountDn('app'), PASSWORD);
  const request = searchRequest(MAIL_SERVERS, { scope: scopes.subtree });
  client.send(message(client.nextId(), request, [controlWith(oid, value)]));
  return client;
}

const syncValue = (mode: 'refreshOnly' | 'refreshAndPersist', cookie?: string) =>
  writeSyncRequest({ mode, cookie, reloadHint: false });

interface Refreshed {
  readonly code: number;
  /** `add Own`, and `gone`, for each entry that a message names as deleted. */
  readonly states: readonly string[];
  /** False if the client forgets what is not mentioned. */
  readonly refreshDeletes: boolean;
  readonly cookie: string | undefined;
}

/** Repeats the search with what is known of it. */
async function refreshed(cookie?: string): Promise<Refreshed> {
  const client = await asked(Oid.syncRequest, syncValue('refreshOnly', cookie));
  const states: string[] = [];
  for (;;) {
    const one = await client.next();
    if (one.tag === answerTags.entry) states.push(`${stateIn(one).state} ${nameIn(one)}`);
    else if (one.tag === answerTags.intermediate) {
      const info = infoIn(one);
      if (info.type === 'idSet') states.push(...info.ids.map(() => 'gone'));
    } else {
      client.close();
      const value = controlValue(one, Oid.syncDone);
      const done = value === undefined ? { cookie: undefined, refreshDeletes: true } : readSyncDone(value);
      return { code: one.code, states, ...done };
    }
  }
}

/** The cookie of a refresh in which the account may read `Own` alone. */
async function cookieOfOwn(): Promise<string> {
  const { states, cookie = '' } = await refreshed();
  expect(states).toEqual(['add Own']);
  return cookie;
}

/** What a client knows that keeps to RFC 4533 §3.3: it forgets what a present phase does not mention. */
const EVERYTHING_BUT = { code: 0, refreshDeletes: false };

beforeEach(() => letRead('Own'));

describe('while it watches', () => {
  it('a persistent search reports an entry that became unreadable as deleted, and one that became readable as added', async () => {
    const client = await asked(Oid.persistentSearch, writePersistentSearch(ALL_CHANGES));
    await letRead('Other');
    const events = [changeIn(await client.next()), changeIn(await client.next())];
    expect(events.map(({ name, type }) => `${type} ${name}`).toSorted()).toEqual([
      `${ADDED} Other`,
      `${DELETED} Own`,
    ]);
    client.close();
  });

  it('a synchronization does so, and the cookie that comes with it is of the new rights', async () => {
    const client = await asked(Oid.syncRequest, syncValue('refreshAndPersist'));
    expect(nameIn(await client.next())).toBe('Own');
    expect(infoIn(await client.next())).toMatchObject({ refreshDone: true });
    await letRead('Other');
    const events: ServerMessage[] = [await client.next(), await client.next()];
    client.close();
    const states = events.map(stateIn);
    expect(states.map(({ state, name }) => `${state} ${name}`).toSorted()).toEqual([
      'add Other',
      'delete Own',
    ]);
    const { cookie } = states.find((one) => one.cookie !== undefined) ?? {};
    expect(await refreshed(cookie)).toMatchObject({ code: 0, states: [], refreshDeletes: true });
  });
});

describe('between two refreshes with a cookie', () => {
  it('an entry that became unreadable is not mentioned in a present phase, so it is gone', async () => {
    await letRead('Own', 'Other');
    const { states, cookie } = await refreshed();
    expect(states).toEqual(['add Own', 'add Other']);
    await letRead('Own');
    expect(await refreshed(cookie)).toMatchObject({ ...EVERYTHING_BUT, states: ['add Own'] });
  });

  it('an entry that became readable is added', async () => {
    const cookie = await cookieOfOwn();
    await letRead('Own', 'Other');
    const second = await refreshed(cookie);
    expect(second).toMatchObject({ ...EVERYTHING_BUT, states: ['add Own', 'add Other'] });
    expect(await refreshed(second.cookie)).toMatchObject({ states: [], refreshDeletes: true });
  });

  it('rights that are as they were tell only what has changed', async () => {
    const cookie = await cookieOfOwn();
    await letRead('Other');
    await letRead('Own');
    expect(await refreshed(cookie)).toMatchObject({ code: 0, states: [], refreshDeletes: true });
  });

  it('a client that watches after it was away gets the same', async () => {
    const cookie = await cookieOfOwn();
    await letRead('Other');
    const client = await asked(Oid.syncRequest, syncValue('refreshAndPersist', cookie));
    expect(stateIn(await client.next())).toMatchObject({ state: 'add', name: 'Other' });
    expect(infoIn(await client.next())).toMatchObject({ type: 'refreshPresent', refreshDone: true });
    client.close();
  });

  it('so it is after a restart of the server in between', async () => {
    const cookie = await cookieOfOwn();
    await letRead('Other');
    await server.stop();
    server = await startServer({ folder: server.folder });
    administrator = new LdapTools(server);
    const second = await refreshed(cookie);
    expect(second).toMatchObject({ ...EVERYTHING_BUT, states: ['add Other'] });
    expect(await refreshed(second.cookie)).toMatchObject({ code: 0, states: [], refreshDeletes: true });
  });
});
