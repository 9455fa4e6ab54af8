// The property that no account without privilege-change enlarges, by whatever it changes, what any credentials log in as.
// A world with certificates of authorities that are trusted and that are not, passwords, a local socket and proxied
// authorization is asked who each of them is, before and after each sequence of an attacker's changes.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { PRIVILEGES } from '../../src/config/objects/root-dn-user.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import {
  bindRequest,
  control,
  extendedRequest,
  saslBindRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { connectTls, connectWithStartTls } from '../support/clients/tls-client.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server-process.ts';
import {
  type Action,
  actions,
  BACKENDS,
  HANDLERS,
  type Material,
  PASSWORD_POLICIES,
  POLICIES,
  perform,
  ROOT_DNS,
  TAKEN,
  TRUST,
} from './actions.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const PASSWORD = 'of the attacker';
const EVERYTHING = ['cn=config', '**,cn=config', 'dc=plain', '**,dc=plain', 'dc=people', '**,dc=people'];
/** Policies give these where they name them only. */
const NAMED = ['*', '+', 'userPassword', 'userCertificate', 'ds-privilege-name', 'ds-cfg-alternate-bind-dn'];

const CONTROLS = [
  'ManageDsaIt',
  'PermissiveModify',
  'ProxiedAuthV2',
  'SubtreeDelete',
  'TransactionSpecification',
];
const OPERATIONS = ['Differences', 'StartTransaction', 'EndTransaction', 'PasswordModify'];

interface Attacker {
  readonly privileges?: readonly string[];
  /** Lines of a policy that reads and writes what it names, beside `user-dn-equal-to`. */
  readonly policy?: readonly string[];
}

/** Few privileges; all that do not say by their name that they make somebody else of one; policies as wide as can be; both. */
const ATTACKERS: Readonly<Record<string, Attacker>> = {
  attacker: { privileges: ['config-read', 'config-write', 'changelog-read'] },
  'strong attacker': {
    privileges: PRIVILEGES.filter(
      (one) => !['privilege-change', 'password-reset', 'proxied-auth'].includes(one),
    ),
  },
  'attacker by policy': { policy: EVERYTHING.map((dn) => `ds-cfg-request-target-dn-equal-to: ${dn}`) },
  'attacker of itself': { policy: ['ds-cfg-request-target-dn-equal-to-user-dn: true'] },
  'writing attacker': {
    privileges: ['config-read', 'changelog-read'],
    policy: EVERYTHING.map((dn) => `ds-cfg-request-target-dn-equal-to: ${dn}`),
  },
};
const SUBJECTS = [
  '/CN=config/CN=Root DNs/CN=admin',
  '/CN=config/CN=Root DNs/CN=victim',
  '/O=Example/CN=mapped',
  '/CN=claimed',
  '/CN=me',
];
const NAMES = [
  'uid=admin',
  `cn=victim,${ROOT_DNS}`,
  `cn=new,${ROOT_DNS}`,
  'uid=alias',
  'uid=member,dc=plain',
  'uid=own,dc=plain',
  'uid=known,dc=people',
];

/** Entries that decide what somebody may do, and which of their attributes do. */
const DECIDING: readonly (readonly [string, readonly string[]])[] = [
  [
    ROOT_DNS,
    ['ds-privilege-name', 'ds-cfg-alternate-bind-dn', 'ds-pwp-password-policy-dn', 'ds-pwp-account-disabled'],
  ],
  [POLICIES, ['*']],
  [PASSWORD_POLICIES, ['*']],
];

const PEOPLE = `dn: dc=people
objectClass: domain
dc: people

dn: uid=known,dc=people
objectClass: inetOrgPerson
uid: known
cn: known
sn: known
userPassword: ${TAKEN}
`;

export interface EscalationReport {
  /** One sentence for each credential that logs in as somebody it did not log in as before. */
  readonly findings: readonly string[];
  readonly tried: number;
  /** Number of accepted changes by the name of the attacker. */
  readonly done: ReadonlyMap<string, number>;
}

/** @param seeds of the sequences: each is made from one. */
export async function escalate(seeds: readonly number[], actionsEach: number): Promise<EscalationReport> {
  await using stack = new AsyncDisposableStack();
  const world = await World.open(stack);
  const findings: string[] = [];
  let tried = 0;
  const done = new Map<string, number>();
  const before = await world.who();
  for (const seed of seeds) {
    for (const name of Object.keys(ATTACKERS)) {
      const client = await RawClient.bound(world.home, accountDn(name), PASSWORD);
      for (const action of world.sequence(seed, actionsEach)) {
        tried += 1;
        if (await perform(action, client)) done.set(name, (done.get(name) ?? 0) + 1);
      }
      client.close();
      findings.push(...compare(before, await world.who()).map((one) => `seed ${seed}, ${name}: ${one}`));
      if (findings.length > 0) return { findings, tried, done };
    }
  }
  findings.push(...(await world.passwords()).map((one) => `seeds ${seeds.join(', ')}: ${one}`));
  return { findings, tried, done };
}

/** Who each credential is, and what each account may do. */
type Identities = ReadonlyMap<string, readonly string[]>;

function compare(before: Identities, after: Identities): string[] {
  return [...after].flatMap(([what, now]) => {
    const more = now.filter((one) => !(before.get(what) ?? []).includes(one));
    return more.length === 0 ? [] : [`${what} is now ${more.join(', ')}`];
  });
}

class World {
  readonly server: RunningServer;
  /** A listener that no action touches: the others may be closed by them. */
  readonly home: Pick<RunningServer, 'port' | 'password'>;
  readonly #certificates: ReadonlyMap<string, Issued>;
  readonly #ports: readonly number[];
  readonly #material: Material;

  private constructor(
    server: RunningServer,
    homePort: number,
    certificates: ReadonlyMap<string, Issued>,
    ports: readonly number[],
    material: Material,
  ) {
    this.server = server;
    this.home = { port: homePort, password: server.password };
    this.#certificates = certificates;
    this.#ports = ports;
    this.#material = material;
  }

  static async open(stack: AsyncDisposableStack): Promise<World> {
    const site = await Authority.create('Site');
    const foreign = await Authority.create('Foreign');
    stack.defer(() => site.remove());
    stack.defer(() => foreign.remove());
    const certificates = new Map<string, Issued>();
    for (const [name, authority] of [
      ['site', site],
      ['foreign', foreign],
    ] as const)
      for (const subject of SUBJECTS)
        certificates.set(`the certificate of ${name} for ${subject}`, await authority.issue({ subject }));
    const own = await foreign.issue({ subject: '/CN=me' });
    certificates.set('the own certificate', own);
    const [homePort = 0, sitePort = 0, entriesPort = 0, ...ports] = await Promise.all(
      Array.from({ length: 5 }, () => freePort()),
    );
    const server = await startServer({
      files: {
        'config/site/ca.pem': await site.certificate,
        'config/foreign/ca.pem': await foreign.certificate,
        'config/people.ldif': PEOPLE,
      },
    });
    const added = await new LdapTools(server).modify(
      await fixtures(site, { homePort, sitePort, entriesPort }),
    );
    if (added.code !== 0) throw new Error(added.stderr);
    const material: Material = {
      authority: derOf(await foreign.certificate),
      fingerprint: new X509Certificate(own.certificate).fingerprint256,
      ports,
    };
    const all = [server.ldapsPort, sitePort, entriesPort, ...ports];
    return new World(server, homePort, certificates, all, material);
  }

  sequence(seed: number, length: number): readonly Action[] {
    const arbitrary = fc.array(actions(this.#material), { minLength: length, maxLength: length });
    return fc.sample(arbitrary, { seed, numRuns: 1 })[0] ?? [];
  }

  async who(): Promise<Identities> {
    const found = new Map<string, readonly string[]>();
    for (const [name, { certificate, key }] of this.#certificates) {
      const options = { cert: certificate, key };
      for (const port of this.#ports)
        found.set(`${name} on port ${port}`, await external(() => connectTls(port, options)));
      found.set(`${name} by StartTLS`, await external(() => connectWithStartTls(this.server.port, options)));
    }
    for (const name of ['ldapi', 'own-ldapi'])
      found.set(`the socket ${name}`, await external(() => local(join(this.server.folder, name))));
    for (const name of Object.keys(ATTACKERS))
      found.set(`${name} for the administrator`, await this.#proxied(name));
    return new Map([...found, ...(await this.#privileges())]);
  }

  /** What the attackers' password logs in to; asked once, since what fails is counted. */
  async passwords(): Promise<readonly string[]> {
    const client = await RawClient.connect(this.home);
    const findings: string[] = [];
    for (const name of NAMES) {
      const { code } = await client.request(bindRequest(name, TAKEN));
      if (code === 0) findings.push(`the password logs in to ${name}`);
    }
    client.close();
    return findings;
  }

  async #proxied(name: string): Promise<readonly string[]> {
    const client = await RawClient.bound(this.home, accountDn(name), PASSWORD);
    const proxy = control(Oid.proxiedAuthorization, true, `dn:cn=admin,${ROOT_DNS}`);
    const { code, value = '' } = await client.request(WHO_AM_I, [proxy]);
    client.close();
    return code === 0 && value !== '' ? [value] : [];
  }

  async #privileges(): Promise<Identities> {
    const client = await RawClient.bound(this.home);
    const entries = [];
    for (const [base, attributes] of DECIDING) {
      const request = searchRequest(base, { scope: scopes.subtree, attributes: [...attributes] });
      entries.push(...(await client.request(request)).entries);
    }
    client.close();
    return new Map(
      entries.map(({ dn, attributes: held }) => [
        `the entry ${dn}`,
        [
          'there',
          ...Object.entries(held).flatMap(([name, values]) => values.map((one) => `${name}: ${one}`)),
        ],
      ]),
    );
  }
}

function derOf(pem: string): Buffer {
  return Buffer.from(new X509Certificate(pem).raw);
}

async function local(path: string): Promise<{ client: RawClient }> {
  const socket = connect({ path });
  await once(socket, 'connect');
  return { client: RawClient.over(socket) };
}

/** Who a client is by EXTERNAL; nobody where it cannot even connect. */
async function external(open: () => Promise<{ readonly client: RawClient }>): Promise<readonly string[]> {
  try {
    const { client } = await open();
    await client.request(saslBindRequest('EXTERNAL'));
    const { value = '' } = await client.request(WHO_AM_I);
    client.close();
    return value === '' ? [] : [value];
  } catch {
    return [];
  }
}

interface Ports {
  readonly homePort: number;
  readonly sitePort: number;
  readonly entriesPort: number;
}

async function fixtures(site: Authority, { homePort, sitePort, entriesPort }: Ports): Promise<string> {
  const trust = (name: string, kind: string, ...lines: readonly string[]) =>
    record(
      `cn=${name},${TRUST}`,
      ['ds-cfg-trust-manager-provider', `ds-cfg-${kind}-trust-manager-provider`],
      ['ds-cfg-enabled: true', ...lines],
    );
  const handler = (name: string, port: number) =>
    record(
      `cn=${name},${HANDLERS}`,
      ['ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler'],
      [
        'ds-cfg-enabled: true',
        `ds-cfg-listen-port: ${port}`,
        'ds-cfg-use-ssl: true',
        'ds-cfg-key-manager-provider: cn=Default Key Manager,cn=Key Manager Providers,cn=config',
        `ds-cfg-trust-manager-provider: cn=${name},${TRUST}`,
      ],
    );
  const account = (
    name: string,
    lines: readonly string[],
    password?: string,
    privileges?: readonly string[],
  ) =>
    accountLdif(name, { lines, ...(password && { password }), ...(privileges && { privileges }) }).replace(
      '\n',
      '\nchangetype: add\n',
    );
  const classes = ['ds-cfg-backend', 'ds-cfg-local-backend', 'ds-cfg-memory-backend'];
  return [
    // First, so that no rollback goes back behind it.
    record(
      `cn=Home,${HANDLERS}`,
      ['ds-cfg-connection-handler', 'ds-cfg-ldap-connection-handler'],
      ['ds-cfg-enabled: true', `ds-cfg-listen-port: ${homePort}`, 'ds-cfg-allow-clear-text-password: true'],
    ),
    ...Object.entries(ATTACKERS).flatMap(([name, { privileges, policy }]) => [
      account(name, [], PASSWORD, privileges),
      ...(policy === undefined ? [] : [policyOf(name, policy)]),
    ]),
    account('victim', ['ds-certificate-subject-dn: cn=victim'], 'of the victim', ['config-read']),
    account('mapped', ['ds-certificate-subject-dn: cn=mapped,o=Example']),
    account('first claim', ['ds-certificate-subject-dn: cn=claimed']),
    account('second claim', ['ds-certificate-subject-dn: cn=claimed']),
    record(`ds-cfg-backend-id=plain,${BACKENDS}`, classes, [
      'ds-cfg-enabled: true',
      'ds-cfg-base-dn: dc=plain',
    ]),
    record('dc=plain', ['domain'], []),
    record(
      'ou=authorities,dc=plain',
      ['organizationalUnit', 'pkiUser'],
      [`userCertificate;binary:: ${derOf(await site.certificate).toString('base64')}`],
    ),
    record(
      'uid=member,dc=plain',
      ['inetOrgPerson'],
      ['cn: member', 'sn: member', 'userPassword: of the member'],
    ),
    trust('Site', 'pem', 'ds-cfg-pem-directory: config/site'),
    trust('Entries', 'ldap', 'ds-cfg-base-dn: dc=plain'),
    handler('Site', sitePort),
    handler('Entries', entriesPort),
  ].join('\n');
}

/** A policy that reads and writes everything of the entries that its lines name. */
function policyOf(name: string, lines: readonly string[]): string {
  return record(
    `cn=${name},${POLICIES}`,
    ['ds-cfg-global-access-control-policy'],
    [
      ...['read', 'write', 'verify', 'send'].map((one) => `ds-cfg-permission: ${one}`),
      ...NAMED.map((one) => `ds-cfg-allowed-attribute: ${one}`),
      ...CONTROLS.map((one) => `ds-cfg-allowed-control: ${one}`),
      ...OPERATIONS.map((one) => `ds-cfg-allowed-extended-operation: ${one}`),
      `ds-cfg-user-dn-equal-to: ${accountDn(name)}`,
      ...lines,
    ],
  );
}

function record(dn: string, classes: readonly string[], lines: readonly string[]): string {
  return [
    `dn: ${dn}`,
    'changetype: add',
    ...classes.map((name) => `objectClass: ${name}`),
    ...lines,
    '',
  ].join('\n');
}
