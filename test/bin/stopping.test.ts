// A server ends when it is asked to: with the exit code 0, with a notice to every client, and with everything on disk
// that it has acknowledged.

import { describe, expect, it } from 'vitest';
import { addRequest, message } from '../support/ber-bytes.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { startServer } from '../support/start-server.ts';

const UNAVAILABLE = 52;
const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036';
const CONTAINER = 'cn=Mail Servers,cn=config';

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends the server with exit code 0, and tells every client', async () => {
    const server = await startServer();
    const clients = [await RawClient.bound(server), await RawClient.connect(server)];
    const [end, ...notices] = await Promise.all([
      server.stop(signal),
      ...clients.map((client) => client.disconnection()),
    ]);
    expect(end).toEqual({ code: 0, signal: null });
    for (const { code, oid, text } of notices) {
      expect({ code, oid, text }).toEqual({
        code: UNAVAILABLE,
        oid: NOTICE_OF_DISCONNECTION,
        text: 'The server is stopping.',
      });
    }
    expect(server.errorOutput()).toBe('');
    const messages = server.logLines().map(({ msg }) => msg);
    expect(messages).toEqual(expect.arrayContaining(['ready', 'stopping', 'stopped']));
  });

  it('is no more than that when it comes twice', async () => {
    const server = await startServer();
    process.kill(server.pid, signal);
    expect(await server.stop(signal)).toEqual({ code: 0, signal: null });
    expect(server.logLines().filter(({ msg }) => msg === 'stopped')).toHaveLength(1);
  });

  it('loses no change that was acknowledged', async () => {
    const server = await startServer();
    const client = await RawClient.bound(server);
    const names = Array.from({ length: 500 }, (_, index) => `Name ${index}`);
    const ids = names.map(() => client.nextId());
    client.send(...names.map((name, index) => message(ids[index] ?? 0, add(name))));
    await client.answer(ids[0] ?? 0);
    const ended = server.stop(signal);
    await client.closed();
    expect(await ended).toEqual({ code: 0, signal: null });
    const answered = client.unread.filter(({ code, id }) => code === 0 && id > 0).map(({ id }) => id);
    const acknowledged = names.filter((_, index) => index === 0 || answered.includes(ids[index] ?? 0));
    const again = await startServer({ folder: server.folder });
    const found = await new LdapTools(again).entries(CONTAINER, '-s', 'one', '1.1');
    expect(found.map(({ dn }) => dn.name)).toEqual(expect.arrayContaining(acknowledged));
  });

  it('does not wait for a client that does not read', async () => {
    const server = await startServer();
    const client = await RawClient.bound(server);
    client.pause();
    expect(await server.stop(signal)).toEqual({ code: 0, signal: null });
  });
});

function add(name: string): Buffer {
  return addRequest(`cn=${name},${CONTAINER}`, [
    ['objectClass', ['ds-cfg-mail-server']],
    ['ds-cfg-enabled', ['true']],
    ['ds-cfg-smtp-server', ['localhost']],
  ]);
}
