// The get effective rights control and `confdit access`, by real clients. Each decision is compared with what happens when the
// account does it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEffectiveRights } from '../../src/codec/entry-controls.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { readRights } from '../../src/ldap/effective-right.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { controlWith, replace } from '../operations/controls/control-client.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { control, deleteRequest, searchRequest } from '../support/ber-bytes.ts';
import { confditFor } from '../support/confdit-program.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { taskLdif } from '../support/tasks.ts';
import { mailServerDn, mailServerLdif, policyDn, policyLdif } from './policies.ts';

const PASSWORD = 'a password';
const ADMIN = 'cn=admin,cn=Root DNs,cn=config';
const CONTROLS = ['GetEffectiveRights', 'NoOp'];
const ATTRIBUTES = [
  'cn',
  'ds-cfg-smtp-server',
  'ds-cfg-priority',
  'ds-cfg-auth-password',
  'ds-cfg-auth-username',
  'entryUUID',
];

const PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  app: [],
  writer: [],
  reader: ['config-read'],
  keeper: ['config-read', 'config-write'],
  secrets: ['config-read', 'config-write', 'secret-read'],
};

let server: RunningServer;
/** The administrator, who asks. */
let asking: RawClient;

beforeAll(async () => {
  server = await startServer();
  asking = await RawClient.bound(server);
  const login = ['ds-cfg-auth-username: me', 'ds-cfg-auth-password: canary', 'ds-cfg-priority: 1'];
  const ldif = [
    mailServerLdif('Own', 'ds-cfg-smtp-server: 127.0.0.1:1', ...login),
    mailServerLdif('Other'),
    ...Object.entries(PRIVILEGES).map(([name, privileges]) =>
      accountLdif(name, { password: PASSWORD, privileges }),
    ),
    policyLdif('app reads', {
      permission: ['read', 'verify'],
      'allowed-attribute': ['*', 'ds-cfg-auth-password'],
      'allowed-attribute-exception': 'ds-cfg-auth-username',
      'allowed-control': CONTROLS,
      'user-dn-equal-to': accountDn('app'),
      'request-target-dn-equal-to': mailServerDn('Own'),
    }),
    policyLdif('writer', {
      permission: ['read', 'write', 'send'],
      'allowed-attribute': ['@ds-cfg-mail-server', 'objectClass', 'entryUUID', 'cn'],
      'allowed-control': CONTROLS,
      'user-dn-equal-to': accountDn('writer'),
      'request-target-dn-equal-to': '*,cn=Mail Servers,cn=config',
    }),
  ];
  const { code, stderr } = await new LdapTools(server).add(ldif.join('\n'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

afterAll(() => asking.close());

const administrator = () => new LdapTools(server);

function as(name: string): LdapTools {
  return new LdapTools({ url: server.url, password: PASSWORD }, accountDn(name));
}

/** Asks as ldapsearch does for the rights of an account. */
async function ask(tools: LdapTools, who: string, base: string, ...selectors: readonly string[]) {
  const value = Buffer.from(octetsFromText(writeEffectiveRights(who, ATTRIBUTES))).toString('base64');
  return tools.search(base, '-s', 'base', '-E', `!${Oid.effectiveRights}=::${value}`, ...selectors);
}

/** Returns the rights as `read` or `read ds-cfg-priority`, with the decision. */
async function rightsOf(who: string, base: string, asker = asking) {
  const identity = controlWith(Oid.effectiveRights, `dn:${accountDn(who)}`);
  const attributes = [...ATTRIBUTES, 'aclRights', 'aclRightsInfo'];
  const { entries } = await asker.request(searchRequest(base, { attributes }), [identity]);
  const [entry] = entries.map((one) => Entry.of(Dn.parse(one.dn), one.attributes));
  if (entry === undefined) return {};
  return Object.fromEntries(
    readRights(entry).map(({ right, attribute, ...decision }) => [
      attribute === undefined ? right : `${right} ${attribute}`,
      decision,
    ]),
  );
}

/** Does it with the no-op control; returns the result code. */
const trial = async (client: RawClient, request: Buffer) =>
  (await client.request(request, [control(Oid.noOp, true)])).code;

describe('a decision', () => {
  it.each(Object.keys(PRIVILEGES))('is what happens when %s does it', async (name) => {
    const client = await RawClient.bound(server, accountDn(name), PASSWORD);
    for (const base of [mailServerDn('Own'), mailServerDn('Other'), accountDn('app')]) {
      const told = await rightsOf(name, base);
      const stored = await asking.request(searchRequest(base, { attributes: ['*', '+'] }));
      const seen = await client.request(searchRequest(base, { attributes: ['*', '+'] }));
      const happened: Record<string, boolean> = { read: seen.entries.length > 0 };
      for (const attribute of ATTRIBUTES) {
        const value = stored.entries[0]?.attributes[attribute]?.[0];
        const shown = seen.entries[0]?.attributes[attribute]?.[0];
        if (value !== undefined) happened[`read ${attribute}`] = shown === value;
        const written = attribute === 'ds-cfg-priority' ? '7' : 'localhost';
        const code = await trial(client, replace(base, attribute, written));
        // entryUUID is the server's, whoever asks.
        happened[`write ${attribute}`] = ![32, 50, attribute === 'entryUUID' ? 19 : 50].includes(code);
      }
      happened.delete = ![32, 50].includes(await trial(client, deleteRequest(base)));
      const decided = Object.keys(happened).map((right) => [right, told[right]?.isAllowed]);
      expect({ base, ...Object.fromEntries(decided) }).toEqual({ base, ...happened });
    }
    client.close();
  });

  it.each(Object.keys(PRIVILEGES))('is what happens when %s verifies and sends', async (name) => {
    for (const server of ['Own', 'Other']) {
      const told = await rightsOf(name, mailServerDn(server));
      const about = `ds-task-mail-server: ${mailServerDn(server)}`;
      const addresses = ['ds-task-mail-sender: a@example.com', 'ds-task-mail-recipient: b@example.com'];
      const add = async (right: string, ...task: Parameters<typeof taskLdif>) => {
        const { code } = await as(name).add(taskLdif(...task));
        expect({ server, right, isAllowed: told[right]?.isAllowed }).toEqual({
          server,
          right,
          isAllowed: code === 0,
        });
      };
      await add('verify', `verify-${name}-${server}`, 'ds-task-verify-mail-server', [about]);
      await add('send', `send-${name}-${server}`, 'ds-task-send-test-message', [about, ...addresses]);
    }
  });

  it('names the policies and privileges that it comes from', async () => {
    expect(await rightsOf('app', mailServerDn('Own'))).toMatchObject({
      'read ds-cfg-auth-password': { isAllowed: true, policies: ['app reads'], privileges: [] },
      'read ds-cfg-auth-username': { isAllowed: false, policies: [], privileges: [] },
      verify: { isAllowed: true, policies: ['app reads'] },
      send: { isAllowed: false },
    });
    expect(await rightsOf('keeper', mailServerDn('Own'))).toMatchObject({
      'read ds-cfg-auth-password': { isAllowed: false, reason: expect.stringContaining('secret-read') },
      'write ds-cfg-priority': { isAllowed: true, privileges: ['config-read', 'config-write'] },
      'write ds-cfg-smtp-server': { isAllowed: false, reason: expect.stringContaining('where the stored') },
    });
    expect(await rightsOf('secrets', mailServerDn('Own'))).toMatchObject({
      'write ds-cfg-smtp-server': { privileges: ['config-read', 'config-write', 'secret-read'] },
      'read ds-cfg-auth-password': { privileges: ['config-read', 'secret-read'] },
    });
    expect(await rightsOf('keeper', 'cn=effective')).toMatchObject({
      write: { isAllowed: false, reason: expect.stringContaining('read only') },
    });
  });
});

describe('the control', () => {
  it('is in the root DSE', async () => {
    const { stdout } = await administrator().search('', '-s', 'base', 'supportedControl');
    expect(stdout).toContain(`supportedControl: ${Oid.effectiveRights}`);
  });

  it('answers in the form of OpenDJ', async () => {
    const { stdout } = await ask(administrator(), `dn:${accountDn('app')}`, mailServerDn('Own'), '1.1');
    expect(stdout).toContain('aclRights;entryLevel: add:0,delete:0,read:1,write:0,proxy:0,verify:1,send:0');
    expect(stdout).toContain('aclRights;attributeLevel;ds-cfg-priority: search:1,read:1,compare:1,write:0');
    const info = await ask(administrator(), 'dn:', mailServerDn('Own'), 'aclRightsInfo');
    expect(info.stdout).toContain(
      'aclRightsInfo;logs;entryLevel;read: acl_summary(main): access not allowed(read)',
    );
  });

  it('is for who reads the configuration, or about oneself', async () => {
    const client = await RawClient.bound(server, accountDn('app'), PASSWORD);
    const own = await rightsOf('app', mailServerDn('Own'), client);
    client.close();
    expect(own.read).toMatchObject({ isAllowed: true, policies: [], reason: 'evaluated allow' });
    const refused = async (tools: LdapTools, who: string) =>
      (await ask(tools, who, mailServerDn('Own'))).code;
    expect(await refused(as('app'), `dn:${ADMIN}`)).toBe(50);
    expect(await refused(as('app'), 'dn:cn=Missing,cn=config')).toBe(50);
    expect(await refused(as('reader'), `dn:${ADMIN}`)).toBe(0);
    expect(await refused(as('reader'), 'dn:cn=Missing,cn=config')).toBe(32);
    expect(await refused(as('reader'), 'nonsense')).toBe(32);
  });

  it('shows nothing of entries that the requester may not read', async () => {
    expect((await ask(as('app'), `dn:${accountDn('app')}`, mailServerDn('Other'))).code).toBe(32);
  });

  it('needs a policy that allows it', async () => {
    const controls = 'ds-cfg-allowed-control';
    const change = (line: string) =>
      administrator().modify(
        `dn: ${policyDn('app reads')}\nchangetype: modify\n${line}: ${controls}\n${controls}: GetEffectiveRights\n`,
      );
    expect((await change('delete')).code).toBe(0);
    expect((await ask(as('app'), `dn:${accountDn('app')}`, mailServerDn('Own'))).code).toBe(12);
    expect((await change('add')).code).toBe(0);
    expect((await ask(as('app'), `dn:${accountDn('app')}`, mailServerDn('Own'))).code).toBe(0);
  });
});

describe('confdit access', () => {
  const confdit = (...words: readonly string[]) => confditFor(server)('access', ...words);

  it('prints the decisions and what they come from', async () => {
    const { code, stdout } = await confdit('--who', 'app', '--entry', mailServerDn('Own'));
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.split(' : ').map((cell) => cell.trim()));
    expect(lines).toContainEqual(['ds-cfg-auth-password', 'read', 'yes', 'policy "app reads"']);
    expect(lines).toContainEqual([
      'ds-cfg-auth-username',
      'read',
      'no',
      'no access control policy allows it',
    ]);
    expect(lines).toContainEqual(['(entry)', 'verify', 'yes', 'policy "app reads"']);
    expect(lines.some(([name]) => name === 'ds-cfg-use-ssl')).toBe(true);
  });

  it('prints JSON', async () => {
    const { stdout } = await confdit('--who', accountDn('keeper'), '--entry', mailServerDn('Own'), '--json');
    const told: unknown = JSON.parse(stdout);
    const own = { right: 'write', attribute: 'ds-cfg-priority', allowed: true };
    expect(told).toMatchObject({
      entry: mailServerDn('Own'),
      rights: expect.arrayContaining([expect.objectContaining(own)]),
    });
  });

  it('refuses what is not there', async () => {
    expect(await confdit('--who', 'nobody', '--entry', mailServerDn('Own'))).toMatchObject({ code: 32 });
    expect(await confdit('--who', 'app', '--entry', mailServerDn('Missing'))).toMatchObject({ code: 32 });
    expect((await confdit('--who', 'app')).code).not.toBe(0);
  });
});
