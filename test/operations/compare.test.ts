import { beforeAll, describe, expect, it } from 'vitest';
import { compareRequest } from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from './entries.ts';

const name = mailServerDn('One');
const effective = 'cn=One,cn=Mail Servers,cn=effective';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  await makeAll(client, [
    addMailServer('One', {
      'ds-cfg-auth-username': 'User',
      'ds-cfg-auth-password': 'secret',
      'ds-cfg-smtp-property': ['a=b', 'c=d'],
    }),
  ]);
});

describe('a compare', () => {
  it.each([
    ['the value as it is', name, 'cn', 'One', 6],
    ['a value that is equal under the rule', 'CN = one,cn=Mail  Servers,cn=config', 'CN', ' oNE ', 6],
    ['an OID for the attribute', name, '2.5.4.3', 'one', 6],
    ['one of several values', name, 'ds-cfg-smtp-property', 'c=d', 6],
    ['a boolean in any case', name, 'ds-cfg-enabled', 'TRUE', 6],
    ['a class', name, 'objectClass', 'ds-cfg-mail-server', 6],
    ['a secret, for who may read it', name, 'ds-cfg-auth-password', 'secret', 6],
    ['an operational attribute', name, 'creatorsName', ADMINISTRATOR.toUpperCase(), 6],
    ['another value', name, 'cn', 'Two', 5],
    ['another case where case matters', name, 'ds-cfg-auth-username', 'user', 5],
    ['a wrong secret', name, 'ds-cfg-auth-password', 'Secret', 5],
    ['what is in force by default', effective, 'ds-cfg-use-start-tls', 'true', 6],
    ['what is not in force', effective, 'ds-cfg-use-ssl', 'true', 5],
    ['the root DSE', '', 'objectClass', 'TOP', 6],
    ['an attribute that has no equality', '', 'supportedLDAPVersion', '3', 18],
    ['the schema', 'cn=schema', 'objectClass', 'subschema', 6],
    ['an attribute the entry has not', name, 'description', 'x', 16],
    ['a default that is not written', name, 'ds-cfg-use-ssl', 'false', 16],
    ['an option the attribute has not', name, 'cn;lang-de', 'One', 16],
    ['an attribute nobody knows', name, 'unknown', 'x', 17],
    ['no attribute', name, '', 'x', 17],
    ['a value that cannot be one', name, 'ds-cfg-enabled', 'maybe', 18],
    ['an entry that is not there', mailServerDn('Two'), 'cn', 'Two', 32],
    ['an entry outside of all trees', 'dc=example,dc=com', 'dc', 'example', 32],
    ['a name that is none', 'One', 'cn', 'One', 34],
  ])('%s', async (_, dn, attribute, value, code) => {
    expect(await client.request(compareRequest(dn, attribute, value))).toMatchObject({ code });
  });

  it('says how far the name is there', async () => {
    const { code, matchedDn } = await client.request(compareRequest(mailServerDn('Two'), 'cn', 'x'));
    expect({ code, matchedDn }).toEqual({ code: 32, matchedDn: MAIL_SERVERS });
  });
});
