import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  changeKinds,
  deleteRequest,
  modifyDnRequest,
  modifyRequest,
  searchRequest,
} from '../support/ber-bytes.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { addEntry, addMailServer, mailServerDn, makeAll, ROOT_DNS } from './entries.ts';

const { add, delete: remove, replace, increment } = changeKinds;
const TRUST = 'cn=Trust Manager Providers,cn=config';
const name = mailServerDn('One');
const person = `cn=Person,${ROOT_DNS}`;

type Changes = Parameters<typeof modifyRequest>[1];

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
});

beforeEach(async () => {
  await client.request(deleteRequest(name));
  await client.request(deleteRequest(person));
  await makeAll(client, [
    addMailServer('One', { 'ds-cfg-smtp-property': ['a=1', 'b=2'] }),
    addEntry(person, {
      objectClass: ['top', 'person', 'ds-cfg-root-dn-user'],
      sn: ['Surname', 'Other'],
      'description;lang-de': 'Beschreibung',
      description: ['5', '10'],
    }),
  ]);
});

async function read(
  dn: string,
  ...attributes: readonly string[]
): Promise<Answer['entries'][number] | undefined> {
  return (await client.request(searchRequest(dn, { attributes }))).entries[0];
}

/** Everything of an entry, to see that a refused change has left no trace. */
function readAll(dn: string) {
  return read(dn, '*', 'modifyTimestamp', 'entryUUID');
}

async function modify(dn: string, changes: Changes): Promise<Answer> {
  return client.request(modifyRequest(dn, changes));
}

describe('a modify', () => {
  it.each<readonly [string, Changes, Readonly<Record<string, readonly string[]>>]>([
    ['adds a value', [[add, 'sn', ['New']]], { sn: ['Surname', 'Other', 'New'] }],
    ['adds an attribute', [[add, 'seeAlso', ['cn=config']]], { seeAlso: ['cn=config'] }],
    ['adds an attribute with an option', [[add, 'SN;lang-fr', ['x']]], { 'sn;lang-fr': ['x'] }],
    ['takes any name of an attribute', [[replace, 'surname', ['New']]], { sn: ['New'] }],
    ['takes an OID', [[replace, '2.5.4.4', ['New']]], { sn: ['New'] }],
    ['deletes a value', [[remove, 'sn', [' OTHER ']]], { sn: ['Surname'] }],
    ['deletes an attribute', [[remove, 'description', []]], { 'description;lang-de': ['Beschreibung'] }],
    ['deletes all values by name', [[remove, 'description', ['10', '5']]], { sn: ['Surname', 'Other'] }],
    ['replaces values', [[replace, 'sn', ['A', 'B', 'C']]], { sn: ['A', 'B', 'C'] }],
    ['replaces with nothing', [[replace, 'description', []]], { sn: ['Surname', 'Other'] }],
    ['replaces nothing with nothing', [[replace, 'seeAlso', []]], { sn: ['Surname', 'Other'] }],
    ['replaces by itself', [[replace, 'sn', ['Surname', 'Other']]], { sn: ['Surname', 'Other'] }],
    ['increments every value', [[increment, 'description', ['7']]], { description: ['12', '17'] }],
    ['increments by less than nothing', [[increment, 'description', ['-12']]], { description: ['-7', '-2'] }],
    [
      'increments beyond what a double holds',
      [
        [replace, 'description', ['9007199254740993']],
        [increment, 'description', ['1']],
      ],
      { description: ['9007199254740994'] },
    ],
    [
      'makes its changes one after the other',
      [
        [remove, 'sn', []],
        [add, 'sn', ['A']],
        [add, 'sn', ['B']],
        [remove, 'sn', ['a']],
      ],
      { sn: ['B'] },
    ],
    [
      'may be wrong in between',
      [
        [remove, 'sn', []],
        [remove, 'cn', []],
        [add, 'cn', ['person', 'more']],
        [add, 'sn', ['A']],
      ],
      { cn: ['person', 'more'], sn: ['A'] },
    ],
    ['of no changes changes nothing', [], { sn: ['Surname', 'Other'] }],
  ])('%s', async (_, changes, expected) => {
    const { code, text } = await modify(person, changes);
    expect(code, text).toBe(0);
    const entry = await read(person);
    expect(entry?.attributes).toMatchObject(expected);
    const touched = changes.map(([, attribute]) => attribute);
    if (touched.includes('description')) {
      expect(entry?.attributes.description ?? []).toEqual(expected.description ?? []);
    }
  });

  it('finds the entry by any form of its name', async () => {
    const { code } = await modify('CN = person , 2.5.4.3=root  dns,cn=\\63onfig', [[replace, 'sn', ['New']]]);
    expect(code).toBe(0);
    expect(await read(person, 'sn')).toEqual({ dn: person, attributes: { sn: ['New'] } });
  });

  it('increments sixteen values, and no more', async () => {
    const numbers = Array.from({ length: 16 }, (_, at) => String(at));
    await modify(person, [[replace, 'description', numbers]]);
    expect(await modify(person, [[increment, 'description', ['1']]])).toMatchObject({ code: 0 });
    expect((await read(person, 'description'))?.attributes.description).toContain('16');
    await modify(person, [[add, 'description', ['100']]]);
    const { code, text } = await modify(person, [[increment, 'description', ['1']]]);
    expect(code).toBe(11);
    expect(text).toContain('more than 16 values');
  });

  it('keeps who made the entry, and writes down who changed it', async () => {
    const before = await read(person, '+');
    await modify(person, [[replace, 'sn', ['New']]]);
    const after = await read(person, '+');
    expect(after?.attributes.entryUUID).toEqual(before?.attributes.entryUUID);
    expect(after?.attributes.createTimestamp).toEqual(before?.attributes.createTimestamp);
    expect(after?.attributes.modifiersName).toEqual(['cn=admin,cn=Root DNs,cn=config']);
  });

  it('says what is still to be done', async () => {
    const { code, text } = await modify('cn=LDAP,cn=Connection Handlers,cn=config', [
      [replace, 'ds-cfg-idle-time-limit', ['2 h']],
    ]);
    expect(code).toBe(0);
    expect(text).toMatch(/idle-time-limit.*[Dd]isable/);
  });
});

describe('a modify is refused', () => {
  it.each<readonly [number, string, string, Changes]>([
    [16, 'deleting a value that is not there', person, [[remove, 'sn', ['Nobody']]]],
    [16, 'deleting one of two values that is not there', person, [[remove, 'sn', ['Surname', 'Nobody']]]],
    [16, 'deleting an attribute that is not there', person, [[remove, 'seeAlso', []]]],
    [16, 'deleting with an option that is not there', person, [[remove, 'sn;lang-de', []]]],
    [16, 'incrementing what is not there', person, [[increment, 'seeAlso', ['1']]]],
    [17, 'an attribute nobody knows', person, [[add, 'unknown', ['x']]]],
    [17, 'replacing an attribute nobody knows with nothing', person, [[replace, 'unknown', []]]],
    [17, 'deleting an attribute nobody knows', person, [[remove, 'unknown', []]]],
    [17, 'an attribute with a wrong option', person, [[add, 'sn;a_b', ['x']]]],
    [17, 'no attribute', person, [[add, '', ['x']]]],
    [
      19,
      'a value out of range',
      'cn=LDAP,cn=Connection Handlers,cn=config',
      [[replace, 'ds-cfg-listen-port', ['70000']]],
    ],
    [19, 'two values where one may be', name, [[replace, 'ds-cfg-use-ssl', ['true', 'false']]]],
    [19, 'a second value where one may be', name, [[add, 'ds-cfg-enabled', ['false']]]],
    [19, 'what the server keeps itself', person, [[replace, 'entryUUID', ['x']]]],
    [19, 'deleting what the server keeps itself', person, [[remove, 'createTimestamp', []]]],
    [19, 'incrementing by nothing', person, [[increment, 'description', []]]],
    [19, 'incrementing by two values', person, [[increment, 'description', ['1', '2']]]],
    [19, 'incrementing by half', person, [[increment, 'description', ['0.5']]]],
    [19, 'incrementing by a word', person, [[increment, 'description', ['one']]]],
    [19, 'incrementing what is no number', person, [[increment, 'sn', ['1']]]],
    [20, 'adding a value that is there', person, [[add, 'sn', ['Surname']]]],
    [20, 'adding an equal value', person, [[add, 'sn', [' SURNAME']]]],
    [20, 'adding a value twice', person, [[add, 'sn', ['New', 'new']]]],
    [
      20,
      'replacing with a class twice',
      person,
      [[replace, 'objectClass', ['person', 'PERSON', 'ds-cfg-root-dn-user']]],
    ],
    [20, 'replacing with a value twice', person, [[replace, 'sn', ['New', 'NEW ']]]],
    [21, 'a value that does not fit the syntax', name, [[replace, 'ds-cfg-enabled', ['maybe']]]],
    [21, 'an empty value where none may be', person, [[replace, 'sn', ['']]]],
    [21, 'octets that are not UTF-8', person, [[replace, 'sn', [Buffer.from([0xff])]]]],
    [21, 'a name that is none', person, [[replace, 'seeAlso', ['nobody']]]],
    [32, 'an entry that is not there', mailServerDn('Nobody'), [[replace, 'sn', ['x']]]],
    [34, 'a name that is none', 'nobody', [[replace, 'sn', ['x']]]],
    [
      53,
      'a contradiction',
      name,
      [
        [replace, 'ds-cfg-use-ssl', ['true']],
        [replace, 'ds-cfg-use-start-tls', ['true']],
      ],
    ],
    [53, 'a password without a user name', name, [[add, 'ds-cfg-auth-password', ['x']]]],
    [53, 'a reference to nothing', name, [[add, 'ds-cfg-trust-manager-provider', [`cn=Nobody,${TRUST}`]]]],
    [53, 'an expression that cannot be resolved', name, [[replace, 'ds-cfg-smtp-server', ['$<not.there>']]]],
    [53, 'the root DSE', '', [[replace, 'vendorName', ['x']]]],
    [53, 'the schema', 'cn=schema', [[add, 'attributeTypes', ['( 1.2.3 )']]]],
    [53, 'what is in force', 'cn=One,cn=Mail Servers,cn=effective', [[replace, 'ds-cfg-enabled', ['false']]]],
    [65, 'deleting what must be there', person, [[remove, 'sn', []]]],
    [65, 'replacing what must be there with nothing', name, [[replace, 'ds-cfg-smtp-server', []]]],
    [65, 'an attribute the classes do not have', name, [[add, 'description', ['x']]]],
    [65, 'a class nobody knows', person, [[add, 'objectClass', ['unknown']]]],
    [65, 'no class', person, [[remove, 'objectClass', []]]],
    [67, 'deleting what names the entry', name, [[remove, 'cn', ['one']]]],
    [67, 'deleting the attribute that names the entry', name, [[remove, 'cn', []]]],
    [67, 'replacing what names the entry', name, [[replace, 'cn', ['Two']]]],
    [
      69,
      'another kind of entry',
      person,
      [
        [replace, 'objectClass', ['top', 'device', 'ds-cfg-root-dn-user']],
        [remove, 'sn', []],
      ],
    ],
    [69, 'a more special kind of entry', person, [[add, 'objectClass', ['organizationalPerson']]]],
  ])('with %i: %s', async (code, _, dn, changes) => {
    const before = await readAll(dn);
    const answer = await modify(dn, changes);
    expect({ code: answer.code, text: answer.text }).toEqual({ code, text: expect.stringMatching(/\w/) });
    expect(await readAll(dn)).toEqual(before);
  });

  it('when its last change is wrong, as a whole', async () => {
    const before = await readAll(person);
    expect(
      await modify(person, [
        [add, 'sn', ['New']],
        [remove, 'seeAlso', []],
      ]),
    ).toMatchObject({ code: 16 });
    expect(await readAll(person)).toEqual(before);
  });

  it('with all that is wrong with it', async () => {
    const { code, text } = await modify(person, [
      [remove, 'seeAlso', []],
      [add, 'sn', ['Surname']],
      [add, 'unknown', ['x']],
    ]);
    expect(code).toBe(16);
    expect(text.split('\n')).toHaveLength(3);
    for (const word of ['seeAlso', 'Surname', 'unknown']) expect(text).toContain(word);
  });
});

describe('a modify DN', () => {
  it.each([
    [53, 'of a container', modifyDnRequest('cn=Mail Servers,cn=config', 'cn=Two', true)],
    [53, 'of an object to another place', modifyDnRequest(name, 'cn=One', false, TRUST)],
    [53, 'of what is in force', modifyDnRequest('cn=One,cn=Mail Servers,cn=effective', 'cn=Two', true)],
    [53, 'of the schema', modifyDnRequest('cn=schema', 'cn=other', true)],
    [34, 'to a name of two levels', modifyDnRequest(name, 'cn=Two,cn=Three', true)],
    [34, 'to no name', modifyDnRequest(name, '', true)],
    [34, 'to what is no name', modifyDnRequest(name, 'Two', true)],
    [34, 'to below what is no name', modifyDnRequest(name, 'cn=Two', true, 'nobody')],
    [32, 'of an entry outside of all trees', modifyDnRequest('dc=example,dc=com', 'dc=other', true)],
  ])('is refused with %i: %s', async (code, _, request) => {
    const before = await readAll(name);
    const answer = await client.request(request);
    expect({ code: answer.code, text: answer.text }).toEqual({ code, text: expect.stringMatching(/\w/) });
    expect(await readAll(name)).toEqual(before);
  });
});

describe('what was answered', () => {
  it('is there after a restart, and nothing else', async () => {
    const own = await startServer();
    const before = await RawClient.bound(own);
    await makeAll(before, [
      addMailServer('Kept'),
      addMailServer('Deleted'),
      modifyRequest(mailServerDn('Kept'), [[add, 'ds-cfg-smtp-property', ['a=ä', 'b=2']]]),
      deleteRequest(mailServerDn('Deleted')),
    ]);
    await before.request(modifyRequest(mailServerDn('Kept'), [[add, 'unknown', ['x']]]));
    const all = searchRequest('cn=config', { scope: 2, attributes: ['*', '+'] });
    const { entries } = await before.request(all);
    await own.stop();
    const again = await startServer({ folder: own.folder });
    const after = await RawClient.bound(again);
    const byName = (list: Answer['entries']) =>
      list.map((entry) => sorted(entry)).sort((a, b) => (a.dn < b.dn ? -1 : 1));
    expect(byName((await after.request(all)).entries)).toEqual(byName(entries));
  });
});

/** The order of attributes and of values has no meaning. */
function sorted({ dn, attributes }: Answer['entries'][number]) {
  return {
    dn,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([key, values]) => [key, values.toSorted()]),
    ),
  };
}
