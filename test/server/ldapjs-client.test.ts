import ldap from 'ldapjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

/** What ldapjs has and its types leave out. */
declare module 'ldapjs' {
  interface Client {
    abandon(messageId: number, callback: (error: unknown) => void): void;
    exop(name: string, callback: (error: unknown, value?: string) => void): void;
  }
}

const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const name = `cn=ldapjs,${MAIL_SERVERS}`;
const mailServer = {
  objectClass: ['top', 'ds-cfg-mail-server'],
  'ds-cfg-enabled': 'true',
  'ds-cfg-smtp-server': 'mail.example.com',
};

let server: RunningServer;
let client: ldap.Client;

beforeAll(async () => {
  server = await startServer();
  client = newClient();
});

afterAll(() => {
  client.destroy();
});

function newClient(): ldap.Client {
  const made = ldap.createClient({ url: server.url });
  made.on('error', () => {});
  return made;
}

/** Calls a method that takes a callback; resolves to what the callback is given, or rejects with its error. */
function call<T>(start: (done: (error: unknown, value?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
}

function codeOf(promise: Promise<unknown>): Promise<number> {
  return promise.then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

function search(base: string, options: ldap.SearchOptions): Promise<ldap.SearchEntry[]> {
  return new Promise((resolve, reject) => {
    client.search(base, options, (error, result) => {
      if (error) return reject(error);
      const entries: ldap.SearchEntry[] = [];
      result.on('searchEntry', (entry) => entries.push(entry));
      result.on('error', reject);
      result.on('end', () => resolve(entries));
    });
  });
}

function valuesOf(entry: ldap.SearchEntry | undefined, type: string): string[] {
  return [entry?.attributes.find((attribute) => attribute.type === type)?.values ?? []].flat();
}

function change(operation: string, type: string, values: readonly string[]): ldap.Change {
  return new ldap.Change({ operation, modification: new ldap.Attribute({ type, values: [...values] }) });
}

describe('a client made with ldapjs', () => {
  it('binds', async () => {
    expect(await codeOf(call((done) => client.bind('uid=admin', 'wrong', done)))).toBe(49);
    await call((done) => client.bind('uid=admin', server.password, done));
    expect(await call((done) => client.exop('1.3.6.1.4.1.4203.1.11.3', done))).toBe(`dn:${ADMINISTRATOR}`);
  });

  it('adds', async () => {
    await call((done) => client.add(name, mailServer, done));
    expect(await codeOf(call((done) => client.add(name, mailServer, done)))).toBe(68);
    expect(
      await codeOf(call((done) => client.add(`cn=x,${MAIL_SERVERS}`, { objectClass: 'top' }, done))),
    ).toBe(65);
  });

  it('searches', async () => {
    const [entry, ...others] = await search('cn=config', {
      scope: 'sub',
      filter: '(&(cn=LDAPJS)(objectClass=*))',
    });
    expect(others).toEqual([]);
    expect(entry?.objectName?.toString()).toBe(name);
    expect(valuesOf(entry, 'ds-cfg-smtp-server')).toEqual(['mail.example.com']);
    expect(await search(MAIL_SERVERS, { scope: 'one', attributes: ['1.1'] })).toHaveLength(1);
    const limited = search('cn=config', { scope: 'sub', sizeLimit: 1 });
    expect(await codeOf(limited)).toBe(4);
    expect(await codeOf(search('cn=nobody,cn=config', { scope: 'base' }))).toBe(32);
    expect(await search('cn=config', { scope: 'sub', filter: '(cn:caseIgnoreMatch:=ldapjs)' })).toHaveLength(
      1,
    );
    expect(await search('cn=config', { scope: 'sub', filter: '(cn=l*a*js)' })).toHaveLength(1);
    expect(await search('cn=config', { scope: 'sub', filter: '(!(objectClass=top))' })).toEqual([]);
  });

  it('compares', async () => {
    expect(await call((done) => client.compare(name, 'cn', 'LDAPJS', done))).toBe(true);
    expect(await call((done) => client.compare(name, 'cn', 'other', done))).toBe(false);
    expect(await codeOf(call((done) => client.compare(name, 'unknown', 'x', done)))).toBe(17);
  });

  it('modifies', async () => {
    const changes = [
      change('add', 'ds-cfg-smtp-property', ['a=1', 'b=ä']),
      change('delete', 'ds-cfg-smtp-property', ['a=1']),
      change('replace', 'ds-cfg-enabled', ['false']),
    ];
    await call((done) => client.modify(name, changes, done));
    const [entry] = await search(name, { scope: 'base' });
    expect(valuesOf(entry, 'ds-cfg-smtp-property')).toEqual(['b=ä']);
    expect(valuesOf(entry, 'ds-cfg-enabled')).toEqual(['false']);
    const wrong = change('replace', 'ds-cfg-enabled', ['maybe']);
    expect(await codeOf(call((done) => client.modify(name, wrong, done)))).toBe(21);
  });

  it('renames, within a container', async () => {
    const container = 'cn=Mail Servers,cn=config';
    expect(await codeOf(call((done) => client.modifyDN(container, 'cn=other', done)))).toBe(53);
    await call((done) => client.modifyDN(name, 'cn=other', done));
    expect(await search(`cn=other,${container}`, { scope: 'base' })).toHaveLength(1);
    await call((done) => client.modifyDN(`cn=other,${container}`, name.slice(0, name.indexOf(',')), done));
  });

  it('is told of extended operations nobody knows', async () => {
    expect(await codeOf(call((done) => client.exop('1.2.3.4', done)))).toBe(2);
  });

  it('abandons, and goes on', async () => {
    await call((done) => client.abandon(12_345, done));
    expect(await search(name, { scope: 'base' })).toHaveLength(1);
  });

  it('deletes', async () => {
    await call((done) => client.del(name, done));
    expect(await codeOf(call((done) => client.del(name, done)))).toBe(32);
  });

  it('asks much at a time', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `cn=many ${index},${MAIL_SERVERS}`);
    await Promise.all(names.map((dn) => call((done) => client.add(dn, mailServer, done))));
    const found = await Promise.all(names.map((dn) => search(dn, { scope: 'base' })));
    expect(found.flat().map((entry) => entry.objectName?.toString())).toEqual(names);
    await Promise.all(names.map((dn) => call((done) => client.del(dn, done))));
    expect(await search(MAIL_SERVERS, { scope: 'one' })).toEqual([]);
  });

  it('unbinds', async () => {
    const other = newClient();
    await call((done) => other.bind('uid=admin', server.password, done));
    await call((done) => other.unbind(done));
    await server.waitForLog(({ msg, who }) => msg === 'unbind' && who === ADMINISTRATOR);
    other.destroy();
  });
});
