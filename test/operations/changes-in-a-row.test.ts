// Changes that do not wait for each other: while the disk syncs one, the next is prepared. What one of them frees, such
// as a port, the next may have.

import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { control, deleteRequest, extendedRequest } from '../support/ber-bytes.ts';
import { freePort } from '../support/free-port.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { replace } from './controls/control-client.ts';
import { addEntry, makeAll } from './entries.ts';

const HANDLER = 'cn=Further,cn=Connection Handlers,cn=config';
const BACKEND = 'ds-cfg-backend-id=further,cn=Backends,cn=config';

let server: RunningServer;
let client: RawClient;
let port: number;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  port = await freePort();
  await makeAll(client, [addNetworkHandler(), addBackend()]);
});

afterAll(async () => {
  client.close();
  await server.stop();
});

function addNetworkHandler(): Buffer {
  return addEntry(HANDLER, {
    objectClass: ['top', 'ds-cfg-ldap-connection-handler'],
    'ds-cfg-enabled': 'true',
    'ds-cfg-listen-address': '127.0.0.1',
    'ds-cfg-listen-port': String(port),
  });
}

function addLocalHandler(): Buffer {
  return addEntry(HANDLER, {
    objectClass: ['top', 'ds-cfg-ldapi-connection-handler'],
    'ds-cfg-enabled': 'true',
    'ds-cfg-socket-file': 'further.socket',
  });
}

function addBackend(): Buffer {
  return addEntry(BACKEND, {
    objectClass: 'ds-cfg-memory-backend',
    'ds-cfg-enabled': 'true',
    'ds-cfg-base-dn': 'dc=further',
  });
}

function enable(dn: string, isEnabled: boolean): Buffer {
  return replace(dn, 'ds-cfg-enabled', String(isEnabled));
}

async function codesOf(requests: readonly Buffer[]): Promise<number[]> {
  const answers = await Promise.all(requests.map((request) => client.request(request)));
  return answers.map(({ code }) => code);
}

async function together(requests: readonly Buffer[]): Promise<number> {
  const id = (await client.request(extendedRequest(Oid.startTransaction))).value ?? '';
  for (const request of requests) await client.request(request, [control(Oid.transaction, true, id)]);
  const value = octetsFromText(writeEndTransaction({ isCommit: true, id }));
  return (await client.request(extendedRequest(Oid.endTransaction, value))).code;
}

function isListening(): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

describe('changes that come right behind each other', () => {
  it('close a port and open it again', async () => {
    expect(await codesOf([enable(HANDLER, false), enable(HANDLER, true)])).toEqual([0, 0]);
    expect(await codesOf([deleteRequest(HANDLER), addNetworkHandler()])).toEqual([0, 0]);
    expect(await isListening()).toBe(true);
  });

  it('take a naming context away and give it again', async () => {
    expect(await codesOf([enable(BACKEND, false), enable(BACKEND, true)])).toEqual([0, 0]);
    expect(await codesOf([deleteRequest(BACKEND), addBackend()])).toEqual([0, 0]);
  });
});

describe('a connection handler that becomes one of another kind in one transaction', () => {
  const isSocketThere = () => existsSync(join(server.folder, 'further.socket'));

  it('leaves its port for its socket file', async () => {
    expect(await together([deleteRequest(HANDLER), addLocalHandler()])).toBe(0);
    expect([await isListening(), isSocketThere()]).toEqual([false, true]);
  });

  it('leaves its socket file for its port', async () => {
    expect(await together([deleteRequest(HANDLER), addNetworkHandler()])).toBe(0);
    expect([await isListening(), isSocketThere()]).toEqual([true, false]);
  });
});
