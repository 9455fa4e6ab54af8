// Requests that come right behind a change that proves the current password: they wait for its answer.

import { expect, it } from 'vitest';
import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import {
  changeKinds,
  control,
  extendedRequest,
  modifyRequest,
  octets,
  sequence,
} from '../support/ber-bytes.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { startServer } from '../support/start-server.ts';

const POLICY = 'cn=ordered,cn=Password Policies,cn=config';
const FIRST = 'green-lamp-quiet-72';
const SECOND = 'brown-lamp-quiet-73';
const THIRD = 'white-lamp-quiet-74';

it('an owner changes its password in the order of its requests', async () => {
  const dn = accountDn('ordered');
  const server = await startServer();
  const tools = new LdapTools(server);
  const lines = [`ds-pwp-password-policy-dn: ${POLICY}`];
  const privileges = ['config-read', 'config-write', 'password-reset'];
  const policy = `dn: ${POLICY}\nobjectClass: ds-cfg-password-policy\nds-cfg-password-change-requires-current-password: true\n`;
  const added = await tools.add(
    [policy, accountLdif('ordered', { password: FIRST, privileges, lines })].join('\n'),
  );
  expect(added).toMatchObject({ code: 0, stderr: '' });
  const session = await RawClient.bound(server, dn, FIRST);
  const described = (text: string) => [changeKinds.replace, 'description', [text]] as const;
  const changed = (old: string, password: string, text: string) =>
    modifyRequest(dn, [
      [changeKinds.delete, 'userPassword', [old]],
      [changeKinds.add, 'userPassword', [password]],
      described(text),
    ]);
  const passwd = (old: string, password: string) =>
    extendedRequest(Oid.passwordModify, sequence(octets(old, 0x81), octets(password, 0x82)));
  const codesOf = async (...requests: readonly Buffer[]) =>
    (await Promise.all(requests.map((request) => session.request(request)))).map(({ code }) => code);
  const description = async () => (await tools.entries(dn, '-s', 'base'))[0]?.first('description');

  const plain = modifyRequest(dn, [described('last')]);
  expect(await codesOf(changed(FIRST, SECOND, 'one'), changed(SECOND, THIRD, 'two'), plain)).toEqual([
    0, 0, 0,
  ]);
  expect(await description()).toBe('last');
  const first = modifyRequest(dn, [described('first')]);
  expect(await codesOf(passwd(THIRD, FIRST), first, changed(FIRST, SECOND, 'second'))).toEqual([0, 0, 0]);
  expect(await description()).toBe('second');
  expect(await codesOf(passwd(SECOND, THIRD), passwd(THIRD, FIRST))).toEqual([0, 0]);

  const { value: id = '' } = await session.request(extendedRequest(Oid.startTransaction));
  const end = octetsFromText(writeEndTransaction({ isCommit: true, id }));
  const together = [
    session.request(changed(FIRST, SECOND, 'together'), [control(Oid.transaction, true, id)]),
    session.request(extendedRequest(Oid.endTransaction, end)),
  ];
  expect((await Promise.all(together)).map(({ code }) => code)).toEqual([0, 0]);
  expect(await description()).toBe('together');
  (await RawClient.bound(server, dn, SECOND)).close();
  session.close();
});
