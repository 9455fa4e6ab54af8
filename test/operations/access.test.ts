import { beforeAll, describe, expect, it } from 'vitest';
import {
  addRequest,
  bindRequest,
  changeKinds,
  compareRequest,
  deleteRequest,
  equalityFilter,
  extendedRequest,
  modifyDnRequest,
  modifyRequest,
  notFilter,
  orFilter,
  presentFilter,
  searchRequest,
  substringsFilter,
  tlv,
} from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { addAccount, addMailServer, MAIL_SERVERS, mailServerDn, makeAll, ROOT_DNS } from './entries.ts';

const SECRET = 'the-smtp-password';
const name = mailServerDn('One');
const inForce = 'cn=One,cn=Mail Servers,cn=effective';
const replace = modifyRequest(name, [[changeKinds.replace, 'ds-cfg-smtp-property', ['a=b']]]);

let server: RunningServer;
let administrator: RawClient;

beforeAll(async () => {
  server = await startServer();
  administrator = await RawClient.bound(server);
  await makeAll(administrator, [
    addMailServer('One', { 'ds-cfg-auth-username': 'user', 'ds-cfg-auth-password': SECRET }),
    addAccount('reader', 'reader-password', ['config-read']),
    addAccount('secret reader', 'reader-password', ['config-read', 'secret-read']),
    addAccount('writer', 'writer-password', ['config-read', 'config-write']),
    addAccount('nothing', 'nothing-password', []),
    addAccount('blind writer', 'writer-password', ['config-write']),
  ]);
});

function boundAs(account: string, password: string): Promise<RawClient> {
  return RawClient.bound(server, `cn=${account},${ROOT_DNS}`, password);
}

describe('nobody in particular', () => {
  const clients: readonly (readonly [string, () => Promise<RawClient>])[] = [
    ['anonymous', () => RawClient.connect(server)],
    ['an account without privileges', () => boundAs('nothing', 'nothing-password')],
    [
      'an account after an anonymous bind',
      async () => {
        const client = await RawClient.bound(server);
        await client.request(bindRequest('', ''));
        return client;
      },
    ],
  ];

  it.each(clients)('%s: reads the root DSE and the schema', async (_, connect) => {
    const client = await connect();
    expect((await client.request(searchRequest(''))).entries).toHaveLength(1);
    expect((await client.request(searchRequest('cn=schema', { attributes: ['+'] }))).entries).toHaveLength(1);
    expect(await client.request(compareRequest('', 'objectClass', 'top'))).toMatchObject({ code: 6 });
    expect(await client.request(extendedRequest('1.3.6.1.4.1.4203.1.11.3'))).toMatchObject({ code: 0 });
  });

  it.each(clients)('%s: finds no more than these below the root', async (_, connect) => {
    const client = await connect();
    const { code, entries } = await client.request(searchRequest('', { scope: 2 }));
    expect({ code, names: entries.map(({ dn }) => dn) }).toEqual({ code: 0, names: ['cn=schema'] });
  });

  it.each(clients)('%s: may do nothing else, and does not learn what is there', async (_, connect) => {
    const client = await connect();
    const nobody = mailServerDn('Nobody');
    for (const request of [
      searchRequest('cn=config'),
      searchRequest(MAIL_SERVERS, { scope: 2 }),
      searchRequest('cn=effective'),
      searchRequest(name, { attributes: ['1.1'] }),
      searchRequest(nobody),
      compareRequest(name, 'cn', 'One'),
      compareRequest(nobody, 'cn', 'One'),
      addMailServer('Two'),
      addMailServer('One'),
      replace,
      deleteRequest(name),
      deleteRequest(nobody),
      modifyDnRequest(name, 'cn=Two', true),
      addRequest('cn=new,cn=effective', []),
    ]) {
      const { code, text, matchedDn, entries } = await client.request(request);
      expect({ code, matchedDn, entries }).toEqual({ code: 50, matchedDn: '', entries: [] });
      expect(text).toContain('config-read');
    }
    expect((await administrator.request(searchRequest(name))).entries).toHaveLength(1);
  });

  it('anonymous is told to bind', async () => {
    const client = await RawClient.connect(server);
    expect((await client.request(searchRequest('cn=config'))).text).toMatch(/anonymous.*[Bb]ind/);
  });
});

describe('an account with config-read', () => {
  it('reads what is written and what is in force', async () => {
    const client = await boundAs('reader', 'reader-password');
    for (const base of ['cn=config', 'cn=effective']) {
      const { code, entries } = await client.request(searchRequest(base, { scope: 2 }));
      expect(code).toBe(0);
      expect(entries.length).toBeGreaterThan(10);
    }
    expect(await client.request(compareRequest(name, 'cn', 'one'))).toMatchObject({ code: 6 });
  });

  it('changes nothing', async () => {
    const client = await boundAs('reader', 'reader-password');
    const self = `cn=reader,${ROOT_DNS}`;
    for (const request of [
      addMailServer('Two'),
      replace,
      deleteRequest(name),
      deleteRequest(mailServerDn('Nobody')),
      modifyDnRequest(name, 'cn=Two', true),
      modifyRequest(self, [[changeKinds.add, 'ds-privilege-name', ['config-write']]]),
      modifyRequest(self, [[changeKinds.replace, 'userPassword', ['another-password']]]),
    ]) {
      expect(await client.request(request)).toMatchObject({
        code: 50,
        text: expect.stringContaining('config-write'),
      });
    }
  });
});

describe('an account with config-write only', () => {
  it('changes nothing either: a change tells what is there', async () => {
    const client = await boundAs('blind writer', 'writer-password');
    expect(await client.request(replace)).toMatchObject({
      code: 50,
      text: expect.stringContaining('config-read'),
    });
  });
});

describe('an account with config-read and config-write', () => {
  it('adds, changes and deletes', async () => {
    const client = await boundAs('writer', 'writer-password');
    const two = mailServerDn('Two');
    await makeAll(client, [
      addMailServer('Two'),
      modifyRequest(two, [[changeKinds.replace, 'ds-cfg-smtp-property', ['a=b']]]),
      deleteRequest(two),
    ]);
  });

  it('may write a secret, and not read it', async () => {
    const client = await boundAs('writer', 'writer-password');
    const three = mailServerDn('Three');
    await makeAll(client, [
      addMailServer('Three', { 'ds-cfg-auth-username': 'u', 'ds-cfg-auth-password': SECRET }),
    ]);
    const { entries } = await client.request(searchRequest(three));
    expect(entries[0]?.attributes['ds-cfg-auth-password']).toEqual(['***']);
    await makeAll(client, [deleteRequest(three)]);
  });
});

for (const [base, dn] of [
  ['cn=config', name],
  ['cn=effective', inForce],
] as const) {
  describe(`secrets in ${base}`, () => {
    const account = `cn=reader,cn=Root DNs,${base}`;

    it('are stars without secret-read, however they are asked for', async () => {
      const client = await boundAs('reader', 'reader-password');
      for (const attributes of [
        [],
        ['*'],
        ['*', '+'],
        ['ds-cfg-auth-password'],
        ['DS-CFG-AUTH-PASSWORD;x-option', '+'],
      ]) {
        const { entries } = await client.request(searchRequest(dn, { attributes }));
        expect(JSON.stringify(entries)).not.toContain(SECRET);
      }
      const { entries } = await client.request(searchRequest(dn));
      expect(entries[0]?.attributes['ds-cfg-auth-password']).toEqual(['***']);
      const own = await client.request(searchRequest(account, { attributes: ['userPassword'] }));
      expect(own.entries[0]?.attributes).toEqual({ userPassword: ['***'] });
    });

    it('are shown with secret-read', async () => {
      const client = await boundAs('secret reader', 'reader-password');
      const { entries } = await client.request(searchRequest(dn));
      expect(entries[0]?.attributes['ds-cfg-auth-password']).toEqual([SECRET]);
    });

    it('cannot be guessed with filters without secret-read', async () => {
      const attribute = 'ds-cfg-auth-password';
      const rights = equalityFilter(attribute, SECRET);
      const filters = [
        rights,
        presentFilter(attribute),
        substringsFilter(attribute, [0x80, 'the']),
        tlv(0xa5, Buffer.from('0414', 'hex'), Buffer.from(attribute), Buffer.from('040161', 'hex')),
        notFilter(equalityFilter(attribute, 'wrong')),
        orFilter(equalityFilter('cn', 'nobody'), rights),
        notFilter(presentFilter(attribute)),
        equalityFilter('DS-CFG-auth-password', SECRET),
        // The same as an extensible match, with the attribute and without.
        tlv(
          0xa9,
          Buffer.concat([Buffer.from([0x82, attribute.length]), Buffer.from(attribute)]),
          tlv(0x83, Buffer.from(SECRET)),
        ),
        tlv(0xa9, tlv(0x81, Buffer.from('2.5.13.17')), tlv(0x83, Buffer.from(SECRET))),
      ];
      const reader = await boundAs('reader', 'reader-password');
      const secretReader = await boundAs('secret reader', 'reader-password');
      for (const filter of filters) {
        for (const scope of [0, 2]) {
          const found = await reader.request(searchRequest(dn, { scope, filter }));
          expect({ code: found.code, entries: found.entries }).toEqual({ code: 0, entries: [] });
        }
      }
      expect((await secretReader.request(searchRequest(dn, { filter: rights }))).entries).toHaveLength(1);
      expect(
        (await secretReader.request(searchRequest(base, { scope: 2, filter: rights }))).entries,
      ).toHaveLength(1);
    });

    it('cannot be guessed with compares without secret-read', async () => {
      const reader = await boundAs('reader', 'reader-password');
      const secretReader = await boundAs('secret reader', 'reader-password');
      for (const value of [SECRET, 'wrong', '***']) {
        expect(await reader.request(compareRequest(dn, 'ds-cfg-auth-password', value))).toMatchObject({
          code: 50,
        });
        expect(await reader.request(compareRequest(account, 'userPassword', value))).toMatchObject({
          code: 50,
        });
      }
      expect(await secretReader.request(compareRequest(dn, 'ds-cfg-auth-password', SECRET))).toMatchObject({
        code: 6,
      });
      expect(await secretReader.request(compareRequest(dn, 'ds-cfg-auth-password', 'wrong'))).toMatchObject({
        code: 5,
      });
    });
  });
}

describe('privileges', () => {
  it('act at once, and are gone with the account', async () => {
    await makeAll(administrator, [addAccount('short', 'short-password', ['config-read'])]);
    const client = await boundAs('short', 'short-password');
    const config = searchRequest('cn=config');
    expect(await client.request(config)).toMatchObject({ code: 0 });
    const short = `cn=short,${ROOT_DNS}`;
    await makeAll(administrator, [modifyRequest(short, [[changeKinds.delete, 'ds-privilege-name', []]])]);
    expect(await client.request(config)).toMatchObject({ code: 50 });
    await makeAll(administrator, [deleteRequest(short)]);
    expect(await client.request(bindRequest(short, 'short-password'))).toMatchObject({ code: 49 });
  });

  it('a changed password is asked for at once, the old one is not taken any more', async () => {
    await makeAll(administrator, [addAccount('changing', 'first-password', ['config-read'])]);
    const changing = `cn=changing,${ROOT_DNS}`;
    const client = await RawClient.connect(server);
    expect(await client.request(bindRequest(changing, 'first-password'))).toMatchObject({ code: 0 });
    await makeAll(administrator, [
      modifyRequest(changing, [[changeKinds.replace, 'userPassword', ['second-password']]]),
    ]);
    expect(await client.request(bindRequest(changing, 'first-password'))).toMatchObject({ code: 49 });
    expect(await client.request(bindRequest(changing, 'second-password'))).toMatchObject({ code: 0 });
  });
});

it('no secret is in the log', async () => {
  await server.waitForLog(({ msg, dn }) => msg === 'modify' && dn === `cn=changing,${ROOT_DNS}`);
  const logged = JSON.stringify(server.logLines());
  for (const secret of [SECRET, 'reader-password', 'first-password', 'second-password', server.password]) {
    expect(logged).not.toContain(secret);
  }
});
