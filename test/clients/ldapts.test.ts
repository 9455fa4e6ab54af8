// ldapts: the client most programs in Node.js use, with an encoding of its own.

import { readFile } from 'node:fs/promises';
import {
  Attribute,
  Change,
  Client,
  EqualityFilter,
  type ResultCodeError,
  ServerSideSortingRequestControl,
} from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPeople, GROUPS, PEOPLE } from '../memory/memory-backend-support.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { certificateFile } from './client-script.ts';

const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';
const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const name = `cn=ldapts,${MAIL_SERVERS}`;
const COUNT = 25;

let server: RunningServer;
let client: Client;
let authority: Buffer;

beforeAll(async () => {
  server = await startServer();
  await addPeople(new LdapTools(server));
  authority = await readFile(certificateFile(server));
  client = newClient();
  await client.bind('uid=admin', server.password);
});

afterAll(() => client.unbind());

function newClient(url = server.url): Client {
  const tlsOptions = url.startsWith('ldaps:') ? { tlsOptions: { ca: authority } } : {};
  return new Client({ url, ...tlsOptions });
}

async function whoAmI(who: Client): Promise<string | undefined> {
  return (await who.exop(WHO_AM_I)).value;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'not refused',
    ({ code, message }: ResultCodeError) => `${code} ${message}`,
  );
}

function change(operation: 'add' | 'delete' | 'replace', type: string, values: string[]): Change {
  return new Change({ operation, modification: new Attribute({ type, values }) });
}

describe('ldapts', () => {
  it('binds: simple, SASL PLAIN, StartTLS, ldaps', async () => {
    const other = newClient(`ldap://localhost:${server.port}`);
    expect(await refusal(other.bind('uid=admin', 'wrong'))).toMatch(/^49 /);
    await other.startTLS({ ca: authority });
    expect(await whoAmI(other)).toBeFalsy();
    await other.bind('PLAIN', `\0admin\0${server.password}`);
    expect(await whoAmI(other)).toBe(`dn:${ADMINISTRATOR}`);
    await other.unbind();
    const secure = newClient(`ldaps://localhost:${server.ldapsPort}`);
    await secure.bind(ADMINISTRATOR, server.password);
    expect(await whoAmI(secure)).toBe(`dn:${ADMINISTRATOR}`);
    await secure.unbind();
  });

  it('adds, compares, modifies and deletes a mail server', async () => {
    await client.add(name, {
      objectClass: ['top', 'ds-cfg-mail-server'],
      'ds-cfg-enabled': 'true',
      'ds-cfg-smtp-server': 'mail.example.com:587',
      'ds-cfg-smtp-property': 'mail.smtp.timeout=5000',
    });
    expect(await client.compare(name, 'cn', 'LDAPTS')).toBe(true);
    expect(await client.compare(name, 'cn', 'other')).toBe(false);
    await client.modify(name, [
      change('replace', 'ds-cfg-enabled', ['false']),
      change('add', 'ds-cfg-smtp-property', ['mail.smtp.from=ä@example.com']),
      change('delete', 'ds-cfg-smtp-property', ['mail.smtp.timeout=5000']),
    ]);
    const { searchEntries } = await client.search(name, { scope: 'base' });
    expect(searchEntries).toMatchObject([
      { dn: name, 'ds-cfg-enabled': 'false', 'ds-cfg-smtp-property': 'mail.smtp.from=ä@example.com' },
    ]);
  });

  it('is told why it was refused', async () => {
    const set = (type: string, value: string) => client.modify(name, change('replace', type, [value]));
    expect(await refusal(set('ds-cfg-smtp-server', 'mail.example.com:70000'))).toMatch(
      /^19 .*smtp-server "mail\.example\.com:70000" has a port that is not a number from 1 to 65535/,
    );
    expect(await refusal(set('ds-cfg-enabled', 'maybe'))).toMatch(/^21 .*"maybe".*true or false/);
    expect(await refusal(client.modifyDN(name, 'description=other'))).toMatch(/^65 /);
    expect(await refusal(client.exop('1.2.3.4'))).toMatch(/^2 /);
    await client.del(name);
    expect(await refusal(client.del(name))).toMatch(/^32 .*there is no such entry/);
  });

  it('searches: pages, order, filters, limits', async () => {
    const names = Array.from({ length: COUNT }, (_, index) => `p${String(index).padStart(2, '0')}`);
    await Promise.all(
      names.map((cn) => client.add(`cn=${cn},${PEOPLE}`, { objectClass: 'person', cn, sn: cn })),
    );
    const pages: number[] = [];
    const options = { filter: '(sn=p*)', attributes: ['sn'], paged: { pageSize: 10 } };
    for await (const { searchEntries } of client.searchPaginated(PEOPLE, options)) {
      pages.push(searchEntries.length);
    }
    expect(pages).toEqual([10, 10, 5]);
    const sort = new ServerSideSortingRequestControl({ value: { attributeType: 'sn', reverseOrder: true } });
    const sorted = await client.search(PEOPLE, { filter: '(sn=p*)', attributes: ['sn'] }, sort);
    expect(sorted.searchEntries.map(({ sn }) => sn)).toEqual(names.toReversed());
    expect(sort.result?.sortResult).toBe(0);
    const one = await client.search(PEOPLE, {
      filter: new EqualityFilter({ attribute: 'sn', value: 'P07' }),
    });
    expect(one.searchEntries).toMatchObject([{ cn: 'p07' }]);
    const limited = await client.search(PEOPLE, { sizeLimit: 2 });
    expect(limited.searchEntries).toHaveLength(2);
    expect(await refusal(client.search(`ou=Nowhere,${PEOPLE}`))).toMatch(/^32 /);
  });

  it('renames and moves', async () => {
    await client.modifyDN(`cn=p00,${PEOPLE}`, `cn=q00,${GROUPS}`);
    const { searchEntries } = await client.search(GROUPS, { filter: '(cn=q00)' });
    expect(searchEntries).toMatchObject([{ dn: `cn=q00,${GROUPS}`, cn: 'q00' }]);
  });

  it('gets octets back as they were', async () => {
    const { searchEntries } = await client.search(PEOPLE, {
      filter: '(uid=ada)',
      attributes: ['userCertificate;binary'],
      explicitBufferAttributes: ['userCertificate;binary'],
    });
    const [certificate] = [searchEntries[0]?.['userCertificate;binary']].flat();
    expect(certificate).toEqual(Buffer.from('MIIBAgME', 'base64'));
  });
});
