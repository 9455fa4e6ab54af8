// Admin actions in a server: over restarts, in transactions, and in changes that come right behind one another.

import { beforeAll, describe, expect, it } from 'vitest';
import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import {
  addRequest,
  changeKinds,
  control,
  deleteRequest,
  extendedRequest,
  message,
  modifyRequest,
  presentFilter,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { freePort } from '../support/free-port.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const OPERATIONAL = ['*', '+'];
const written = (name: string) => `cn=${name},cn=Mail Servers,cn=config`;
const inForce = (name: string) => `cn=${name},cn=Mail Servers,cn=effective`;

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
});

async function add(name: string): Promise<void> {
  const attributes = [
    ['objectClass', ['ds-cfg-mail-server']],
    ['cn', [name]],
    ['ds-cfg-enabled', ['true']],
    ['ds-cfg-smtp-server', ['smtp.example.com']],
  ] as const;
  expect(await client.request(addRequest(written(name), attributes))).toMatchObject({ code: 0 });
}

/** One transaction of these changes; gives how it ended. */
async function together(...changes: readonly Buffer[]) {
  const { value: id = '' } = await client.request(extendedRequest(Oid.startTransaction));
  for (const change of changes)
    expect(await client.request(change, [control(Oid.transaction, true, id)])).toMatchObject({ code: 0 });
  return client.request(
    extendedRequest(Oid.endTransaction, octetsFromText(writeEndTransaction({ isCommit: true, id }))),
  );
}

function replace(name: string, attribute: string, value: string): Buffer {
  return modifyRequest(written(name), [[changeKinds.replace, attribute, [value]]]);
}

async function read(dn: string, who = client): Promise<Readonly<Record<string, readonly string[]>>> {
  const { entries } = await who.request(searchRequest(dn, { scope: scopes.base, attributes: OPERATIONAL }));
  return entries[0]?.attributes ?? {};
}

async function useSslOf(name: string, who = client) {
  return (await read(inForce(name), who))['ds-cfg-use-ssl'];
}

describe('what waits for an admin action', () => {
  it('can be read from the entry alone by somebody who has never read a manual', async () => {
    await add('Alone');
    const before = Date.now();
    await client.request(replace('Alone', 'ds-cfg-use-ssl', 'true'));
    const { 'ds-cfg-use-ssl': useSsl, 'ds-cfg-pending-change': [why = ''] = [] } = await read(
      written('Alone'),
    );
    expect(useSsl).toEqual(['true']);
    const [, time = ''] =
      /^use-ssl: the effective value is the default "false"; disable and enable this mail server again to make "true" take effect \(changed (\S+)\)$/.exec(
        why,
      ) ?? [];
    // It is shown in whole seconds.
    expect(Date.parse(time)).toBeGreaterThan(before - 1000);
    expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
  });

  it('is found by a filter', async () => {
    await add('Found');
    await client.request(replace('Found', 'ds-cfg-use-ssl', 'true'));
    const search = searchRequest('cn=config', {
      scope: scopes.subtree,
      filter: presentFilter('ds-cfg-pending-change'),
      attributes: ['cn'],
    });
    expect((await client.request(search)).entries.map(({ dn }) => dn)).toContain(written('Found'));
    await client.request(replace('Found', 'ds-cfg-enabled', 'false'));
    expect((await client.request(search)).entries.map(({ dn }) => dn)).not.toContain(written('Found'));
  });

  it('is not restarted by a transaction that disables and enables: nobody sees it disabled', async () => {
    await add('Transaction');
    await client.request(replace('Transaction', 'ds-cfg-use-ssl', 'true'));
    const answer = await together(
      ...['false', 'true'].map((enabled) => replace('Transaction', 'ds-cfg-enabled', enabled)),
    );
    expect(answer.code).toBe(0);
    expect(await useSslOf('Transaction')).toEqual(['false']);
    expect(await read(written('Transaction'))).toHaveProperty('ds-cfg-pending-change');
  });

  it('keeps what it goes on with, also from the transaction that makes it wait', async () => {
    const trust = 'cn=Blind Trust,cn=Trust Manager Providers,cn=config';
    await client.request(modifyRequest(trust, [[changeKinds.replace, 'ds-cfg-enabled', ['true']]]));
    await add('Trusting');
    const settings = modifyRequest(written('Trusting'), [
      [changeKinds.replace, 'ds-cfg-enabled', ['false']],
      [changeKinds.replace, 'ds-cfg-use-ssl', ['true']],
      [changeKinds.replace, 'ds-cfg-trust-manager-provider', [trust]],
    ]);
    expect(await client.request(settings)).toMatchObject({ code: 0 });
    expect(await client.request(replace('Trusting', 'ds-cfg-enabled', 'true'))).toMatchObject({ code: 0 });
    const answer = await together(
      modifyRequest(written('Trusting'), [
        [changeKinds.replace, 'ds-cfg-use-ssl', ['false']],
        [changeKinds.replace, 'ds-cfg-use-start-tls', ['false']],
      ]),
      modifyRequest(trust, [[changeKinds.replace, 'ds-cfg-enabled', ['false']]]),
    );
    expect(answer.code).toBe(53);
    expect(answer.text).toContain('effective until it is disabled and enabled again');
    expect(await read(written('Trusting'))).not.toHaveProperty('ds-cfg-pending-change');
  });

  it('follows changes that come in one packet, in order', async () => {
    await add('Packet');
    const changes = [
      replace('Packet', 'ds-cfg-use-ssl', 'true'),
      replace('Packet', 'ds-cfg-smtp-server', 'smtp.example.org'),
      replace('Packet', 'ds-cfg-smtp-server', 'smtp.example.org:70000'),
      replace('Packet', 'ds-cfg-enabled', 'false'),
      replace('Packet', 'ds-cfg-enabled', 'true'),
      replace('Packet', 'ds-cfg-use-ssl', 'false'),
    ];
    const ids = changes.map(() => client.nextId());
    client.send(...changes.map((change, index) => message(ids[index] ?? 0, change)));
    const answers = await Promise.all(ids.map((id) => client.answer(id)));
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 19, 0, 0, 0]);
    expect(answers.map(({ text }) => text.includes('not yet effective'))).toEqual([
      ...[true, false, false],
      ...[false, false, true],
    ]);
    expect(await useSslOf('Packet')).toEqual(['true']);
    expect(await read(written('Packet'))).toHaveProperty('ds-cfg-pending-change');
  });

  it('runs on as it was: a connection handler keeps its port until it is enabled again', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const dn = 'cn=Second,cn=Connection Handlers,cn=config';
    const attributes = [
      ['objectClass', ['ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler']],
      ['ds-cfg-enabled', ['true']],
      ['ds-cfg-listen-port', [String(one)]],
    ] as const;
    const set = (attribute: string, value: string) =>
      client.request(modifyRequest(dn, [[changeKinds.replace, attribute, [value]]]));
    const isOpen = async (port: number) => {
      const found = await RawClient.connect({ port }).catch(() => undefined);
      found?.close();
      return found !== undefined;
    };
    expect(await client.request(addRequest(dn, attributes))).toMatchObject({ code: 0 });
    expect(await set('ds-cfg-listen-port', String(two))).toMatchObject({ code: 0 });
    expect([await isOpen(one), await isOpen(two)]).toEqual([true, false]);
    await set('ds-cfg-enabled', 'false');
    expect([await isOpen(one), await isOpen(two)]).toEqual([false, false]);
    expect(await set('ds-cfg-enabled', 'true')).toMatchObject({ code: 0 });
    expect([await isOpen(one), await isOpen(two)]).toEqual([false, true]);
  });

  it('is forgotten with its entry', async () => {
    await add('Gone');
    await client.request(replace('Gone', 'ds-cfg-use-ssl', 'true'));
    await client.request(deleteRequest(written('Gone')));
    await add('Gone');
    expect(await read(written('Gone'))).not.toHaveProperty('ds-cfg-pending-change');
    await client.request(replace('Gone', 'ds-cfg-use-start-tls', 'false'));
    expect(await useSslOf('Gone')).toEqual(['false']);
  });

  it('is in force after a restart of the server, cleanly ended or killed', async () => {
    const first = await startServer();
    const before = await RawClient.bound(first);
    const all = [written('R1'), written('R2')];
    for (const dn of all) {
      const attributes = [
        ['objectClass', ['ds-cfg-mail-server']],
        ['ds-cfg-enabled', ['true']],
        ['ds-cfg-smtp-server', ['smtp.example.com']],
      ] as const;
      expect(await before.request(addRequest(dn, attributes))).toMatchObject({ code: 0 });
      await before.request(modifyRequest(dn, [[changeKinds.replace, 'ds-cfg-use-ssl', ['true']]]));
    }
    expect(await useSslOf('R1', before)).toEqual(['false']);
    await first.stop();
    const second = await startServer({ folder: first.folder });
    const after = await RawClient.bound(second);
    expect(await useSslOf('R1', after)).toEqual(['true']);
    expect(await read(written('R1'), after)).not.toHaveProperty('ds-cfg-pending-change');
    await after.request(modifyRequest(written('R2'), [[changeKinds.replace, 'ds-cfg-use-ssl', ['false']]]));
    expect(await useSslOf('R2', after)).toEqual(['true']);
    await second.kill();
    const third = await startServer({ folder: first.folder });
    expect(await useSslOf('R2', await RawClient.bound(third))).toEqual(['false']);
  });
});
