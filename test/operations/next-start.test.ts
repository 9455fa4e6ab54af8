// What was accepted, the next start can begin with: what waits for it is tried when it is written, and what two objects
// want of the same place then is refused.

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKEND, backendLdif } from '../memory/memory-backend-support.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { replace } from './controls/control-client.ts';
import { changeTogether } from './transaction-client.ts';

const handler = (name: string) => `cn=${name},cn=Connection Handlers,cn=config`;
const PEOPLE = ['dn: dc=example,dc=com', 'objectClass: domain', 'dc: example', ''];
const PERSON = (name: string) => [
  `dn: ou=${name},dc=example,dc=com`,
  'objectClass: organizationalUnit',
  `ou: ${name}`,
  '',
];
const SWITCHES = 'config/expressions/switches.properties';

let server: RunningServer;
let tools: LdapTools;
let client: RawClient;
/** Another program. */
let taken: Server;
let takenPort: number;
let ports: { ldap: number; ldaps: number };

beforeAll(async () => {
  const spare = await freePort();
  server = await startServer({
    files: {
      'people.ldif': [...PEOPLE, ...PERSON('One'), ...PERSON('Two')].join('\n'),
      [SWITCHES]: `spare=${spare}\n`,
    },
    environment: { HTTP_ENABLED: 'true', HTTP_PORT: String(await freePort()) },
  });
  tools = new LdapTools(server);
  client = await RawClient.bound(server);
  taken = createServer();
  takenPort = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => {
      const address = taken.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  ports = { ldap: server.port, ldaps: server.ldapsPort };
  expect(await tools.add(backendLdif('ds-cfg-ldif-file: people.ldif'))).toMatchObject({
    code: 0,
    stderr: '',
  });
});

afterAll(() => void taken.close());

const set = (dn: string, property: string, ...values: readonly string[]) =>
  client.request(replace(dn, `ds-cfg-${property}`, ...values));

async function reload(switches: string): Promise<readonly string[]> {
  await writeFile(join(server.folder, SWITCHES), switches);
  const known = server.logLines().length;
  process.kill(server.pid, 'SIGHUP');
  const news = () => server.logLines().slice(known);
  const isEnd = (text: unknown) =>
    text === 'reloaded' || text === 'nothing was reloaded: put the problems right';
  await server.waitForLog(() => news().some(({ msg }) => isEnd(msg)));
  return news().flatMap(({ msg, problem }) => (msg === 'not reloaded' ? [String(problem)] : []));
}

describe('what waits for a restart is refused', () => {
  const port = (name: string) => () => set(handler(name), 'listen-port', String(takenPort));
  it.each([
    ['a port that another program has', 'another program is listening there', port('LDAP')],
    ['the same over HTTP', 'another program is listening there', port('HTTP')],
    [
      'an address of another machine',
      'this machine has no such address',
      () => set(handler('LDAP'), 'listen-address', '192.0.2.1'),
    ],
    [
      'a name that no machine has',
      'no address is known for that name',
      () => set(handler('LDAPS'), 'listen-address', 'nobody.invalid'),
    ],
    [
      'all addresses, of which another program has one',
      'another program is listening there',
      async () => {
        await set(handler('LDAP'), 'listen-address', '0.0.0.0');
        return set(handler('LDAP'), 'listen-port', String(takenPort));
      },
    ],
    [
      'a port that another handler has',
      `where ${handler('LDAPS')} listens then`,
      () => set(handler('LDAP'), 'listen-port', String(ports.ldaps)),
    ],
    [
      'all addresses of a port of which another handler has one',
      `where ${handler('LDAPS')} listens then`,
      async () => {
        await set(handler('LDAP'), 'listen-address', '::');
        return set(handler('LDAP'), 'listen-port', String(ports.ldaps));
      },
    ],
    [
      'a folder that is not there',
      'its folder is not there',
      () => set(handler('LDAPI'), 'socket-file', 'nowhere/ldapi'),
    ],
    [
      'a path at which something else is',
      'something else is at that path',
      () => set(handler('LDAPI'), 'socket-file', 'people.ldif'),
    ],
    [
      'a path that is too long',
      'has at most 107 octets',
      () => set(handler('LDAPI'), 'socket-file', 'a'.repeat(120)),
    ],
    [
      'a key that there is not',
      'TLS is not possible',
      () => set(handler('LDAPS'), 'ssl-cert-nickname', 'nobody'),
    ],
    ['a file that is not there', 'ldif-file', () => set(BACKEND, 'ldif-file', 'nobody.ldif')],
    ['a base DN that the file does not fit', 'ldif-file', () => set(BACKEND, 'base-dn', 'dc=example,dc=org')],
    ['a tree of the server', "nobody else's", () => set(BACKEND, 'base-dn', 'ou=x,cn=config')],
    ['a limit that is less than what is there', 'entry-limit', () => set(BACKEND, 'entry-limit', '2')],
  ])('%s', async (_, problem, change) => {
    const { code, text } = await change();
    expect(text).toContain(problem);
    expect(code).toBe(53);
  });

  it('what the file has counts for the limit, not only what is there', async () => {
    expect(await tools.delete('ou=One,dc=example,dc=com')).toMatchObject({ code: 0 });
    expect(await set(BACKEND, 'entry-limit', '2')).toMatchObject({ code: 53 });
    expect(await set(BACKEND, 'entry-limit', '3')).toMatchObject({ code: 0 });
  });

  it('a port that a reload gives to two handlers, or that another program has', async () => {
    expect(await set(handler('HTTP'), 'listen-port', '$<spare>')).toMatchObject({ code: 0 });
    expect(await reload(`spare=${ports.ldap}\n`)).toContainEqual(expect.stringContaining('listens then'));
    expect(await reload(`spare=${takenPort}\n`)).toContainEqual(
      expect.stringContaining('another program is listening there'),
    );
    expect(await reload(`spare=${await freePort()}\n`)).toEqual([]);
  });
});

it('what was accepted is what the next start begins with', async () => {
  await mkdir(join(server.folder, 'sockets'));
  const more = [...PEOPLE, ...PERSON('Three')].join('\n');
  await writeFile(join(server.folder, 'more.ldif'), more);
  expect(await set(handler('LDAP'), 'listen-address', '127.0.0.1', '::1')).toMatchObject({ code: 0 });
  expect(await set(handler('LDAPI'), 'socket-file', 'sockets/ldapi')).toMatchObject({ code: 0 });
  expect(await set(BACKEND, 'ldif-file', 'more.ldif')).toMatchObject({ code: 0 });
  // Each takes the port of the other: possible for a server that starts, and for no handler alone.
  const exchanged = await changeTogether(
    client,
    replace(handler('LDAP'), 'ds-cfg-listen-port', String(ports.ldaps)),
    replace(handler('LDAPS'), 'ds-cfg-listen-port', String(ports.ldap)),
  );
  expect(exchanged.code, exchanged.text).toBe(0);
  await server.stop();
  const again = await startServer({ folder: server.folder });
  const urls = again.logLines().find(({ msg }) => msg === 'ready')?.urls;
  expect(urls).toEqual(
    expect.arrayContaining([
      `ldap://127.0.0.1:${ports.ldaps}`,
      `ldap://[::1]:${ports.ldaps}`,
      `ldaps://127.0.0.1:${ports.ldap}`,
      `ldapi://${encodeURIComponent(join(server.folder, 'sockets/ldapi'))}`,
    ]),
  );
  const moved = new LdapTools({ url: `ldap://127.0.0.1:${ports.ldaps}`, password: again.password });
  expect(await moved.entries('ou=Three,dc=example,dc=com', '-s', 'base')).toHaveLength(1);
});
