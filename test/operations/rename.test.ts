// Modify DN of configuration objects (RFC 4511 §4.9): what refers to one follows in the same commit, what runs goes on,
// and who looks at the past or watches hears of a rename. One server for all.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Oid } from '../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import {
  changeKinds,
  deleteRequest,
  extendedRequest,
  modifyDnRequest,
  modifyRequest,
  searchRequest,
} from '../support/ber-bytes.ts';
import { readEntryChange } from '../support/control-values.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { controlValue, controlWith, replace } from './controls/control-client.ts';
import { stateIn, Watch } from './controls/watch.ts';
import { addEntry } from './entries.ts';
import { changeTogether } from './transaction-client.ts';

const MAIL = 'cn=Mail Servers,cn=config';
const TRUST = 'cn=Trust Manager Providers,cn=config';
const WHO_AM_I = extendedRequest(Oid.whoAmI);
const CANARY = 'canary-7f3a';

let server: RunningServer;
let tools: LdapTools;
let client: RawClient;
let receiver: SmtpReceiver;

beforeAll(async () => {
  server = await startServer({ environment: { RENAME_TRUST: `cn=By Expression,${TRUST}` } });
  tools = new LdapTools(server);
  client = await RawClient.bound(server);
  receiver = await SmtpReceiver.start();
});

afterAll(async () => {
  client.close();
  await endReceivers();
});

const add = async (dn: string, values: Parameters<typeof addEntry>[1]) =>
  expect(await refusal(addEntry(dn, values))).toMatch(/^0 /);

const addBlind = (name: string) =>
  add(`cn=${name},${TRUST}`, {
    objectClass: ['ds-cfg-trust-manager-provider', 'ds-cfg-blind-trust-manager-provider'],
    'ds-cfg-enabled': 'true',
  });

const addMail = (name: string, values: Readonly<Record<string, string | readonly string[]>> = {}) =>
  add(`cn=${name},${MAIL}`, {
    objectClass: 'ds-cfg-mail-server',
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': `127.0.0.1:${receiver.port}`,
    ...values,
  });

async function rename(dn: string, rdn: string, deleteOld = true): Promise<void> {
  const { code, text } = await client.request(modifyDnRequest(dn, rdn, deleteOld));
  expect(code, text).toBe(0);
}

async function refusal(operation: Buffer, who = client): Promise<string> {
  const { code, text } = await who.request(operation);
  return `${code} ${text}`;
}

async function valuesOf(dn: string, name: string): Promise<readonly string[] | undefined> {
  const { entries } = await client.request(searchRequest(dn, { scope: 0 }));
  const attributes = entries[0]?.attributes ?? {};
  return Object.entries(attributes).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

const lastChange = async () => {
  const [top] = await tools.entries('', '-s', 'base', 'lastChangeNumber');
  return Number(top?.first('lastchangenumber'));
};

/** Sends a message by one mail server and no other. */
async function send(name: string): Promise<void> {
  const task = await runTask(tools, 'ds-task-send-test-message', [
    `ds-task-mail-server: cn=${name},${MAIL}`,
    'ds-task-mail-sender: confdit@example.com',
    'ds-task-mail-recipient: someone@example.com',
  ]);
  expect(task.first('ds-task-state'), JSON.stringify(task.values('ds-task-log-message'))).toBe(
    'COMPLETED_SUCCESSFULLY',
  );
}

describe('a mail server that is renamed', () => {
  it('keeps its connections, its figures and its entryUUID, and names its trust manager by the new name', async () => {
    await addBlind('Blind A');
    await addMail('pool', { 'ds-cfg-trust-manager-provider': `cn=Blind A,${TRUST}` });
    await send('pool');
    const before = await tools.entries(`cn=pool,${MAIL}`, '-s', 'base', 'entryUUID');
    await send('pool');
    const { connections } = receiver;
    await rename(`cn=pool,${MAIL}`, 'cn=pool renamed');
    await send('pool renamed');
    expect(receiver.connections, 'after the rename of the mail server').toBe(connections);
    await rename(`cn=Blind A,${TRUST}`, 'cn=Blind B');
    expect(await valuesOf(`cn=pool renamed,${MAIL}`, 'ds-cfg-trust-manager-provider')).toEqual([
      `cn=Blind B,${TRUST}`,
    ]);
    await send('pool renamed');
    expect(receiver.messages).toHaveLength(4);
    expect(receiver.connections).toBe(connections);
    const [after] = await tools.entries(`cn=pool renamed,${MAIL}`, '-s', 'base', 'entryUUID', 'cn');
    expect(after?.first('entryuuid')).toBe(before[0]?.first('entryuuid'));
    expect(after?.values('cn')).toEqual(['pool renamed']);
    const [monitor] = await tools.entries('cn=monitor', '(&(cn=pool renamed)(ds-mon-mail-sent-count=*))');
    expect(monitor?.first('ds-mon-mail-sent-count')).toBe('4');
    expect(await refusal(deleteRequest(`cn=Blind B,${TRUST}`))).toContain(`cn=pool renamed,${MAIL}`);
    const effective = `cn=pool renamed,cn=Mail Servers,cn=effective`;
    expect(await valuesOf(effective, 'ds-cfg-trust-manager-provider')).toEqual([`cn=Blind B,${TRUST}`]);
  });

  it('is modified by its new name in the same transaction, with the rights of what it was', async () => {
    await addMail('secret', { 'ds-cfg-auth-username': 'user', 'ds-cfg-auth-password': CANARY });
    const privileges = ['config-read', 'config-write'];
    expect(
      (await tools.add(accountLdif('Operator', { password: `${CANARY}-op-long`, privileges }))).code,
    ).toBe(0);
    const operator = await RawClient.bound(server, accountDn('Operator'), `${CANARY}-op-long`);
    const moved = `cn=secret moved,${MAIL}`;
    const redirect = replace(moved, 'ds-cfg-smtp-server', `127.0.0.2:${receiver.port}`);
    const away = modifyDnRequest(`cn=secret,${MAIL}`, 'cn=secret moved', true);
    expect(await changeTogether(operator, away, redirect)).toMatchObject({ code: 50 });
    // Sent behind one another, before the first is stored: what is asked is what will be there.
    await addMail('bait');
    const bait = [
      deleteRequest(`cn=bait,${MAIL}`),
      modifyDnRequest(`cn=secret,${MAIL}`, 'cn=bait', true),
      replace(`cn=bait,${MAIL}`, 'ds-cfg-smtp-server', `127.0.0.2:${receiver.port}`),
    ];
    const codes = await Promise.all(bait.map(async (one) => (await operator.request(one)).code));
    expect(codes).toEqual([0, 0, 50]);
    expect(await valuesOf(`cn=bait,${MAIL}`, 'ds-cfg-smtp-server')).toEqual([`127.0.0.1:${receiver.port}`]);
    const again = [
      modifyDnRequest(`cn=bait,${MAIL}`, 'cn=secret moved', true),
      modifyRequest(moved, [
        [changeKinds.replace, 'ds-cfg-smtp-server', [`localhost:${receiver.port}`]],
        [changeKinds.replace, 'ds-cfg-auth-password', [`${CANARY}-new`]],
      ]),
    ];
    expect(await changeTogether(operator, ...again)).toMatchObject({ code: 0 });
    operator.close();
  });
});

describe('names', () => {
  it('are taken, kept, spelled otherwise and escaped as RFC 4511 and RFC 4514 have it', async () => {
    await addMail('one');
    await addMail('two');
    const dn = `cn=one,${MAIL}`;
    expect(await refusal(modifyDnRequest(dn, 'cn=two', true))).toMatch(/^68 /);
    expect(await refusal(modifyDnRequest(`cn=none,${MAIL}`, 'cn=two', true))).toMatch(/^32 /);
    expect(await refusal(modifyDnRequest(dn, 'cn=x+description=y', true))).toMatch(/^65 /);
    expect(await refusal(modifyDnRequest(dn, 'description=x', true))).toMatch(/^6[45] /);
    expect(await refusal(modifyDnRequest(dn, 'cn=\\20', true))).toMatch(/^64 .*empty name/);
    expect(await refusal(modifyDnRequest(dn, 'cn=x', true, TRUST))).toMatch(/^53 .*within its container/);
    expect(await refusal(modifyDnRequest(MAIL, 'cn=Servers', true))).toMatch(/^53 .*keeps its name/);
    expect(await refusal(modifyDnRequest('cn=config', 'cn=other', true))).toMatch(/^53 .*keeps its name/);
    const { code } = await client.request(modifyDnRequest(dn, 'cn=uno', false, MAIL));
    expect(code).toBe(0);
    expect(await valuesOf(`cn=uno,${MAIL}`, 'cn')).toEqual(['one', 'uno']);
    await rename(`cn=uno,${MAIL}`, 'cn=one');
    expect(await valuesOf(dn, 'cn')).toEqual(['one']);
    await rename(dn, 'CN=ONE');
    expect((await client.request(searchRequest(dn, { scope: 0 }))).entries[0]?.dn).toBe(`CN=ONE,${MAIL}`);
    expect(await valuesOf(dn, 'cn')).toEqual(['ONE']);
    await rename(dn, 'cn=a\\, b \\+ &{c} = \\"d\\"');
    expect(await valuesOf(`cn=a\\, b \\+ &{c} = \\"d\\",${MAIL}`, 'cn')).toEqual(['a, b + &{c} = "d"']);
  });

  it('change places in one transaction, and what refers to them goes with them', async () => {
    for (const name of ['left', 'right']) {
      await addBlind(name);
      await addMail(`by ${name}`, { 'ds-cfg-trust-manager-provider': `cn=${name},${TRUST}` });
    }
    const swapped = await changeTogether(
      client,
      modifyDnRequest(`cn=left,${TRUST}`, 'cn=between', true),
      modifyDnRequest(`cn=right,${TRUST}`, 'cn=left', true),
      modifyDnRequest(`cn=between,${TRUST}`, 'cn=right', true),
    );
    expect(swapped, swapped.text).toMatchObject({ code: 0 });
    const named = await Promise.all(
      ['left', 'right'].map((name) => valuesOf(`cn=by ${name},${MAIL}`, 'ds-cfg-trust-manager-provider')),
    );
    expect(named).toEqual([[`cn=right,${TRUST}`], [`cn=left,${TRUST}`]]);
  });

  it('that look like expressions are written so that they are none, and follow once more', async () => {
    await addBlind('plain');
    await addMail('escaped', { 'ds-cfg-trust-manager-provider': `cn=plain,${TRUST}` });
    await rename(`cn=plain,${TRUST}`, 'cn=&{odd}');
    const named = () => valuesOf(`cn=escaped,${MAIL}`, 'ds-cfg-trust-manager-provider');
    expect(await named()).toEqual([`cn=\\&{odd},${TRUST}`]);
    await rename(`cn=&{odd},${TRUST}`, 'cn=plain');
    expect(await named()).toEqual([`cn=plain,${TRUST}`]);
  });

  it('do not change under a reference by an expression', async () => {
    await addBlind('By Expression');
    await addMail('expression', { 'ds-cfg-trust-manager-provider': '$<RENAME_TRUST>' });
    expect(await refusal(modifyDnRequest(`cn=By Expression,${TRUST}`, 'cn=x', true))).toMatch(
      /^53 .*cn=expression,.*by the expression "\$<RENAME_TRUST>", which cannot follow/,
    );
  });

  it('of backends are their backend-id', async () => {
    const dn = 'ds-cfg-backend-id=people,cn=Backends,cn=config';
    await add(dn, {
      objectClass: 'ds-cfg-memory-backend',
      'ds-cfg-enabled': 'true',
      'ds-cfg-base-dn': 'dc=example,dc=com',
    });
    await add('dc=example,dc=com', { objectClass: 'domain', dc: 'example' });
    await rename(dn, 'ds-cfg-backend-id=folk');
    expect(await valuesOf('ds-cfg-backend-id=folk,cn=Backends,cn=config', 'ds-cfg-backend-id')).toEqual([
      'folk',
    ]);
    expect(await valuesOf('dc=example,dc=com', 'dc')).toEqual(['example']);
    await add('ou=People,dc=example,dc=com', { objectClass: 'organizationalUnit', ou: 'People' });
    await rename('ds-cfg-backend-id=folk,cn=Backends,cn=config', 'ds-cfg-backend-id=Folk');
    expect(
      await refusal(replace('ds-cfg-backend-id=Folk,cn=Backends,cn=config', 'ds-cfg-backend-id', 'x')),
    ).toMatch(/^67 /);
  });
});

describe('what runs', () => {
  it('goes on: the session of an account that is renamed, which logs in by its new name', async () => {
    const password = `${CANARY}-session`;
    const privileges = ['config-read', 'config-write', 'privilege-change'];
    expect((await tools.add(accountLdif('Ann', { password, privileges }))).code).toBe(0);
    const ann = await RawClient.bound(server, accountDn('Ann'), password);
    const other = await RawClient.bound(server, accountDn('Operator'), `${CANARY}-op-long`);
    expect(await refusal(modifyDnRequest(accountDn('Ann'), 'cn=Eve', true), other)).toMatch(/^50 /);
    expect(await refusal(modifyDnRequest(accountDn('Ann'), 'cn=Anna', true), ann)).toBe('0 ');
    expect((await ann.request(WHO_AM_I)).value?.toString()).toBe(`dn:${accountDn('Anna')}`);
    await expect(RawClient.bound(server, accountDn('Ann'), password)).rejects.toThrow(/49/);
    (await RawClient.bound(server, accountDn('Anna'), password)).close();
    const [entry] = await tools.entries(accountDn('Anna'), '-s', 'base', 'modifiersName');
    expect(entry?.first('modifiersname')).toBe(accountDn('Ann'));
    ann.close();
    other.close();
  });

  it('goes on: the port and the connections of a handler, and what waits for its restart', async () => {
    const port = await freePort();
    const handlers = 'cn=Connection Handlers,cn=config';
    await add(`cn=Second,${handlers}`, {
      objectClass: ['ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler'],
      'ds-cfg-enabled': 'true',
      'ds-cfg-listen-port': String(port),
    });
    const second = await RawClient.bound({ port, password: server.password });
    const later = await freePort();
    expect(await refusal(replace(`cn=Second,${handlers}`, 'ds-cfg-listen-port', String(later)))).toMatch(
      /^0 .*listen-port/,
    );
    await rename(`cn=Second,${handlers}`, 'cn=Renamed');
    expect((await second.request(WHO_AM_I)).code).toBe(0);
    (await RawClient.bound({ port, password: server.password })).close();
    const [pending] = await tools.entries(`cn=Renamed,${handlers}`, '-s', 'base', 'ds-cfg-pending-change');
    expect(pending?.first('ds-cfg-pending-change')).toContain('listen-port');
    const [monitored] = await tools.entries('cn=monitor', `(ds-mon-config-dn=cn=Renamed,${handlers})`);
    expect(monitored?.first('ds-mon-active-connections-count')).toBe('1');
    // The place is still taken by whoever has it, whatever the name is.
    const taken = addEntry(`cn=Third,${handlers}`, {
      objectClass: ['ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler'],
      'ds-cfg-enabled': 'true',
      'ds-cfg-listen-port': String(port),
    });
    const away = modifyDnRequest(`cn=Renamed,${handlers}`, 'cn=Again', true);
    expect(await changeTogether(client, away, taken)).toMatchObject({ code: 53 });
    for (const enabled of ['false', 'true'])
      expect(await refusal(replace(`cn=Renamed,${handlers}`, 'ds-cfg-enabled', enabled))).toMatch(/^0 /);
    (await RawClient.bound({ port: later, password: server.password })).close();
    await expect(RawClient.bound({ port, password: server.password })).rejects.toThrow();
    second.close();
  });
});

describe('a rename', () => {
  it('is told as one to whoever watches, and in the changelog', async () => {
    await addBlind('seen');
    await addMail('watched', { 'ds-cfg-trust-manager-provider': `cn=seen,${TRUST}` });
    const persistent = await Watch.persistent(server);
    const sync = await Watch.sync(server, { cookie: undefined }, {});
    await Promise.all([persistent.settled(), sync.settled()]);
    while (sync.client.unread.length > 0) await sync.next();
    await rename(`cn=watched,${MAIL}`, 'cn=seen renamed');
    await rename(`cn=seen,${TRUST}`, 'cn=unseen');
    const [moved, followed] = await persistent.take(2);
    expect(moved?.entry?.dn).toBe(`cn=seen renamed,${MAIL}`);
    expect(readEntryChange(moved && controlValue(moved, Oid.entryChangeNotification))).toMatchObject({
      changeType: 8,
      previousDn: `cn=watched,${MAIL}`,
    });
    expect(followed?.entry?.attributes).toMatchObject({
      'ds-cfg-trust-manager-provider': [`cn=unseen,${TRUST}`],
    });
    const states = [await sync.next(), await sync.next()].map(stateIn);
    expect(states).toMatchObject([
      { name: 'seen renamed', state: 'modify' },
      { name: 'seen renamed', state: 'modify' },
    ]);
    const number = await lastChange();
    const records = await tools.entries('cn=changelog', `(changeNumber>=${number - 1})`);
    expect(
      records
        .filter(({ dn }) => dn.rdns.length > 1)
        .map((one) => [
          one.first('changetype'),
          one.first('targetdn'),
          one.first('newrdn'),
          one.first('deleteoldrdn'),
        ]),
    ).toEqual([
      ['modrdn', `cn=watched,${MAIL}`, 'cn=seen renamed', 'TRUE'],
      ['modrdn', `cn=seen,${TRUST}`, 'cn=unseen', 'TRUE'],
      ['modify', `cn=seen renamed,${MAIL}`, undefined, undefined],
    ]);
    persistent.client.close();
    sync.client.close();
  });

  it('is tried, shown as a difference, and rolled back as the rename that it was', async () => {
    await addBlind('past');
    await addMail('history', { 'ds-cfg-trust-manager-provider': `cn=past,${TRUST}` });
    const id = (await tools.entries(`cn=history,${MAIL}`, '-s', 'base', 'entryUUID'))[0]?.first('entryuuid');
    const number = await lastChange();
    const trial = [controlWith(Oid.noOp, '')];
    const away = modifyDnRequest(`cn=past,${TRUST}`, 'cn=future', true);
    expect((await client.request(away, trial)).code).toBe(0x410e);
    expect(await lastChange()).toBe(number);
    expect((await client.request(away)).code).toBe(0);
    await rename(`cn=history,${MAIL}`, 'cn=story');
    expect(await refusal(replace(`cn=story,${MAIL}`, 'ds-cfg-priority', '7'))).toMatch(/^0 /);
    const asked = JSON.stringify({ from: number });
    const shown = await client.request(extendedRequest(Oid.differences, asked));
    expect(shown.text).toBe('');
    const { ldif } = JSON.parse(shown.value?.toString() ?? '{}');
    expect(ldif.match(/^changetype: .*$/gm)).toEqual([
      'changetype: modrdn',
      'changetype: modrdn',
      'changetype: modify',
    ]);
    const rolled = await client.request(extendedRequest(Oid.rollback, JSON.stringify({ to: number })));
    expect(rolled.code, rolled.text).toBe(0);
    const [back] = await tools.entries(`cn=history,${MAIL}`, '-s', 'base', '*', 'entryUUID');
    expect(back?.first('entryuuid')).toBe(id);
    expect(back?.values('ds-cfg-trust-manager-provider')).toEqual([`cn=past,${TRUST}`]);
    expect(back?.values('ds-cfg-priority')).toEqual([]);
    expect(back?.values('cn')).toEqual(['history']);
  });

  it('survives a crash, record by record, and a fresh start runs the same', async () => {
    const names = async () =>
      (await tools.entries('cn=config', '(objectClass=ds-cfg-root-config)', '1.1')).length;
    expect(await names()).toBe(1);
    const before = (await tools.search('cn=config', '*', '+')).stdout.replace(
      /^ds-cfg-(?:pending|value).*\n/gm,
      '',
    );
    await server.kill();
    server = await startServer({
      folder: server.folder,
      environment: { RENAME_TRUST: `cn=By Expression,${TRUST}` },
    });
    tools = new LdapTools(server);
    const after = (await tools.search('cn=config', '*', '+')).stdout.replace(
      /^ds-cfg-(?:pending|value).*\n/gm,
      '',
    );
    expect(after).toBe(before);
  });
});
