// Renames and policies: an entry keeps what is hidden of it, whatever name somebody gives it who may not read that.

import { beforeAll, describe, expect, it } from 'vitest';
import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { backendLdif } from '../memory/memory-backend-support.ts';
import { controlWith } from '../operations/controls/control-client.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { extendedRequest, modifyDnRequest } from '../support/ber-bytes.ts';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { taskLdif } from '../support/tasks.ts';
import { mailServerDn, mailServerLdif, policyDn, policyLdif } from './policies.ts';

const PASSWORD = 'a password';
const SECRET = 'the secret of Other';
const SECRET_ATTRIBUTE = 'ds-cfg-auth-password';

let server: RunningServer;
let administrator: LdapTools;

async function succeeds(result: Promise<ProgramResult>): Promise<void> {
  const { code, stdout, stderr } = await result;
  expect({ code, text: stdout + stderr }).toMatchObject({ code: 0 });
}

/** An account that may rename every mail server, and do one thing more with those of some names. */
function senderPolicies(): readonly string[] {
  return [
    ['sees', 'read', '*', mailServerDn('*')],
    ['renames', 'write', 'cn', mailServerDn('*')],
    ['sends', 'send', [], mailServerDn('send-*')],
    ['verifies', 'verify', [], mailServerDn('verify-*')],
    ['writes', 'write', ['cn', 'ds-cfg-priority'], mailServerDn('write-*')],
  ].map(([what = '', permission = '', attributes = '', target = '']) =>
    policyLdif(`sender ${what}`, {
      permission,
      'allowed-attribute': attributes,
      'user-dn-equal-to': accountDn('sender'),
      'request-target-dn-equal-to': target,
    }),
  );
}

beforeAll(async () => {
  server = await startServer();
  administrator = new LdapTools(server);
  const login = [
    'ds-cfg-smtp-server: mail.example.com',
    'ds-cfg-auth-username: me',
    `${SECRET_ATTRIBUTE}: ${SECRET}`,
  ];
  const reader = (who: string, ...targets: readonly string[]) =>
    policyLdif(`${who} reads`, {
      permission: 'read',
      'allowed-attribute': ['*', SECRET_ATTRIBUTE],
      'user-dn-equal-to': accountDn(who),
      'request-target-dn-equal-to': targets,
    });
  await succeeds(
    administrator.add(
      [
        mailServerLdif('Other', ...login),
        mailServerLdif('Without', 'ds-cfg-smtp-server: mail.example.com'),
        backendLdif('', 'places', 'o=places'),
        accountLdif('app', { password: PASSWORD }),
        accountLdif('sender', { password: PASSWORD }),
        ...senderPolicies(),
        accountLdif('keeper', {
          password: PASSWORD,
          privileges: ['config-read', 'config-write', 'changelog-read'],
        }),
        accountLdif('reader', {
          password: PASSWORD,
          privileges: ['config-read', 'config-write', 'secret-read'],
        }),
        reader('app', mailServerDn('app-*'), mailServerDn('Gone')),
        reader('keeper', mailServerDn('keeper-*')),
        mailServerLdif('Named'),
        policyLdif('app reads one', {
          permission: 'read',
          'allowed-attribute': ['*', SECRET_ATTRIBUTE],
          'user-dn-equal-to': accountDn('app'),
          'request-target-dn-equal-to': mailServerDn('Named'),
        }),
        policyLdif('app writes', {
          permission: 'write',
          'allowed-attribute': '*',
          'user-dn-equal-to': accountDn('app'),
          'request-target-dn-equal-to': ['*,cn=Mail Servers,cn=config', 'ou=Part*,**', 'ou=Moved,**'],
        }),
      ].join('\n'),
    ),
  );
  const unit = (dn: string) =>
    `dn: ${dn}\nobjectClass: organizationalUnit\nou: ${/^ou=(\w+)/.exec(dn)?.[1]}\n`;
  const units = ['ou=Parts,', 'ou=Hidden,ou=Parts,'].map((ou) => `${ou}o=places`);
  await succeeds(
    administrator.add(
      ['dn: o=places\nobjectClass: organization\no: places\n', ...units.map(unit)].join('\n'),
    ),
  );
});

const as = (who: string) => new LdapTools({ url: server.url, password: PASSWORD }, accountDn(who));
const rename = async (who: string, from: string, to: string) => {
  const { code, stdout, stderr } = await as(who).run('ldapmodrdn', ['-r', from, to]);
  return { code, text: stdout + stderr };
};
const renamed = async (who: string, from: string, to: string) =>
  expect(await rename(who, from, to)).toMatchObject({ code: 0 });
const secretIsSeenBy = async (who: string) =>
  (await as(who).search('cn=config', SECRET_ATTRIBUTE)).stdout.includes(SECRET);

describe('a mail server with a secret', () => {
  it.each([
    ['the pattern of its own policy, by an account with policies', 'app', 'app-x'],
    ['the pattern of its own policy, by an account with privileges', 'keeper', 'keeper-x'],
    ['the pattern of the policy of somebody else', 'keeper', 'app-x'],
    ['a name that a policy has still', 'keeper', 'Gone'],
    ['a name in another spelling', 'keeper', 'APP-X'],
  ])('does not come under %s', async (_, who, to) => {
    const text = expect.stringContaining('would show more');
    expect(await rename(who, mailServerDn('Other'), `cn=${to}`)).toMatchObject({ code: 50, text });
    expect([await secretIsSeenBy('app'), await secretIsSeenBy('keeper')]).toEqual([false, false]);
  });

  it('does not come there by a transaction, step by step', async () => {
    const client = await RawClient.bound(server, accountDn('keeper'), PASSWORD);
    const { value: id = '' } = await client.request(extendedRequest(Oid.startTransaction));
    for (const [from, to] of [
      ['Other', 'Between'],
      ['Between', 'app-x'],
    ] as const) {
      await client.request(modifyDnRequest(mailServerDn(from), `cn=${to}`, true), [
        controlWith(Oid.transaction, id),
      ]);
    }
    const end = Buffer.from(octetsFromText(writeEndTransaction({ isCommit: true, id })));
    expect((await client.request(extendedRequest(Oid.endTransaction, end))).code).toBe(50);
    client.close();
    expect(await secretIsSeenBy('app')).toBe(false);
  });

  it('may get any other name, and its policies follow', async () => {
    await renamed('keeper', mailServerDn('Other'), 'cn=Further');
    await renamed('keeper', mailServerDn('Further'), 'cn=Other');
  });

  it('is not shown by a policy for another one that is renamed to a star', async () => {
    await renamed('keeper', mailServerDn('Named'), 'cn=O*');
    const [policy] = await administrator.entries(policyDn('app reads one'));
    expect(policy?.values('ds-cfg-request-target-dn-equal-to')).toEqual([mailServerDn('O\\2a')]);
    const seen = await as('app').entries('cn=config', '(objectClass=ds-cfg-mail-server)', '1.1');
    expect(seen.map(({ dn }) => dn.toString())).toEqual([mailServerDn('O*')]);
  });

  it('may be shown by whoever reads it', async () => {
    await renamed('reader', mailServerDn('Other'), 'cn=app-x');
    expect(await secretIsSeenBy('app')).toBe(true);
    await renamed('reader', mailServerDn('app-x'), 'cn=Other');
  });

  it('does not come back there by a rollback', async () => {
    await renamed('reader', mailServerDn('Other'), 'cn=keeper-x');
    const [root] = await administrator.entries('', '-s', 'base', 'lastChangeNumber');
    const shown = Number(root?.first('lastchangenumber'));
    await renamed('reader', mailServerDn('keeper-x'), 'cn=Other');
    const client = await RawClient.bound(server, accountDn('keeper'), PASSWORD);
    const back = await client.request(extendedRequest(Oid.rollback, JSON.stringify({ to: shown })));
    expect(back).toMatchObject({ code: 50, text: expect.stringContaining('would show more') });
    expect(await secretIsSeenBy('keeper')).toBe(false);
    // Where the name is taken, the rollback deletes and adds, and comes to the same.
    const taken = `dn: ${mailServerDn('keeper-x')}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true\n`;
    const added = await as('keeper').add(`${taken}ds-cfg-smtp-server: smtp.keeper.example\n`);
    expect(added.code, added.stderr).toBe(0);
    const again = await client.request(extendedRequest(Oid.rollback, JSON.stringify({ to: shown })));
    expect(again).toMatchObject({ code: 50, text: expect.stringContaining('would show more') });
    client.close();
    expect(await secretIsSeenBy('keeper')).toBe(false);
    await administrator.delete(mailServerDn('keeper-x'));
  });
});

describe('an account that may rename', () => {
  const lines = (name: string) => [
    `ds-task-mail-server: ${mailServerDn(name)}`,
    'ds-task-mail-sender: a@example.com',
    'ds-task-mail-recipient: b@example.com',
  ];
  const sends = async (id: string, name: string) =>
    (await as('sender').add(taskLdif(id, 'ds-task-send-test-message', lines(name)))).code;

  it.each([
    ['send mail by', 'Other', 'send-x'],
    ['verify', 'Other', 'verify-x'],
    ['change more of', 'Other', 'write-x'],
  ])('gives itself no right to %s an entry by its name', async (act, from, to) => {
    const text = expect.stringContaining(act);
    expect(await rename('sender', mailServerDn(from), `cn=${to}`)).toMatchObject({ code: 50, text });
  });

  it('does not send by what it has tried to rename, and renames to all other names', async () => {
    await rename('sender', mailServerDn('Other'), 'cn=send-x');
    // Under the new name there is none.
    expect([await sends('old-name', 'Other'), await sends('new-name', 'send-x')]).toEqual([50, 53]);
    await renamed('sender', mailServerDn('Other'), 'cn=Another');
    await renamed('sender', mailServerDn('Another'), 'cn=Other');
  });
});

describe('an entry without secrets', () => {
  it('goes anywhere for whoever sees it all', async () => {
    await renamed('keeper', mailServerDn('Without'), 'cn=keeper-without');
    await renamed('keeper', mailServerDn('keeper-without'), 'cn=Without');
  });

  it('does not come where its author would read it', async () => {
    const text = expect.stringContaining('would show more');
    expect(await rename('app', mailServerDn('Without'), 'cn=app-x')).toMatchObject({ code: 50, text });
  });

  it('takes nothing along that may not be moved', async () => {
    const { code, text } = await rename('app', 'ou=Parts,o=places', 'ou=Moved');
    expect({ code, text }).toMatchObject({
      code: 66,
      text: expect.stringContaining('neither deleted nor moved'),
    });
    expect(text).not.toContain('Hidden');
  });
});
