// Two servers that differ in their secrets and in nothing else. Whoever may not read secrets asks both the same, by every
// form of request, with the secret of one of them as a guess. An answer that differs tells the secret.

import { beforeAll, describe, expect, it } from 'vitest';
import { BerWriter } from '../../src/codec/ber-writer.ts';
import { writeAssertion } from '../../src/codec/entry-controls.ts';
import { writeFilter } from '../../src/codec/filter-ber.ts';
import { parseFilter } from '../../src/codec/filter-text.ts';
import { PRIVILEGES } from '../../src/config/objects/root-dn-user.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import {
  addRequest,
  changeKinds,
  compareRequest,
  control,
  extendedRequest,
  modifyRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import {
  writeListView,
  writeReadEntry,
  writeSortKeys,
  writeSyncRequest,
  writeValuesFilter,
} from '../support/control-values.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { controlWith } from './controls/control-client.ts';
import { changeTogether } from './transaction-client.ts';

/** As long as each other, one below the other in every order, both a number for who increments. */
const SECRETS = ['31415926535', '27182818284'] as const;
const PASSWORD = 'password-of-the-asking';
const MAIL = 'cn=Mail Servers,cn=config';
const ONE = `cn=One,${MAIL}`;
const STORE = 'cn=PKCS12,cn=Trust Manager Providers,cn=config';
const VICTIM = accountDn('victim');
const PROXY = 'mail.smtp.proxy.password=';
const SECRET_READ = 'secret-read';

interface Place {
  readonly dn: string;
  readonly attribute: string;
  readonly prefix: string;
}

const PLACES: readonly Place[] = [
  { dn: ONE, attribute: 'ds-cfg-auth-password', prefix: '' },
  { dn: ONE, attribute: 'ds-cfg-smtp-property', prefix: PROXY },
  { dn: STORE, attribute: 'ds-cfg-trust-store-pin', prefix: '' },
  { dn: VICTIM, attribute: 'userPassword', prefix: '' },
];

const OTHERS = PRIVILEGES.filter((privilege) => privilege !== SECRET_READ);
const RIGHTS: readonly (readonly string[])[] = [
  [],
  ...OTHERS.map((privilege) => [privilege]),
  ['config-read', 'config-write'],
  ['config-read', 'config-write', 'changelog-read', 'bypass-acl'],
  OTHERS,
];

function contentOf(secret: string): string {
  const mailServer = (name: string, own: string) =>
    [
      `dn: cn=${name},${MAIL}`,
      'objectClass: ds-cfg-mail-server',
      'ds-cfg-enabled: false',
      'ds-cfg-smtp-server: mail.example.com',
      'ds-cfg-auth-username: user',
      `ds-cfg-auth-password: ${own}`,
      'ds-cfg-smtp-property: mail.smtp.timeout=5000',
      'ds-cfg-smtp-property: mail.smtp.proxy.host=proxy.example.com',
      'ds-cfg-smtp-property: mail.smtp.proxy.user=user',
      `ds-cfg-smtp-property: ${PROXY}${own}`,
      '',
      '',
    ].join('\n');
  const accounts = RIGHTS.map((privileges, index) =>
    accountLdif(`asking ${index}`, { password: PASSWORD, privileges: [...privileges] }),
  );
  // Between the two secrets, so that an order of all three would tell which one is there.
  const middle = '29000000000';
  return [
    mailServer('One', secret),
    mailServer('Two', middle),
    accountLdif('victim', { password: secret }),
    ...accounts,
  ].join('\n');
}

let servers: readonly RunningServer[];

beforeAll(async () => {
  servers = await Promise.all([startServer(), startServer()]);
  for (const [index, server] of servers.entries()) {
    const secret = SECRETS[index] ?? '';
    const tools = new LdapTools(server);
    const added = await tools.add(contentOf(secret));
    expect(added.code, added.stderr).toBe(0);
    // In the changelog too: as a value that was replaced, and as one that came.
    for (const value of ['a first one', secret]) {
      const set = (dn: string, name: string) =>
        `dn: ${dn}\nchangetype: modify\nreplace: ${name}\n${name}: ${value}\n`;
      const changed = await tools.modify(
        [set(ONE, 'ds-cfg-auth-password'), set(STORE, 'ds-cfg-trust-store-pin')].join('\n'),
      );
      expect(changed.code, changed.stderr).toBe(0);
    }
  }
});

type Ask = (client: RawClient) => Promise<Answer>;

function filterOf(text: string): Buffer {
  const writer = new BerWriter();
  writeFilter(writer, parseFilter(text));
  return Buffer.from(writer.take());
}

const BASES = ['cn=config', 'cn=effective', 'cn=changelog'];

function* searches({ attribute, prefix }: Place, guess: string): Generator<readonly [string, Ask]> {
  const value = `${prefix}${guess}`;
  const start = `${prefix}${guess.slice(0, 3)}`;
  const filters = [
    `(${attribute}=${value})`,
    `(${attribute}=${start}*)`,
    `(${attribute}=*${guess.slice(3)}*)`,
    `(${attribute}>=${value})`,
    `(${attribute}<=${value})`,
    `(${attribute}~=${value})`,
    `(${attribute}:caseExactMatch:=${value})`,
    `(:caseExactMatch:=${value})`,
    `(!(${attribute}=${value}))`,
    `(changes=*${guess}*)`,
  ];
  // What happens is never the same at two servers; which entries are found is.
  for (const text of filters) {
    const asked = { scope: scopes.subtree, filter: filterOf(text), attributes: ['1.1'] };
    yield [`search cn=monitor ${text}`, (client) => client.request(searchRequest('cn=monitor', asked))];
  }
  for (const base of BASES) {
    for (const text of filters) {
      const asked = { scope: scopes.subtree, filter: filterOf(text), attributes: ['*', '+'] };
      yield [`search ${base} ${text}`, (client) => client.request(searchRequest(base, asked))];
    }
    const all = searchRequest(base, { scope: scopes.subtree, attributes: ['*', '+'] });
    const sort = controlWith(
      Oid.sortRequest,
      writeSortKeys([{ attribute, rule: undefined, isReverse: false }]),
    );
    yield [`sort ${base} by ${attribute}`, (client) => client.request(all, [sort])];
    const view = controlWith(
      Oid.listViewRequest,
      writeListView({
        beforeCount: 0,
        afterCount: 1,
        target: { type: 'value', value },
        contextId: undefined,
      }),
    );
    yield [`list view ${base} at ${value}`, (client) => client.request(all, [sort, view])];
    const matched = controlWith(
      Oid.matchedValues,
      writeValuesFilter([parseFilter(`(${attribute}=${value})`)]),
    );
    yield [`matched values ${base}`, (client) => client.request(all, [matched])];
  }
  const sync = controlWith(
    Oid.syncRequest,
    writeSyncRequest({ mode: 'refreshOnly', cookie: undefined, reloadHint: false }),
  );
  const found = { scope: scopes.subtree, filter: filterOf(`(${attribute}=${value})`) };
  yield [`sync ${attribute}`, (client) => client.request(searchRequest('cn=config', found), [sync])];
}

function* changes({ dn, attribute, prefix }: Place, guess: string): Generator<readonly [string, Ask]> {
  const value = `${prefix}${guess}`;
  const noOp = control(Oid.noOp, true);
  const permissive = control(Oid.permissiveModify, true);
  const assertion = controlWith(Oid.assertion, writeAssertion(parseFilter(`(${attribute}=${value})`)));
  const reads = [Oid.preRead, Oid.postRead].map((oid) => controlWith(oid, writeReadEntry(['*', '+'])));
  yield [`compare ${attribute}`, (client) => client.request(compareRequest(dn, attribute, value))];
  // A new password is a hash with a salt of its own, and takes long.
  const kinds = Object.entries(changeKinds).filter(
    ([how]) => attribute !== 'userPassword' || /delete|increment/.test(how),
  );
  for (const [how, kind] of kinds) {
    const given = how === 'increment' ? '1' : value;
    const change = modifyRequest(dn, [[kind, attribute, [given]]]);
    yield [`${how} ${attribute}`, (client) => client.request(change, [noOp])];
    yield [`${how} ${attribute}, permissive`, (client) => client.request(change, [noOp, permissive])];
    const behind = modifyRequest(dn, [
      [changeKinds.delete, attribute, []],
      [kind, attribute, [given]],
    ]);
    yield [`delete and ${how} ${attribute}`, (client) => client.request(behind, [noOp])];
    // Refused in the end, so that nothing is stored.
    const wrong = modifyRequest(dn, [[changeKinds.add, 'ds-cfg-no-such-attribute', ['x']]]);
    yield [`${how} ${attribute} in a transaction`, (client) => inTransaction(client, change, wrong)];
  }
  const harmless = modifyRequest(dn, [[changeKinds.replace, 'description', ['x']]]);
  yield [`assertion on ${attribute}`, (client) => client.request(harmless, [noOp, assertion])];
  if (attribute === 'userPassword') return;
  const again = modifyRequest(dn, [[changeKinds.replace, attribute, [value]]]);
  yield [`what was there and will be, ${attribute}`, (client) => client.request(again, [noOp, ...reads])];
  const twin = addRequest(dn, [[attribute, [value]]]);
  yield [`add the entry with ${attribute}`, (client) => client.request(twin, [noOp])];
}

async function inTransaction(client: RawClient, ...all: readonly Buffer[]): Promise<Answer> {
  try {
    return await changeTogether(client, ...all);
  } catch (error) {
    return { ...(await client.request(extendedRequest(Oid.whoAmI))), text: String(error) };
  }
}

function* others(): Generator<readonly [string, Ask]> {
  for (const from of [0, 1, 5]) {
    const range = JSON.stringify({ from });
    yield [`differences from ${from}`, (client) => client.request(extendedRequest(Oid.differences, range))];
    const back = JSON.stringify({ to: from, trial: true });
    yield [`rollback to ${from}`, (client) => client.request(extendedRequest(Oid.rollback, back))];
  }
}

/** What differs between any two servers, and says nothing of secrets. */
function plain({ code, text, entries, controls, value }: Answer): string {
  const shown = JSON.stringify({
    code,
    text,
    entries,
    controls: [...controls].map(([oid, octets]) => [oid, octets.toString('latin1')]),
    value,
  });
  return shown
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, 'UUID')
    .replace(/\d{14}(?:\.\d+)?Z|\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/confdit-test-\w+/g, 'FOLDER')
    .replace(/\b\d{5}\b/g, 'PORT');
}

async function answersOf(
  server: RunningServer,
  index: number,
  asks: readonly (readonly [string, Ask])[],
): Promise<string[]> {
  const client = await RawClient.bound(server, accountDn(`asking ${index}`), PASSWORD);
  const answers: string[] = [];
  for (const [name, ask] of asks) answers.push(`${name}: ${plain(await ask(client))}`);
  client.close();
  return answers;
}

describe('the answers of two servers with other secrets are the same', () => {
  it.each(RIGHTS.map((privileges, index) => [privileges.join(' ') || 'no privilege', index] as const))(
    'to an account with %s',
    async (_, index) => {
      const asks = [
        ...PLACES.flatMap((place) =>
          SECRETS.flatMap((guess) => [...searches(place, guess), ...changes(place, guess)]),
        ),
        ...others(),
      ];
      const [one = [], other = []] = await Promise.all(
        servers.map((server) => answersOf(server, index, asks)),
      );
      expect(one.filter((answer, at) => answer !== other[at])).toEqual(
        other.filter((answer, at) => answer !== one[at]),
      );
      for (const secret of SECRETS)
        expect(one.filter((answer) => answer.slice(answer.indexOf(': ')).includes(secret))).toEqual([]);
    },
  );
});
