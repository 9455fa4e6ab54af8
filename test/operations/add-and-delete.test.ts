import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addRequest,
  changeKinds,
  deleteRequest,
  modifyRequest,
  searchRequest,
} from '../support/ber-bytes.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { addEntry, addMailServer, MAIL_SERVERS, mailServerDn, makeAll, ROOT_DNS } from './entries.ts';

const TRUST = 'cn=Trust Manager Providers,cn=config';
const name = mailServerDn('One');
const mailServerClass = { objectClass: ['top', 'ds-cfg-mail-server'] };

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
});

beforeEach(async () => {
  await client.request(deleteRequest(name));
  await makeAll(client, [addMailServer('One')]);
});

async function read(
  dn: string,
  ...attributes: readonly string[]
): Promise<Answer['entries'][number] | undefined> {
  return (await client.request(searchRequest(dn, { attributes }))).entries[0];
}

describe('an add', () => {
  it('makes an entry with all that it says', async () => {
    const two = mailServerDn('Two');
    await makeAll(client, [addMailServer('Two', { 'ds-cfg-smtp-property': ['a=1', 'b=2'] })]);
    expect(await read(two)).toEqual({
      dn: two,
      attributes: {
        objectClass: ['top', 'ds-cfg-mail-server'],
        cn: ['Two'],
        'ds-cfg-enabled': ['true'],
        'ds-cfg-smtp-server': ['mail.example.com:587'],
        'ds-cfg-smtp-property': ['a=1', 'b=2'],
      },
    });
    await makeAll(client, [deleteRequest(two)]);
  });

  it('gives the entry the value that names it, unless it says so itself', async () => {
    for (const more of [{}, { cn: 'three' }, { commonName: 'THREE' }]) {
      await makeAll(client, [addMailServer('Three', more)]);
      expect((await read(mailServerDn('Three'), 'cn'))?.attributes.cn).toHaveLength(1);
      await makeAll(client, [deleteRequest(mailServerDn('Three'))]);
    }
    await makeAll(client, [addMailServer('Three', { cn: ['other'] })]);
    expect((await read(mailServerDn('Three'), 'cn'))?.attributes.cn?.toSorted()).toEqual(['Three', 'other']);
    await makeAll(client, [deleteRequest(mailServerDn('Three'))]);
  });

  it('takes names with everything that needs an escape', async () => {
    for (const odd of ['a,b', 'a+b', 'a"b', 'a\\b', '#a', ' a', 'a ', 'a;b<c>d=e', 'ä€😀', '*()']) {
      const escaped = odd
        .replaceAll(/[,+"\\#;<>=]/g, '\\$&')
        .replace(/^ /, '\\20')
        .replace(/ $/, '\\20');
      const dn = `cn=${escaped},${MAIL_SERVERS}`;
      await makeAll(client, [
        addEntry(dn, { ...mailServerClass, 'ds-cfg-enabled': 'true', 'ds-cfg-smtp-server': 'a' }),
      ]);
      expect((await read(dn, 'cn'))?.attributes.cn, odd).toEqual([odd]);
      await makeAll(client, [deleteRequest(dn)]);
    }
  });

  const valid = { ...mailServerClass, 'ds-cfg-enabled': 'true', 'ds-cfg-smtp-server': 'a' };
  const two = mailServerDn('Two');
  it.each([
    [17, 'an attribute nobody knows', two, { ...valid, unknown: 'x' }],
    [64, 'a name of an attribute nobody knows', `unknown=Two,${MAIL_SERVERS}`, { ...valid, cn: 'x' }],
    [2, 'an attribute without a value', two, { ...valid, 'ds-cfg-smtp-property': [] }],
    [19, 'a value that is not allowed', two, { ...valid, 'ds-cfg-smtp-property': 'no equals sign' }],
    [19, 'two values where one may be', two, { ...valid, 'ds-cfg-enabled': ['true', 'false'] }],
    [
      19,
      'what the server keeps itself',
      two,
      { ...valid, entryUUID: '12345678-1234-4234-8234-123456789abc' },
    ],
    [20, 'a value twice', two, { ...valid, 'ds-cfg-smtp-property': ['a=1', 'a=1'] }],
    [20, 'a class twice', two, { ...valid, objectClass: ['ds-cfg-mail-server', 'DS-CFG-MAIL-SERVER'] }],
    [20, 'an attribute twice', two, { ...valid, cn: 'Two', commonName: 'Zwei' }],
    [21, 'a value that does not fit the syntax', two, { ...valid, 'ds-cfg-enabled': 'maybe' }],
    [32, 'no parent', `cn=Two,cn=Nobody,${MAIL_SERVERS}`, valid],
    [32, 'no suffix', 'cn=Two,dc=example,dc=com', valid],
    [34, 'a name that is none', 'Two', valid],
    [53, 'a place where it does not belong', `cn=Two,${TRUST}`, valid],
    [53, 'a place below another object', `cn=Two,${name}`, valid],
    [53, 'the root DSE', '', valid],
    [53, 'below the schema', 'cn=Two,cn=schema', valid],
    [53, 'below what is in force', 'cn=Two,cn=Mail Servers,cn=effective', valid],
    [
      64,
      'a name of several parts',
      `cn=Two+sn=x,${ROOT_DNS}`,
      { objectClass: ['person', 'ds-cfg-root-dn-user'], sn: 'x' },
    ],
    [
      64,
      'another attribute in its name',
      `sn=Two,${ROOT_DNS}`,
      { objectClass: ['person', 'ds-cfg-root-dn-user'], cn: 'x' },
    ],
    [65, 'no class', two, { 'ds-cfg-enabled': 'true' }],
    [65, 'nothing', two, {}],
    [65, 'a class nobody knows', two, { ...valid, objectClass: ['top', 'unknown'] }],
    [65, 'a class of no object', two, { objectClass: ['top', 'device'] }],
    [65, 'two kinds of object', two, { ...valid, objectClass: ['ds-cfg-mail-server', 'ds-cfg-branch'] }],
    [65, 'a class that is abstract', two, { objectClass: ['top'] }],
    [65, 'without what must be there', two, { ...mailServerClass, 'ds-cfg-enabled': 'true' }],
    [65, 'an attribute the classes do not have', two, { ...valid, description: 'x' }],
    [68, 'an entry that is there', name, valid],
    [68, 'an entry that is there under another form of its name', `CN = one,${MAIL_SERVERS}`, valid],
    [68, 'the root of the configuration', 'cn=config', valid],
  ])('is refused with %i: %s', async (code, _, dn, attributes) => {
    const answer = await client.request(addEntry(dn, attributes));
    expect({ code: answer.code, text: answer.text }).toEqual({ code, text: expect.stringMatching(/\w/) });
    if (code !== 68 && code !== 53) expect((await client.request(searchRequest(dn))).entries).toEqual([]);
  });

  it('below what is not there says how far the name is there', async () => {
    const answer = await client.request(addEntry(`cn=Two,cn=Nobody,${MAIL_SERVERS}`, valid));
    expect(answer).toMatchObject({ code: 32, matchedDn: MAIL_SERVERS });
  });

  it('may give an attribute in two parts only if it is one', async () => {
    const answer = await client.request(
      addRequest(two, [
        ['objectClass', ['ds-cfg-mail-server']],
        ['ds-cfg-enabled', ['true']],
        ['ds-cfg-smtp-server', ['a']],
        ['ds-cfg-smtp-server', ['b']],
      ]),
    );
    expect(answer).toMatchObject({ code: 20 });
  });
});

describe('a delete', () => {
  it('takes an entry away, by any form of its name', async () => {
    expect(await client.request(deleteRequest(`CN= ONE , ${MAIL_SERVERS.toUpperCase()}`))).toMatchObject({
      code: 0,
    });
    expect(await client.request(searchRequest(name))).toMatchObject({ code: 32, matchedDn: MAIL_SERVERS });
  });

  it('is refused while somebody refers to the entry', async () => {
    const trust = `cn=Mine,${TRUST}`;
    await makeAll(client, [
      addEntry(trust, {
        objectClass: ['top', 'ds-cfg-blind-trust-manager-provider'],
        'ds-cfg-enabled': 'true',
      }),
      modifyRequest(name, [[changeKinds.add, 'ds-cfg-trust-manager-provider', [trust]]]),
    ]);
    expect(await client.request(deleteRequest(trust))).toMatchObject({
      code: 53,
      text: expect.stringContaining(name),
    });
    await makeAll(client, [deleteRequest(name), deleteRequest(trust)]);
  });

  it.each([
    [32, 'an entry that is not there', mailServerDn('Nobody')],
    [32, 'an entry outside of all trees', 'dc=example,dc=com'],
    [34, 'a name that is none', 'nobody'],
    [53, 'the root DSE', ''],
    [53, 'the schema', 'cn=schema'],
    [53, 'what is in force', 'cn=One,cn=Mail Servers,cn=effective'],
    [53, 'a container, even when it is empty', 'cn=Alert Handlers,cn=config'],
    [53, 'the last account that can change anything', 'cn=admin,cn=Root DNs,cn=config'],
    [66, 'an entry with others below it', MAIL_SERVERS],
    [66, 'the root of the configuration', 'cn=config'],
  ])('is refused with %i: %s', async (code, _, dn) => {
    const answer = await client.request(deleteRequest(dn));
    expect({ code: answer.code, text: answer.text }).toEqual({ code, text: expect.stringMatching(/\w/) });
  });
});
