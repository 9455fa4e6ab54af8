// What ldapjs can beside the operations themselves (see test/server/ldapjs-client.test.ts): TLS, and its controls.

import { readFile } from 'node:fs/promises';
import ldap from 'ldapjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPeople, PEOPLE } from '../memory/memory-backend-support.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { certificateFile } from './client-script.ts';

/** What ldapjs has and its types leave out. */
declare module 'ldapjs' {
  interface Client {
    exop(name: string, callback: (error: unknown, value?: string) => void): void;
  }
  class ServerSideSortingRequestControl {
    constructor(options: { value: { attributeType: string; reverseOrder: boolean } });
  }
  class PersistentSearchControl {
    constructor(options: { value: { changeTypes: number; changesOnly: boolean; returnECs: boolean } });
  }
}

const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const COUNT = 25;

let server: RunningServer;
let client: ldap.Client;
let authority: Buffer;

beforeAll(async () => {
  server = await startServer();
  await addPeople(new LdapTools(server));
  authority = await readFile(certificateFile(server));
  client = newClient(server.url);
  await bind(client);
  const names = Array.from({ length: COUNT }, (_, index) => `p${String(index).padStart(2, '0')}`);
  await Promise.all(
    names.map((cn) =>
      call((done) => client.add(`cn=${cn},${PEOPLE}`, { objectClass: 'person', cn, sn: cn }, done)),
    ),
  );
});

afterAll(() => {
  client.destroy();
});

function newClient(url: string): ldap.Client {
  const tlsOptions = url.startsWith('ldaps:') ? { tlsOptions: { ca: authority } } : {};
  const made = ldap.createClient({ url, ...tlsOptions });
  made.on('error', () => {});
  return made;
}

function call<T>(start: (done: (error: unknown, value?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
}

function bind(who: ldap.Client): Promise<unknown> {
  return call((done) => who.bind('uid=admin', server.password, done));
}

function whoAmI(who: ldap.Client): Promise<string | undefined> {
  return call((done) => who.exop('1.3.6.1.4.1.4203.1.11.3', done));
}

interface Found {
  readonly names: readonly string[];
  readonly pages: number;
}

/** Searches for the people that were added. */
function search(options: ldap.SearchOptions, controls: ldap.Control[] = []): Promise<Found> {
  const wanted: ldap.SearchOptions = { scope: 'sub', filter: '(sn=p*)', attributes: ['sn'], ...options };
  return new Promise((resolve, reject) => {
    client.search(PEOPLE, wanted, controls, (error, result) => {
      if (error) return reject(error);
      const names: string[] = [];
      let pages = 0;
      result.on('searchEntry', ({ attributes }) => names.push([attributes[0]?.values ?? ''].flat()[0] ?? ''));
      result.on('page', () => {
        pages += 1;
      });
      result.on('error', reject);
      result.on('end', () => resolve({ names, pages }));
    });
  });
}

describe('ldapjs', () => {
  it('goes over to TLS, and speaks it from the beginning', async () => {
    const starting = newClient(`ldap://localhost:${server.port}`);
    await call((done) => starting.starttls({ ca: authority, host: 'localhost' }, [], done));
    await bind(starting);
    expect(await whoAmI(starting)).toBe(`dn:${ADMINISTRATOR}`);
    starting.destroy();
    const secure = newClient(`ldaps://localhost:${server.ldapsPort}`);
    await bind(secure);
    expect(await whoAmI(secure)).toBe(`dn:${ADMINISTRATOR}`);
    secure.destroy();
  });

  it('reads in pages', async () => {
    expect(await search({ paged: { pageSize: 10 } })).toMatchObject({ pages: 3 });
    const even = await search({ paged: { pageSize: 5 } });
    expect([even.pages, even.names.length]).toEqual([5, COUNT]);
  });

  it('asks for an order', async () => {
    const sort = (reverseOrder: boolean) =>
      new ldap.ServerSideSortingRequestControl({ value: { attributeType: 'sn', reverseOrder } });
    expect((await search({}, [sort(true)])).names.slice(0, 2)).toEqual(['p24', 'p23']);
    expect((await search({}, [sort(false)])).names.slice(-2)).toEqual(['p23', 'p24']);
  });

  it('watches by persistent search', async () => {
    const watching = newClient(server.url);
    await bind(watching);
    // It takes the type of a change for an INTEGER, and what the draft says, ENUMERATED, for the end of the connection.
    const control = new ldap.PersistentSearchControl({
      value: { changeTypes: 15, changesOnly: true, returnECs: false },
    });
    const seen: string[] = [];
    const all = new Promise<void>((resolve, reject) => {
      const options: ldap.SearchOptions = {
        scope: 'sub',
        filter: '(objectClass=*)',
        attributes: ['ds-cfg-enabled'],
      };
      watching.search(MAIL_SERVERS, options, control, (error, result) => {
        if (error) return reject(error);
        result.on('searchEntry', (entry) => {
          seen.push(`${entry.objectName} ${[entry.attributes[0]?.values].flat().join()}`);
          if (seen.length === 3) resolve();
        });
        result.on('error', reject);
      });
    });
    // What is answered after the search says that the server has begun to watch.
    await whoAmI(watching);
    const dn = `cn=watched,${MAIL_SERVERS}`;
    const entry = {
      objectClass: 'ds-cfg-mail-server',
      'ds-cfg-enabled': 'true',
      'ds-cfg-smtp-server': 'mail.example.com',
    };
    const modification = new ldap.Attribute({ type: 'ds-cfg-enabled', values: ['false'] });
    await call((done) => client.add(dn, entry, done));
    await call((done) => client.modify(dn, new ldap.Change({ operation: 'replace', modification }), done));
    await call((done) => client.del(dn, done));
    await all;
    expect(seen).toEqual([`${dn} true`, `${dn} false`, `${dn} false`]);
    watching.destroy();
  });
});
