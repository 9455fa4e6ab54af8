// Random policies and requests against a server, and what the model says to them.

import { Attribute, type Entry } from '../../src/ldap/entry.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import { SearchScope } from '../../src/ldap/message.ts';
import type { Answer } from '../../src/ldap-client/exchange.ts';
import { LdapClient } from '../../src/ldap-client/ldap-client.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import type { RunningServer } from '../support/start-server.ts';
import { allows, granting, type ModelAttributes, type ModelPolicy } from './model.ts';
import { mailServerDn, mailServerLdif, type PolicyFacts, policyDn, policyLdif } from './policies.ts';

const PASSWORD = 'a password';
const ACCOUNTS = ['one', 'two', 'three'];
const SERVERS = ['A', 'B', 'Ab'];
const ATTRIBUTES = [
  'objectClass',
  'cn',
  'ds-cfg-smtp-server',
  'ds-cfg-priority',
  'ds-cfg-auth-username',
  'ds-cfg-auth-password',
  'entryUUID',
  'modifiersName',
];
const SCHEMA: ModelAttributes = {
  operational: new Set(['entryuuid', 'modifiersname']),
  secret: new Set(['ds-cfg-auth-password']),
  classes: {
    '@ds-cfg-mail-server': new Set([
      'objectclass',
      'cn',
      'ds-cfg-smtp-server',
      'ds-cfg-priority',
      'ds-cfg-auth-username',
      'ds-cfg-auth-password',
    ]),
    '@person': new Set(['objectclass', 'cn']),
  },
};
const LISTED = [...ATTRIBUTES, '*', '+', '@ds-cfg-mail-server', '@person'];
const TARGETS = [
  ...SERVERS.map(mailServerDn),
  mailServerDn('A*'),
  mailServerDn('*'),
  '*,cn=Mail Servers,cn=config',
  '**,cn=config',
  '**',
  'cn=b,**',
  'cn=Missing,cn=Mail Servers,cn=config',
  '*=a,cn=Mail Servers,cn=config',
];
const USERS = [...ACCOUNTS.map(accountDn), '*,cn=Root DNs,cn=config', 'cn=t*,**', '**'];

/** Takes what is random: a whole number below the argument. */
export type Dice = (below: number) => number;

export interface Disagreement {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** Makes what the policies are about. */
export async function prepareEntries(server: RunningServer): Promise<void> {
  const login = ['ds-cfg-priority: 5', 'ds-cfg-auth-username: me', 'ds-cfg-auth-password: canary'];
  const ldif = [
    ...SERVERS.map((name) =>
      mailServerLdif(name, `ds-cfg-smtp-server: ${name.toLowerCase()}.example.com`, ...login),
    ),
    ...ACCOUNTS.map((name) => accountLdif(name, { password: PASSWORD })),
  ].join('\n');
  const { code, stderr } = await new LdapTools(server).add(ldif);
  if (code !== 0) throw new Error(stderr);
}

/** Replaces the policies by random ones, asks so many random questions, and returns the answers that differ. */
export async function compareRound(
  server: RunningServer,
  clients: readonly LdapClient[],
  questions: number,
  dice: Dice,
): Promise<readonly Disagreement[]> {
  const policies = Array.from({ length: 1 + dice(5) }, () => randomPolicy(dice));
  const tools = new LdapTools(server);
  const added = await tools.add(
    policies.map((policy, at) => policyLdif(`p${at}`, factsOf(policy))).join('\n'),
  );
  if (added.code !== 0) throw new Error(added.stderr);
  const asked = Array.from({ length: questions }, () => ask(clients, policies, dice));
  const found = (await Promise.all(asked)).filter(({ expected, found: answer }) => expected !== answer);
  const deleted = await tools.delete(...policies.map((_, at) => policyDn(`p${at}`)));
  if (deleted.code !== 0) throw new Error(deleted.stderr);
  return found.map((one) => ({ ...one, what: `${one.what} with ${JSON.stringify(policies)}` }));
}

/** Resolves to a connection for each account. */
export function openClients(server: RunningServer): Promise<readonly LdapClient[]> {
  return Promise.all(
    ACCOUNTS.map(async (name) => {
      const client = await LdapClient.open({
        place: { host: '127.0.0.1', port: server.port },
        security: 'none',
        timeoutMs: 0,
      });
      await client.bind({ dn: accountDn(name), password: PASSWORD });
      return client;
    }),
  );
}

function randomPolicy(dice: Dice): ModelPolicy {
  const some = (all: readonly string[], most: number) => [
    ...new Set(Array.from({ length: dice(most + 1) }, () => all[dice(all.length)] ?? '')),
  ];
  return {
    permission: [['read'], ['write'], ['read', 'write'], ['read'], []][dice(5)] ?? [],
    attributes: some(LISTED, 4),
    exceptions: dice(3) === 0 ? some(LISTED, 1) : [],
    users: some(USERS, 2),
    otherUsers: dice(4) === 0 ? some(USERS, 1) : [],
    targets: some(TARGETS, 2),
    otherTargets: dice(3) === 0 ? some(TARGETS, 1) : [],
  };
}

function factsOf(policy: ModelPolicy): PolicyFacts {
  return {
    permission: policy.permission,
    'allowed-attribute': policy.attributes,
    'allowed-attribute-exception': policy.exceptions,
    'user-dn-equal-to': policy.users,
    'user-dn-not-equal-to': policy.otherUsers,
    'request-target-dn-equal-to': policy.targets,
    'request-target-dn-not-equal-to': policy.otherTargets,
  };
}

async function ask(clients: readonly LdapClient[], policies: readonly ModelPolicy[], dice: Dice) {
  const who = dice(ACCOUNTS.length);
  const user = accountDn(ACCOUNTS[who] ?? '');
  const client = clients[who];
  if (client === undefined) throw new Error('There is no such client.');
  const name = SERVERS[dice(SERVERS.length)] ?? '';
  const dn = dice(3) === 0 ? `cn=${name},cn=Mail Servers,cn=effective` : mailServerDn(name);
  const attribute = ATTRIBUTES[dice(ATTRIBUTES.length)] ?? '';
  const isMine = (one: ModelPolicy) =>
    granting([{ ...one, targets: [], otherTargets: [] }], one.permission[0] ?? '', user, dn).length > 0;
  const mine = policies.filter(isMine);
  const readers = granting(policies, 'read', user, dn);
  const isWrite = dice(4) === 0;
  if (isWrite) {
    const target = mailServerDn(name);
    const writers = granting(policies, 'write', user, target);
    const expected = writeExpected(
      { mine, readers: granting(policies, 'read', user, target) },
      writers,
      'ds-cfg-priority',
    );
    const values = new Attribute('ds-cfg-priority', ['5']);
    const found = await codeOf(
      client.ask({
        type: 'modifyRequest',
        dn: target,
        modifications: [{ operation: 'replace', attribute: values }],
      }),
    );
    return { what: `${user} modifies ${target}`, expected, found };
  }
  const filter: Filter = randomFilter(attribute, dice);
  const expected = readExpected({ mine, readers }, filter, attribute);
  const found = await client
    .ask({
      type: 'searchRequest',
      base: dn,
      scope: SearchScope.baseObject,
      derefAliases: 0,
      sizeLimit: 0,
      timeLimit: 0,
      typesOnly: false,
      filter,
      attributes: ATTRIBUTES,
    })
    .then(({ result, entries }) => {
      if (result.code !== 0) return String(result.code);
      return entries.map(keysOf).join(';') || 'nothing';
    });
  return { what: `${user} reads ${dn} by ${JSON.stringify(filter)}`, expected, found };
}

function keysOf({ attributes }: Entry): string {
  return attributes
    .map(({ key }) => key)
    .toSorted()
    .join();
}

function randomFilter(attribute: string, dice: Dice): Filter {
  const present: Filter = { type: 'present', attribute };
  return (
    [
      present,
      { type: 'not', filter: present } as const,
      { type: 'present', attribute: 'objectClass' } as const,
    ][dice(3)] ?? present
  );
}

interface Rights {
  readonly mine: readonly ModelPolicy[];
  readonly readers: readonly ModelPolicy[];
}

function readExpected({ mine, readers }: Rights, filter: Filter, attribute: string): string {
  if (!mine.some(({ permission }) => permission.includes('read'))) return '50';
  if (readers.length === 0) return '32';
  const isReadable = allows([...readers], attribute, SCHEMA);
  const isFound = filter.type === 'present' && (filter.attribute === 'objectClass' || isReadable);
  if (!isFound) return 'nothing';
  const shown = ATTRIBUTES.filter((one) => allows([...readers], one, SCHEMA)).map((one) => one.toLowerCase());
  return shown.toSorted().join() || 'nothing';
}

function writeExpected(
  { mine, readers }: Rights,
  writers: readonly ModelPolicy[],
  attribute: string,
): string {
  if (!mine.some(({ permission }) => permission.includes('write'))) return '50';
  if (writers.length > 0) return allows([...writers], attribute, SCHEMA) ? '0' : '50';
  return readers.length > 0 ? '50' : '32';
}

function codeOf(answer: Promise<Answer>): Promise<string> {
  return answer.then(({ result }) => String(result.code));
}
