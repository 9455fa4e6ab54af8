// Random policies and requests against a server, and what the model says to them.

import { Oid } from '../../src/ldap/oids.ts';
import { LdapClient } from '../../src/ldap-client/ldap-client.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import type { RunningServer } from '../support/start-server.ts';
import type { ModelPolicy } from './model.ts';
import { mailServerDn, mailServerLdif, type PolicyFacts, policyDn, policyLdif } from './policies.ts';
import { ATTRIBUTES, type Dice, randomQuestion, SERVERS } from './questions.ts';

const PASSWORD = 'a password';
const NO_OP = { oid: Oid.noOp, criticality: true, value: undefined };
const ACCOUNTS = ['one', 'two', 'three'];
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
    permission: [['read'], ['write'], ['read', 'write'], ['read', 'send'], ['verify']][dice(5)] ?? [],
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
    'allowed-control': 'NoOp',
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
  const { request, isTrial, what, expected, foundOf } = randomQuestion(policies, user, dice);
  const answer = await client.ask(request, isTrial ? [NO_OP] : []);
  return { what: `${user} ${what}`, expected, found: foundOf(answer) };
}
