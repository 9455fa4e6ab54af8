import { beforeAll, describe, expect, it } from 'vitest';
import { type SearchOptions, searchRequest } from '../support/ber-bytes.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { addEntry, addMailServer, MAIL_SERVERS, makeAll } from './entries.ts';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  await makeAll(client, [
    ...['Alpha', 'Beta', 'Gamma', 'Delta'].map((name) => addMailServer(name)),
    addEntry('cn=plain,cn=Root DNs,cn=config', {
      objectClass: ['top', 'person', 'ds-cfg-root-dn-user'],
      cn: ['plain', 'second name'],
      sn: 'Plain',
      'description;lang-de': 'Beschreibung',
      'description;lang-en;x-short': 'short',
      description: 'long',
    }),
  ]);
});

function search(base: string, options: SearchOptions = {}): Promise<Answer> {
  return client.request(searchRequest(base, options));
}

describe('the attributes asked for', () => {
  const plain = 'cn=plain,cn=Root DNs,cn=config';
  const user = [
    'cn',
    'description',
    'description;lang-de',
    'description;lang-en;x-short',
    'objectClass',
    'sn',
  ];
  const operational = [
    'createTimestamp',
    'creatorsName',
    'entryDN',
    'entryUUID',
    'hasSubordinates',
    'modifiersName',
    'modifyTimestamp',
    'numSubordinates',
    'structuralObjectClass',
    'subschemaSubentry',
  ];
  it.each([
    ['nothing: all user attributes', [], user],
    ['*', ['*'], user],
    ['+', ['+'], operational],
    ['* and +', ['*', '+'], [...user, ...operational].sort()],
    ['1.1: none', ['1.1'], []],
    ['1.1 among others: the others', ['1.1', 'sn'], ['sn']],
    ['a name', ['SN'], ['sn']],
    ['another name of it', ['surname', 'commonName'], ['cn', 'sn']],
    ['an OID', ['2.5.4.4'], ['sn']],
    ['a supertype', ['name'], ['cn', 'sn']],
    ['unknown names: none of them', ['unknown', 'sn', 'a b', '', '*x', ';'], ['sn']],
    ['only unknown names: none', ['unknown'], []],
    ['the same twice', ['sn', 'SN', '2.5.4.4'], ['sn']],
    ['a type: with its options', ['description'], user.filter((name) => name.startsWith('description'))],
    ['an option', ['description;lang-de'], ['description;lang-de']],
    ['one of several options', ['description;lang-en'], ['description;lang-en;x-short']],
    ['options in another order', ['description;x-short;lang-en'], ['description;lang-en;x-short']],
    ['operational ones by name', ['entryuuid', 'numSubordinates'], ['entryUUID', 'numSubordinates']],
    ['operational ones and all user ones', ['*', 'entryDN'], [...user, 'entryDN'].sort()],
    ['the attributes of a class', ['@person'], user.filter((name) => name !== 'userPassword')],
  ])('%s', async (_, attributes, expected) => {
    const { entries } = await search(plain, { attributes });
    expect(Object.keys(entries[0]?.attributes ?? {}).sort()).toEqual(expected);
  });

  it('one name of two words is not two names', async () => {
    // What was selected once is remembered: the words of one request must not become those of another.
    const found = async (attributes: readonly string[]) =>
      Object.keys((await search(plain, { attributes })).entries[0]?.attributes ?? {}).sort();
    for (const separator of [' ', ',', '\0']) {
      expect(await found([`cn${separator}sn`])).toEqual([]);
      expect(await found(['cn', 'sn'])).toEqual(['cn', 'sn']);
      expect(await found([`sn${separator}cn`])).toEqual([]);
      expect(await found(['sn', 'cn'])).toEqual(['cn', 'sn']);
    }
  });

  it('have all their values, and operational ones the right ones', async () => {
    const { entries } = await search(plain, { attributes: ['cn', 'entryDN', '+'] });
    expect(entries[0]?.attributes).toMatchObject({
      cn: ['plain', 'second name'],
      entryDN: [plain],
      creatorsName: [ADMINISTRATOR],
      structuralObjectClass: ['person'],
      hasSubordinates: ['FALSE'],
      numSubordinates: ['0'],
      subschemaSubentry: ['cn=schema'],
    });
    const container = await search(MAIL_SERVERS, { attributes: ['numSubordinates', 'hasSubordinates'] });
    expect(container.entries[0]?.attributes).toEqual({ numSubordinates: ['4'], hasSubordinates: ['TRUE'] });
  });

  it.each([
    ['user attributes', [], user],
    ['all', ['*', '+'], [...user, ...operational].sort()],
  ])('without their values when only types are wanted: %s', async (_, attributes, expected) => {
    const { entries } = await search(plain, { attributes, typesOnly: true });
    expect(Object.keys(entries[0]?.attributes ?? {}).sort()).toEqual(expected);
    expect(Object.values(entries[0]?.attributes ?? {}).flat()).toEqual([]);
    const again = await search(plain, { attributes });
    expect(Object.values(again.entries[0]?.attributes ?? {}).every((values) => values.length > 0)).toBe(true);
  });
});
