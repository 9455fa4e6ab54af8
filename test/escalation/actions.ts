// Changes that somebody tries who wants to be somebody else: everything near what decides who a client is, right and
// wrong, in any order. Made from a seed by fast-check.

import fc from 'fast-check';
import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import {
  addRequest,
  changeKinds,
  control,
  deleteRequest,
  extendedRequest,
  modifyDnRequest,
  modifyRequest,
  searchRequest,
} from '../support/ber-bytes.ts';
import type { RawClient } from '../support/raw-client.ts';

export const TRUST = 'cn=Trust Manager Providers,cn=config';
export const HANDLERS = 'cn=Connection Handlers,cn=config';
export const ROOT_DNS = 'cn=Root DNs,cn=config';
export const BACKENDS = 'cn=Backends,cn=config';
export const POLICIES = 'cn=Access Control Handler,cn=config';
export const PASSWORD_POLICIES = 'cn=Password Policies,cn=config';
const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
/** What the attacker would log in with. */
export const TAKEN = 'taken over';

/** What the world of the attacker has: values that differ from run to run. */
export interface Material {
  /** DER, base64 undone, of the authority that nobody trusts. */
  readonly authority: Buffer;
  readonly fingerprint: string;
  readonly ports: readonly number[];
}

export type Action =
  | { readonly type: 'change'; readonly operation: Buffer }
  | { readonly type: 'transaction'; readonly operations: readonly Buffer[] }
  | { readonly type: 'rollback'; readonly back: number };

const LAST_NUMBER = searchRequest('', { attributes: ['lastChangeNumber'] });

type Values = readonly (string | Buffer)[];
type Attributes = readonly (readonly [string, Values])[];

export function actions(material: Material): fc.Arbitrary<Action> {
  const operation = operations(material);
  return fc.oneof(
    { weight: 12, arbitrary: operation.map((one): Action => ({ type: 'change', operation: one })) },
    {
      weight: 4,
      arbitrary: fc
        .array(operation, { minLength: 2, maxLength: 4 })
        .map((all): Action => ({ type: 'transaction', operations: all })),
    },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 1, max: 12 }).map((back): Action => ({ type: 'rollback', back })),
    },
  );
}

/** Does it; returns whether the server agreed. */
export async function perform(action: Action, client: RawClient): Promise<boolean> {
  switch (action.type) {
    case 'change':
      return (await client.request(action.operation)).code === 0;
    case 'rollback': {
      const [root] = (await client.request(LAST_NUMBER)).entries;
      const last = Number(root?.attributes.lastChangeNumber?.[0] ?? 0);
      const request = JSON.stringify({ to: Math.max(0, last - action.back) });
      return (await client.request(extendedRequest(Oid.rollback, request))).code === 0;
    }
    case 'transaction': {
      const { value: id = '' } = await client.request(extendedRequest(Oid.startTransaction));
      for (const operation of action.operations)
        await client.request(operation, [control(Oid.transaction, true, id)]);
      const end = octetsFromText(writeEndTransaction({ isCommit: true, id }));
      return (await client.request(extendedRequest(Oid.endTransaction, Buffer.from(end)))).code === 0;
    }
  }
}

const pick = <T>(...all: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...all);
const child =
  (container: string, attribute = 'cn') =>
  (name: string) =>
    `${attribute}=${name},${container}`;
const trustDn = child(TRUST);
const handlerDn = child(HANDLERS);
const accountDn = child(ROOT_DNS);
const backendDn = child(BACKENDS, 'ds-cfg-backend-id');
const policyDn = child(POLICIES);
const passwordPolicyDn = child(PASSWORD_POLICIES);
const mailServerDn = child(MAIL_SERVERS);

const BOOLEAN = pick('true', 'false', '$<no.such.token|true>');
const TRUST_NAME = pick('T1', 'T2', 'Site', 'Entries');
const ACCOUNT_NAME = pick(
  ...['admin', 'victim', 'new', 'first claim', 'second claim', 'attacker', 'attacker by policy'],
  'attacker of itself',
);
const POLICY_NAME = pick('P1', 'P2', 'attacker by policy', 'attacker of itself');
const PASSWORD_POLICY_NAME = pick('W1', 'Default Password Policy');
const MEMORY_DN = pick(
  'uid=member,dc=plain',
  'uid=own,ou=own,dc=plain',
  'uid=own,dc=plain',
  'ou=own,dc=plain',
);
const SUBJECT = pick(`cn=admin,${ROOT_DNS}`, `cn=victim,${ROOT_DNS}`, 'cn=me', 'cn=claimed');
const BASE = pick(ROOT_DNS, 'cn=config', 'cn=effective', 'cn=tasks', 'ou=own,dc=plain', 'dc=plain');
const FOLDER = pick('config/foreign', 'config/site', '$<no.such.token|config/foreign>');
const NONE: Attributes = [];

/** One attribute with one of these values. */
function valued(attribute: string, values: fc.Arbitrary<string | Buffer>): fc.Arbitrary<Attributes> {
  return values.map((value): Attributes => [[attribute, [value]]]);
}

function modify(dn: fc.Arbitrary<string>, facts: fc.Arbitrary<Attributes>): fc.Arbitrary<Buffer> {
  const { add, delete: remove, replace } = changeKinds;
  return fc.tuple(dn, pick<number>(replace, replace, add, remove), facts).map(([name, kind, all]) =>
    modifyRequest(
      name,
      all.map(([attribute, values]) => [kind, attribute, kind === remove ? [] : values]),
    ),
  );
}

function operations(material: Material): fc.Arbitrary<Buffer> {
  return fc.oneof(
    ...trustOperations(),
    ...handlerOperations(material),
    ...localHandlerOperations(),
    ...backendOperations(),
    ...accountOperations(material),
    ...memoryOperations(material),
    ...mailServerOperations(),
    ...policyOperations(),
    ...renameOperations(),
    ...otherOperations(),
  );
}

function trustOperations(): fc.Arbitrary<Buffer>[] {
  const facts = fc.oneof(
    valued('ds-cfg-base-dn', BASE),
    valued('ds-cfg-pem-directory', FOLDER),
    fc.constant(NONE),
  );
  const add = fc
    .tuple(pick('T1', 'T2'), facts, BOOLEAN)
    .map(([name, all, enabled]) =>
      addRequest(trustDn(name), [
        [
          'objectClass',
          ['ds-cfg-trust-manager-provider', `ds-cfg-${kindOfTrust(all)}-trust-manager-provider`],
        ],
        ['ds-cfg-enabled', [enabled]],
        ...all,
      ]),
    );
  const excluded = valued('ds-cfg-excluded-filename-pattern', fc.constant('ca.*'));
  return [add, modify(TRUST_NAME.map(trustDn), fc.oneof(facts, valued('ds-cfg-enabled', BOOLEAN), excluded))];
}

function kindOfTrust([first]: Attributes): string {
  if (first === undefined) return 'blind';
  return first[0] === 'ds-cfg-base-dn' ? 'ldap' : 'pem';
}

function handlerOperations({ ports }: Material): fc.Arbitrary<Buffer>[] {
  const add = fc.tuple(pick(...ports), TRUST_NAME, BOOLEAN).map(([port, trust, enabled]) =>
    addRequest(handlerDn('H1'), [
      ['objectClass', ['ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler']],
      ['ds-cfg-enabled', [enabled]],
      ['ds-cfg-listen-port', [String(port)]],
      ['ds-cfg-use-ssl', ['true']],
      ['ds-cfg-key-manager-provider', ['cn=Default Key Manager,cn=Key Manager Providers,cn=config']],
      ['ds-cfg-trust-manager-provider', [trustDn(trust)]],
    ]),
  );
  const switches = pick('enabled', 'use-ssl', 'allow-start-tls', 'allow-clear-text-password');
  const facts = fc.oneof(
    valued('ds-cfg-trust-manager-provider', TRUST_NAME.map(trustDn)),
    valued('ds-cfg-ssl-client-auth-policy', pick('optional', 'disabled', 'required')),
    switches.chain((name) => valued(`ds-cfg-${name}`, BOOLEAN)),
  );
  const change = modify(pick('H1', 'LDAP', 'LDAPS', 'Site', 'Entries').map(handlerDn), facts);
  return [add, change, change];
}

function localHandlerOperations(): fc.Arbitrary<Buffer>[] {
  const add = fc.tuple(pick('0600', '0666'), BOOLEAN).map(([mode, enabled]) =>
    addRequest(handlerDn('Own LDAPI'), [
      ['objectClass', ['ds-cfg-connection-handler', 'ds-cfg-ldapi-connection-handler']],
      ['ds-cfg-enabled', [enabled]],
      ['ds-cfg-socket-file', ['own-ldapi']],
      ['ds-cfg-socket-file-mode', [mode]],
    ]),
  );
  const facts = fc.oneof(
    valued('ds-cfg-socket-file', fc.constant('own-ldapi')),
    valued('ds-cfg-socket-file-mode', fc.constant('0600')),
    valued('ds-cfg-enabled', BOOLEAN),
  );
  return [add, modify(pick('LDAPI', 'Own LDAPI').map(handlerDn), facts)];
}

function backendOperations(): fc.Arbitrary<Buffer>[] {
  const file = valued('ds-cfg-ldif-file', fc.constant('config/people.ldif'));
  const add = fc
    .tuple(BOOLEAN, fc.oneof(fc.constant(NONE), file))
    .map(([enabled, facts]) =>
      addRequest(backendDn('own'), [
        ['objectClass', ['ds-cfg-backend', 'ds-cfg-local-backend', 'ds-cfg-memory-backend']],
        ['ds-cfg-base-dn', ['dc=people']],
        ['ds-cfg-enabled', [enabled]],
        ...facts,
      ]),
    );
  const base = valued('ds-cfg-base-dn', fc.constant('dc=people'));
  const facts = fc.oneof(valued('ds-cfg-enabled', BOOLEAN), file, base);
  return [add, modify(pick('own', 'plain').map(backendDn), facts)];
}

function accountOperations({ authority, fingerprint }: Material): fc.Arbitrary<Buffer>[] {
  const facts = fc.oneof(
    valued('ds-cfg-alternate-bind-dn', pick('uid=admin', 'uid=alias', 'uid=member,dc=plain')),
    valued('userPassword', fc.constant(TAKEN)),
    valued('ds-certificate-subject-dn', SUBJECT),
    valued('ds-certificate-fingerprint', fc.constant(fingerprint)),
    valued('ds-privilege-name', pick('privilege-change', 'proxied-auth', 'password-reset')),
    valued('userCertificate;binary', fc.constant(authority)),
    valued('ds-pwp-password-policy-dn', PASSWORD_POLICY_NAME.map(passwordPolicyDn)),
    valued('ds-pwp-account-disabled', BOOLEAN),
  );
  const add = fc
    .tuple(pick('new', 'admin'), facts)
    .map(([name, all]) =>
      addRequest(accountDn(name), [
        ['objectClass', ['person', 'ds-cfg-root-dn-user']],
        ['sn', [name]],
        ...all,
      ]),
    );
  const change = modify(ACCOUNT_NAME.map(accountDn), facts);
  return [add, change, change];
}

function memoryOperations({ authority }: Material): fc.Arbitrary<Buffer>[] {
  const facts = fc.oneof(
    valued('userPassword', fc.constant(TAKEN)),
    valued('userCertificate;binary', fc.constant(authority)),
    valued('description', fc.constant('a change')),
  );
  const add = fc.tuple(MEMORY_DN, facts).map(([dn, all]) => {
    const isUnit = dn.startsWith('ou');
    const names: Attributes = isUnit
      ? NONE
      : [
          ['sn', ['own']],
          ['cn', ['own']],
        ];
    const classes = isUnit ? ['organizationalUnit', 'pkiUser'] : ['inetOrgPerson'];
    return addRequest(dn, [['objectClass', classes], ...names, ...all]);
  });
  const superior = pick(undefined, 'dc=plain', 'ou=own,dc=plain');
  const move = fc
    .tuple(MEMORY_DN, pick('uid=member', 'uid=own', 'ou=own'), superior)
    .map(([dn, rdn, above]) => modifyDnRequest(dn, rdn, true, above));
  return [add, modify(MEMORY_DN, facts), move];
}

function mailServerOperations(): fc.Arbitrary<Buffer>[] {
  const add = fc.tuple(BOOLEAN, TRUST_NAME).map(([enabled, trust]) =>
    addRequest(mailServerDn('M1'), [
      ['objectClass', ['ds-cfg-mail-server']],
      ['ds-cfg-enabled', [enabled]],
      ['ds-cfg-smtp-server', ['127.0.0.1:9']],
      ['ds-cfg-use-ssl', ['true']],
      ['ds-cfg-trust-manager-provider', [trustDn(trust)]],
    ]),
  );
  return [add];
}

/** What policies allow, and which passwords they demand. */
function policyOperations(): fc.Arbitrary<Buffer>[] {
  const facts = fc.oneof(
    valued('ds-cfg-permission', pick('read', 'write', 'verify', 'send')),
    valued('ds-cfg-allowed-attribute', pick('*', '+', 'userPassword', 'ds-privilege-name')),
    valued('ds-cfg-allowed-extended-operation', pick('Differences', 'PasswordModify')),
    valued('ds-cfg-user-dn-equal-to', fc.oneof(ACCOUNT_NAME.map(accountDn), pick('**'))),
    valued('ds-cfg-request-target-dn-equal-to', pick(ROOT_DNS, '**', '**,cn=config')),
    valued('ds-cfg-request-target-dn-equal-to-user-dn', BOOLEAN),
    valued('ds-cfg-authentication-required', BOOLEAN),
  );
  const add = fc
    .tuple(pick('P1', 'P2'), facts)
    .map(([name, all]) =>
      addRequest(policyDn(name), [
        ['objectClass', ['ds-cfg-global-access-control-policy']],
        ...(all[0]?.[0] === 'ds-cfg-permission' ? all : [['ds-cfg-permission', ['write']] as const, ...all]),
      ]),
    );
  const rules = fc.oneof(
    valued('ds-cfg-lockout-failure-count', pick('0', '1')),
    valued('ds-cfg-allow-pre-encoded-passwords', BOOLEAN),
    valued('ds-cfg-password-validator', fc.constant('cn=Common passwords,cn=Password Validators,cn=config')),
  );
  const addRules = rules.map((all) =>
    addRequest(passwordPolicyDn('W1'), [['objectClass', ['ds-cfg-password-policy']], ...all]),
  );
  const standard = valued('ds-cfg-default-password-policy', PASSWORD_POLICY_NAME.map(passwordPolicyDn));
  return [
    add,
    modify(POLICY_NAME.map(policyDn), facts),
    addRules,
    modify(PASSWORD_POLICY_NAME.map(passwordPolicyDn), rules),
    modify(pick('cn=config'), standard),
  ];
}

/** Objects take each other's names, and new ones; what refers to them follows. */
function renameOperations(): fc.Arbitrary<Buffer>[] {
  const renames: readonly (readonly [string, (name: string) => string, fc.Arbitrary<string>])[] = [
    ['cn', accountDn, fc.oneof(ACCOUNT_NAME, pick('renamed', 'mapped'))],
    ['cn', trustDn, fc.oneof(TRUST_NAME, pick('T3'))],
    ['cn', handlerDn, pick('H1', 'H2', 'LDAPS', 'Site', 'Entries')],
    ['cn', mailServerDn, pick('M1', 'M2')],
    ['cn', policyDn, POLICY_NAME],
    ['cn', passwordPolicyDn, PASSWORD_POLICY_NAME],
    ['ds-cfg-backend-id', backendDn, pick('own', 'plain', 'third')],
  ];
  return renames.map(([attribute, dn, names]) =>
    fc
      .tuple(names, names, fc.boolean())
      .map(([from, to, isOldGone]) => modifyDnRequest(dn(from), `${attribute}=${to}`, isOldGone)),
  );
}

function otherOperations(): fc.Arbitrary<Buffer>[] {
  const names = fc.oneof(
    ACCOUNT_NAME.map(accountDn),
    pick('T1', 'T2', 'T3').map(trustDn),
    pick('M1', 'M2').map(mailServerDn),
    POLICY_NAME.map(policyDn),
    PASSWORD_POLICY_NAME.map(passwordPolicyDn),
    pick('H1', 'Own LDAPI').map(handlerDn),
    pick('own').map(backendDn),
    MEMORY_DN,
  );
  const task = fc
    .tuple(pick('reload', 'snapshot', 'backup'), fc.uuid())
    .map(([kind, id]) =>
      addRequest(`ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`, [
        ['objectClass', ['ds-task', `ds-task-${kind}`]],
      ]),
    );
  return [names.map((dn) => deleteRequest(dn)), task];
}
