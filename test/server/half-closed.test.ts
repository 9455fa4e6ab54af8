// Clients that close their side once they have asked, as `nc` and some proxies do: they get the answers they have asked
// for, and then the end.

import { beforeAll, describe, expect, it } from 'vitest';
import { writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { controlWith, replace } from '../operations/controls/control-client.ts';
import { ALL_CHANGES } from '../operations/controls/watch.ts';
import { addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from '../operations/entries.ts';
import { bindRequest, message, scopes, searchRequest } from '../support/ber-bytes.ts';
import { connectTls } from '../support/clients/tls-client.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const SERVERS = 300;
const BULK = 'x'.repeat(20_000);

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
  const client = await RawClient.bound(server);
  await Promise.all(
    Array.from({ length: SERVERS }, (_, index) =>
      makeAll(client, [addMailServer(`Large ${index}`, { 'ds-cfg-smtp-property': `mail.x=${BULK}` })]),
    ),
  );
  client.close();
});

describe.each([
  ['in clear text', () => RawClient.connect(server)],
  ['under TLS', async () => (await connectTls(server.ldapsPort)).client],
])('a client that closes its side, %s', (_, connect) => {
  it('gets the answer to a bind, and to what it has sent behind it', async () => {
    const client = await connect();
    client.send(
      message(1, bindRequest(ADMINISTRATOR, server.password)),
      message(2, replace(mailServerDn('Large 0'), 'ds-cfg-enabled', 'false')),
      message(3, searchRequest(mailServerDn('Large 0'))),
    );
    client.finish();
    expect(await client.answer(1)).toMatchObject({ code: 0 });
    expect(await client.answer(2)).toMatchObject({ code: 0 });
    expect((await client.answer(3)).entries).toHaveLength(1);
    await client.closed();
  });

  it('gets a large result to its end, however late it begins to read', async () => {
    const client = await connect();
    const { code } = await client.request(bindRequest(ADMINISTRATOR, server.password));
    expect(code).toBe(0);
    client.pause();
    client.send(message(7, searchRequest(MAIL_SERVERS, { scope: scopes.one })));
    client.finish();
    const other = await RawClient.bound(server);
    await server.waitForLog(
      ({ msg, base, scope }) => msg === 'search' && base === MAIL_SERVERS && scope === 'one',
    );
    other.close();
    client.resume();
    expect((await client.answer(7)).entries).toHaveLength(SERVERS);
    await client.closed();
  });

  it('is not told of changes any more', async () => {
    const client = await connect();
    await client.request(bindRequest(ADMINISTRATOR, server.password));
    const watch = controlWith(Oid.persistentSearch, writePersistentSearch(ALL_CHANGES));
    client.send(message(9, searchRequest(MAIL_SERVERS, { scope: scopes.one }), [watch]));
    client.finish();
    await client.closed();
  });
});
