// The permissive modify control (1.2.840.113556.1.4.1413), as Active Directory and 389 Directory Server document it: to add a
// value that is there, or to delete one that is not, is no error. A model of sets says what comes of it.

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeEndTransaction } from '../../../src/codec/extended-value.ts';
import { octetsFromText } from '../../../src/ldap/octets.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../../support/accounts.ts';
import {
  changeKinds,
  control,
  deleteRequest,
  extendedRequest,
  modifyDnRequest,
  modifyRequest,
  searchRequest,
} from '../../support/ber-bytes.ts';
import { readReadEntryResult, writeReadEntry } from '../../support/control-values.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { type Answer, RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { addEntry, addMailServer, mailServerDn, makeAll } from '../entries.ts';
import { controlValue, controlWith } from './control-client.ts';

type Changes = Parameters<typeof modifyRequest>[1];

const DN = 'cn=permissive,cn=Root DNs,cn=config';
const PERMISSIVE = control(Oid.permissiveModify, true);
const NO_OPERATION = 0x410e;
const { add, delete: remove, replace } = changeKinds;

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  await makeAll(client, [
    addEntry(DN, { objectClass: ['top', 'person', 'ds-cfg-root-dn-user'], cn: 'permissive', sn: 'P' }),
    addMailServer('Secret', { 'ds-cfg-auth-username': 'u', 'ds-cfg-auth-password': 'right' }),
  ]);
});

function modify(changes: Changes, ...controls: readonly Buffer[]): Promise<Answer> {
  return client.request(modifyRequest(DN, changes), [PERMISSIVE, ...controls]);
}

async function attributeOf(name: string, base = DN): Promise<readonly string[]> {
  const { entries } = await client.request(searchRequest(base, { scope: 0, attributes: [name] }));
  return entries[0]?.attributes[name] ?? [];
}

async function lastChange(): Promise<readonly string[]> {
  return attributeOf('lastChangeNumber', '');
}

async function start(...values: readonly string[]): Promise<void> {
  expect((await client.request(modifyRequest(DN, [[replace, 'description', values]]))).code).toBe(0);
}

describe('permissive modify', () => {
  it.each<[string, readonly string[], Changes, readonly string[], number]>([
    [
      'adds what is not there, and passes over what is',
      ['a'],
      [[add, 'description', ['A', 'b']]],
      ['a', 'b'],
      20,
    ],
    ['adds nothing that is there', ['a'], [[add, 'description', ['a']]], ['a'], 20],
    ['adds once what is given twice', [], [[add, 'description', ['a', 'a']]], ['a'], 20],
    [
      'deletes what is there, and passes over what is not',
      ['a', 'b'],
      [[remove, 'description', ['b', 'c']]],
      ['a'],
      16,
    ],
    ['deletes no value that is not there', ['a'], [[remove, 'description', ['b']]], ['a'], 16],
    ['deletes no attribute that is not there', [], [[remove, 'description', []]], [], 16],
    ['deletes from no attribute that is not there', [], [[remove, 'description', ['a']]], [], 16],
    [
      'goes from one change to the next',
      ['a'],
      [
        [add, 'description', ['a']],
        [remove, 'description', []],
        [remove, 'description', ['a']],
        [add, 'description', ['b']],
      ],
      ['b'],
      20,
    ],
  ])('%s', async (_, before, changes, after, codeWithout) => {
    await start(...before);
    expect((await client.request(modifyRequest(DN, changes))).code).toBe(codeWithout);
    expect((await modify(changes)).code).toBe(0);
    expect(await attributeOf('description')).toEqual(after);
  });

  it('comes to what sets come to, whatever is asked', async () => {
    const value = fc.constantFrom('a', 'b', 'c', 'd');
    const change = fc.tuple(fc.constantFrom(add, remove, replace), fc.uniqueArray(value, { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(value),
        fc.array(change, { minLength: 1, maxLength: 5 }),
        async (before, asked) => {
          const wanted = new Set(before);
          // An add without a value is wrong in itself.
          const changes = asked.filter(([kind, values]) => kind !== add || values.length > 0);
          for (const [kind, values] of changes) {
            if (kind === replace || (kind === remove && values.length === 0)) wanted.clear();
            for (const one of values) kind === remove ? wanted.delete(one) : wanted.add(one);
          }
          await start(...before);
          const answer = await modify(changes.map(([kind, values]) => [kind, 'description', values]));
          expect([answer.code, answer.text]).toEqual([0, '']);
          expect(new Set(await attributeOf('description'))).toEqual(wanted);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('stores nothing when nothing changes, and shows the entry all the same', async () => {
    await start('a');
    const before = await lastChange();
    const read = controlWith(Oid.postRead, writeReadEntry(['description']));
    const answer = await modify([[add, 'description', ['a']]], read);
    expect(answer.code).toBe(0);
    const shown = readReadEntryResult(controlValue(answer, Oid.postRead));
    expect(shown.values('description')).toEqual(['a']);
    expect(await lastChange()).toEqual(before);
  });

  it('goes with a trial and in transactions', async () => {
    await start('a');
    const trial = await modify([[add, 'description', ['a', 'b']]], control(Oid.noOp, true));
    expect([trial.code, await attributeOf('description')]).toEqual([NO_OPERATION, ['a']]);
    const { value: id = '' } = await client.request(extendedRequest(Oid.startTransaction));
    const within = control(Oid.transaction, true, id);
    for (const changes of [
      [[add, 'description', ['a']]],
      [[add, 'description', ['b']]],
      [[add, 'description', ['b']]],
    ] satisfies Changes[]) {
      expect((await modify(changes, within)).code).toBe(0);
    }
    const end = octetsFromText(writeEndTransaction({ isCommit: true, id }));
    expect((await client.request(extendedRequest(Oid.endTransaction, end))).code).toBe(0);
    expect(await attributeOf('description')).toEqual(['a', 'b']);
  });

  it.each<[string, Changes, number]>([
    ['an attribute that nobody knows', [[add, 'nonsense', ['a']]], 17],
    ['what the server keeps', [[remove, 'createTimestamp', []]], 19],
    ['an add of nothing', [[add, 'description', []]], 2],
    ['a class that loses what it must have', [[remove, 'sn', []]], 65],
    ['the name of the entry', [[remove, 'cn', ['permissive']]], 67],
  ])('refuses as ever: %s', async (_, changes, code) => {
    expect((await modify(changes)).code).toBe(code);
  });

  it('of an entry that is not there is refused with 32', async () => {
    const request = modifyRequest(mailServerDn('None'), [[remove, 'description', []]]);
    expect((await client.request(request, [PERMISSIVE])).code).toBe(32);
  });

  it('survives a restart, for what is stored is a plain change', async () => {
    await start('a');
    expect((await modify([[add, 'description', ['a', 'z']]])).code).toBe(0);
    await server.stop();
    server = await startServer({ folder: server.folder });
    client = await RawClient.bound(server);
    expect(await attributeOf('description')).toEqual(['a', 'z']);
  });

  it('is no other answer than without it for a secret that the requester may not read', async () => {
    const added = await new LdapTools(server).add(
      accountLdif('guesser', { password: 'guesser-1', privileges: ['config-read', 'config-write'] }),
    );
    expect(added.code).toBe(0);
    const guesser = await RawClient.bound(server, accountDn('guesser'), 'guesser-1');
    for (const kind of [add, remove]) {
      for (const value of ['right', 'wrong']) {
        const guess = modifyRequest(mailServerDn('Secret'), [[kind, 'ds-cfg-auth-password', [value]]]);
        const trial = control(Oid.noOp, true);
        const plain = await guesser.request(guess, [trial]);
        const permissive = await guesser.request(guess, [trial, PERMISSIVE]);
        expect([permissive.code, permissive.text]).toEqual([plain.code, plain.text]);
      }
    }
    guesser.close();
  });
});

describe('an entry that is not there', () => {
  it('is told to be missing before what may be done with it, with the deepest name that is there', async () => {
    for (const [base, above] of [
      ['cn=None,cn=Mail Servers,cn=config', 'cn=Mail Servers,cn=config'],
      ['cn=None,cn=Scheduled Tasks,cn=tasks', 'cn=Scheduled Tasks,cn=tasks'],
    ] as const) {
      for (const request of [
        modifyDnRequest(base, 'cn=Other', true),
        modifyRequest(base, [[replace, 'description', ['x']]]),
        deleteRequest(base),
      ]) {
        expect(await client.request(request)).toMatchObject({ code: 32, matchedDn: above });
      }
    }
    const renamed = await client.request(modifyDnRequest('cn=Mail Servers,cn=config', 'cn=Other', true));
    expect(renamed.code).toBe(53);
  });
});
