import { beforeAll, describe, expect, it } from 'vitest';
import { writeAssertion } from '../../../src/codec/entry-controls.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import {
  compareRequest,
  control,
  deleteRequest,
  equalityFilter,
  extendedRequest,
  searchRequest,
} from '../../support/ber-bytes.ts';
import { readReadEntryResult, writeReadEntry, writeValuesFilter } from '../../support/control-values.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { addAccount, addMailServer, MAIL_SERVERS, mailServerDn, makeAll } from '../entries.ts';
import { controlValue, controlWith, replace } from './control-client.ts';

const NO_OPERATION = 0x410e;
const RELAX = '1.3.6.1.4.1.4203.666.5.12';
const PROVIDERS = 'cn=Trust Manager Providers,cn=config';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
});

async function exists(dn: string): Promise<boolean> {
  return (await client.request(searchRequest(dn))).code === 0;
}

async function enabled(dn: string): Promise<readonly string[] | undefined> {
  return (await client.request(searchRequest(dn))).entries[0]?.attributes['ds-cfg-enabled'];
}

describe('criticality', () => {
  it('an unknown critical control is refused next to known ones, and nothing is done', async () => {
    const add = addMailServer('Unknown Control');
    const known = controlWith(Oid.postRead, writeReadEntry(['cn']));
    expect((await client.request(add, [known, control('1.2.3.4', true)])).code).toBe(12);
    expect((await client.request(add, [control('1.2.3.4', true), known])).code).toBe(12);
    expect(await exists(mailServerDn('Unknown Control'))).toBe(false);
  });

  it('an unknown control that is not critical is passed over', async () => {
    expect((await client.request(searchRequest(MAIL_SERVERS), [control('1.2.3.4')])).code).toBe(0);
  });

  it('a known critical control on a request that it says nothing about is refused', async () => {
    const critical = await client.request(searchRequest(MAIL_SERVERS), [control(Oid.noOp, true)]);
    expect([critical.code, critical.text]).toEqual([12, expect.stringContaining('no-op')]);
    expect((await client.request(searchRequest(MAIL_SERVERS), [control(Oid.noOp)])).code).toBe(0);
    expect((await client.request(extendedRequest(Oid.whoAmI), [control(Oid.assertion, true)])).code).toBe(12);
  });

  it('a value that is not what it should be is a protocol error, critical or not', async () => {
    for (const isCritical of [true, false]) {
      const wrong = control(Oid.assertion, isCritical, 'not a filter');
      expect((await client.request(searchRequest(MAIL_SERVERS), [wrong])).code).toBe(2);
    }
    expect(
      (await client.request(searchRequest(MAIL_SERVERS), [control(Oid.manageDsaIt, true, 'x')])).code,
    ).toBe(2);
    expect((await client.request(searchRequest(MAIL_SERVERS))).code).toBe(0);
  });

  it('a control that is there twice is a protocol error', async () => {
    const twice = [control(Oid.manageDsaIt), control(Oid.manageDsaIt)];
    expect((await client.request(searchRequest(MAIL_SERVERS), twice)).code).toBe(2);
  });

  it('relaxed rules are refused', async () => {
    const answer = await client.request(addMailServer('Relaxed'), [control(RELAX, true)]);
    expect(answer.code).toBe(12);
  });

  it("don't use copy and manage DSA IT are obeyed, because nothing here is a copy or a referral", async () => {
    const controls = [control(Oid.dontUseCopy, true), control(Oid.manageDsaIt, true)];
    expect((await client.request(searchRequest(MAIL_SERVERS), controls)).code).toBe(0);
    expect((await client.request(searchRequest(MAIL_SERVERS), [control(Oid.dontUseCopy)])).code).toBe(2);
  });
});

describe('assertion (RFC 4528)', () => {
  const dn = mailServerDn('Asserted');
  const isEnabled = (value: string) =>
    controlWith(Oid.assertion, writeAssertion({ type: 'equalityMatch', attribute: 'ds-cfg-enabled', value }));

  beforeAll(() => makeAll(client, [addMailServer('Asserted')]));

  it('a change is made when the assertion is true and refused with 122 when it is not', async () => {
    expect((await client.request(replace(dn, 'ds-cfg-enabled', 'false'), [isEnabled('false')])).code).toBe(
      122,
    );
    expect(await enabled(dn)).toEqual(['true']);
    expect((await client.request(replace(dn, 'ds-cfg-enabled', 'false'), [isEnabled('true')])).code).toBe(0);
    expect(await enabled(dn)).toEqual(['false']);
  });

  it('it comes before all else that is wrong with the change', async () => {
    expect((await client.request(replace(dn, 'ds-cfg-enabled', 'maybe'), [isEnabled('true')])).code).toBe(
      122,
    );
    expect((await client.request(deleteRequest(mailServerDn('None')), [isEnabled('true')])).code).toBe(32);
  });

  it('holds for search, compare, delete and add too', async () => {
    expect((await client.request(searchRequest(dn), [isEnabled('true')])).code).toBe(122);
    expect((await client.request(searchRequest(dn), [isEnabled('false')])).entries).toHaveLength(1);
    expect((await client.request(compareRequest(dn, 'cn', 'asserted'), [isEnabled('true')])).code).toBe(122);
    expect((await client.request(compareRequest(dn, 'cn', 'asserted'), [isEnabled('false')])).code).toBe(6);
    expect((await client.request(deleteRequest(dn), [isEnabled('true')])).code).toBe(122);
    expect((await client.request(addMailServer('Asserted 2'), [isEnabled('false')])).code).toBe(122);
    expect(await exists(mailServerDn('Asserted 2'))).toBe(false);
    expect((await client.request(addMailServer('Asserted 2'), [isEnabled('true')])).code).toBe(0);
  });

  it('tells nothing about a secret to somebody who may not read it', async () => {
    await makeAll(client, [
      addAccount('Blind', 'a-good-password-1', ['config-read', 'config-write']),
      addMailServer('Secretive', { 'ds-cfg-auth-username': 'u', 'ds-cfg-auth-password': 'hunter2' }),
    ]);
    const blind = await RawClient.bound(server, 'cn=Blind,cn=Root DNs,cn=config', 'a-good-password-1');
    const guess = controlWith(
      Oid.assertion,
      writeAssertion({ type: 'equalityMatch', attribute: 'ds-cfg-auth-password', value: 'hunter2' }),
    );
    expect((await blind.request(searchRequest(mailServerDn('Secretive')), [guess])).code).toBe(122);
    expect((await client.request(searchRequest(mailServerDn('Secretive')), [guess])).code).toBe(0);
  });
});

describe('pre-read and post-read (RFC 4527)', () => {
  const before = controlWith(Oid.preRead, writeReadEntry(['ds-cfg-enabled']));
  const after = controlWith(Oid.postRead, writeReadEntry(['ds-cfg-enabled', 'entryUUID']));

  it('show the entry before and after a modify, with the attributes asked for', async () => {
    const dn = mailServerDn('Read');
    await makeAll(client, [addMailServer('Read')]);
    const answer = await client.request(replace(dn, 'ds-cfg-enabled', 'false'), [before, after]);
    const was = readReadEntryResult(controlValue(answer, Oid.preRead));
    const is = readReadEntryResult(controlValue(answer, Oid.postRead));
    expect(was.attributes.map(({ key, values }) => [key, values])).toEqual([['ds-cfg-enabled', ['true']]]);
    expect(is.values('ds-cfg-enabled')).toEqual(['false']);
    expect(is.first('entryuuid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(is.dn.toString()).toBe(dn);
  });

  it('show what was added and what was deleted', async () => {
    const added = await client.request(addMailServer('Come and Gone'), [after]);
    expect(readReadEntryResult(controlValue(added, Oid.postRead)).values('ds-cfg-enabled')).toEqual(['true']);
    const deleted = await client.request(deleteRequest(mailServerDn('Come and Gone')), [before]);
    expect(readReadEntryResult(controlValue(deleted, Oid.preRead)).values('ds-cfg-enabled')).toEqual([
      'true',
    ]);
    expect((await client.request(deleteRequest(mailServerDn('Read')), [after])).code).toBe(12);
  });

  it('show secrets as stars to somebody who may not read them', async () => {
    const blind = await RawClient.bound(server, 'cn=Blind,cn=Root DNs,cn=config', 'a-good-password-1');
    const read = controlWith(Oid.postRead, writeReadEntry(['ds-cfg-auth-password']));
    const request = replace(mailServerDn('Secretive'), 'ds-cfg-enabled', 'false');
    const secretOf = async (who: RawClient) => {
      const answer = await who.request(request, [read]);
      return readReadEntryResult(controlValue(answer, Oid.postRead)).values('ds-cfg-auth-password');
    };
    expect(await secretOf(blind)).toEqual(['***']);
    expect(await secretOf(client)).toEqual(['hunter2']);
  });

  it('come with nothing when the change is refused', async () => {
    const answer = await client.request(replace(mailServerDn('Read'), 'ds-cfg-enabled', 'x'), [
      before,
      after,
    ]);
    expect([answer.code === 0, answer.controls.size]).toEqual([false, 0]);
  });
});

describe('no-op', () => {
  const trial = control(Oid.noOp, true);

  it('answers as OpenLDAP does and changes nothing', async () => {
    const answer = await client.request(addMailServer('Only Tried'), [trial]);
    expect([answer.code, answer.text]).toEqual([
      NO_OPERATION,
      expect.stringContaining('Nothing was changed'),
    ]);
    expect(await exists(mailServerDn('Only Tried'))).toBe(false);
    expect((await client.request(deleteRequest(mailServerDn('Read')), [trial])).code).toBe(NO_OPERATION);
    expect(await exists(mailServerDn('Read'))).toBe(true);
  });

  it('finds everything that is wrong with a change', async () => {
    const request = addMailServer('Wrong', { 'ds-cfg-use-ssl': 'true', 'ds-cfg-use-start-tls': 'true' });
    expect((await client.request(request, [trial])).code).toBe(53);
    expect((await client.request(addMailServer('Read'), [trial])).code).toBe(68);
  });

  it('shows what would be there', async () => {
    const read = controlWith(Oid.postRead, writeReadEntry(['ds-cfg-enabled']));
    const answer = await client.request(replace(mailServerDn('Read'), 'ds-cfg-enabled', 'true'), [
      trial,
      read,
    ]);
    expect(readReadEntryResult(controlValue(answer, Oid.postRead)).values('ds-cfg-enabled')).toEqual([
      'true',
    ]);
    expect(await enabled(mailServerDn('Read'))).toEqual(['false']);
  });
});

describe('subtree delete', () => {
  const all = control(Oid.subtreeDelete, true);

  it('is refused as a whole when one entry below is needed elsewhere', async () => {
    await makeAll(client, [
      addMailServer('Trusting', { 'ds-cfg-trust-manager-provider': `cn=JVM Trust Manager,${PROVIDERS}` }),
    ]);
    const answer = await client.request(deleteRequest(PROVIDERS), [all]);
    expect(answer.code).toBe(53);
    expect(await exists(`cn=JVM Trust Manager,${PROVIDERS}`)).toBe(true);
  });

  it('a delete without it stops at entries below', async () => {
    expect((await client.request(deleteRequest(MAIL_SERVERS))).code).toBe(66);
  });

  it('takes an entry without anything below it as a delete does', async () => {
    expect((await client.request(deleteRequest(mailServerDn('Trusting')), [all])).code).toBe(0);
    expect((await client.request(deleteRequest(mailServerDn('Trusting')), [all])).code).toBe(32);
  });
});

describe('proxied authorization (RFC 4370)', () => {
  const actingAs = (identity: string, critical = true) =>
    control(Oid.proxiedAuthorization, critical, identity);
  const reader = 'cn=Reader,cn=Root DNs,cn=config';

  beforeAll(() =>
    makeAll(client, [
      addAccount('Reader', 'a-good-password-1', ['config-read']),
      addAccount('Proxy', 'a-good-password-1', ['proxied-auth']),
    ]),
  );

  it('a request is done with the rights of somebody else, and only that one', async () => {
    const proxy = await RawClient.bound(server, 'cn=Proxy,cn=Root DNs,cn=config', 'a-good-password-1');
    expect((await proxy.request(searchRequest(MAIL_SERVERS))).code).toBe(50);
    expect((await proxy.request(searchRequest(MAIL_SERVERS), [actingAs(`dn:${reader}`)])).code).toBe(0);
    expect((await proxy.request(addMailServer('By Proxy'), [actingAs('u:Reader')])).code).toBe(50);
    expect((await proxy.request(addMailServer('By Proxy'), [actingAs('u:admin')])).code).toBe(0);
    expect((await proxy.request(searchRequest(MAIL_SERVERS))).code).toBe(50);
    const whoAmI = await proxy.request(extendedRequest(Oid.whoAmI), [actingAs('u:Reader')]);
    expect(whoAmI.value).toBe(`dn:${reader}`);
    expect((await proxy.request(extendedRequest(Oid.whoAmI), [actingAs('')])).value).toBe('');
    proxy.close();
  });

  it('is denied without the privilege, and for nobody', async () => {
    const plain = await RawClient.bound(server, reader, 'a-good-password-1');
    expect((await plain.request(searchRequest(MAIL_SERVERS), [actingAs('u:admin')])).code).toBe(123);
    const proxy = await RawClient.bound(server, 'cn=Proxy,cn=Root DNs,cn=config', 'a-good-password-1');
    expect((await proxy.request(searchRequest(MAIL_SERVERS), [actingAs('u:nobody')])).code).toBe(123);
    expect((await proxy.request(searchRequest(MAIL_SERVERS), [actingAs('u:admin', false)])).code).toBe(2);
    proxy.close();
    plain.close();
  });
});

describe('matched values (RFC 3876)', () => {
  it('leaves the values that were asked for', async () => {
    const value = writeValuesFilter([
      { type: 'equalityMatch', attribute: 'objectClass', value: 'ds-cfg-mail-server' },
    ]);
    const answer = await client.request(searchRequest(mailServerDn('Read')), [
      controlWith(Oid.matchedValues, value),
    ]);
    expect(answer.entries[0]?.attributes).toEqual({ objectClass: ['ds-cfg-mail-server'] });
    const filtered = searchRequest(mailServerDn('Read'), { filter: equalityFilter('cn', 'other') });
    expect((await client.request(filtered, [controlWith(Oid.matchedValues, value)])).entries).toEqual([]);
  });
});

describe("ldap-utils' options for changes", () => {
  it('-e preread, postread, assert, noop, authzid and -M', async () => {
    const tools = new LdapTools(server);
    const ldif = `dn: ${mailServerDn('Read')}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: `;
    const modify = (value: string, ...words: string[]) => tools.run('ldapmodify', words, `${ldif}${value}\n`);
    const read = await modify('true', '-e', '!preread=ds-cfg-enabled', '-e', '!postread=ds-cfg-enabled');
    expect([read.code, read.stdout]).toEqual([
      0,
      expect.stringMatching(/ds-cfg-enabled: false[\s\S]*ds-cfg-enabled: true/),
    ]);
    expect((await modify('false', '-e', '!noop')).stderr).toContain('Nothing was changed');
    expect(await enabled(mailServerDn('Read'))).toEqual(['true']);
    expect((await modify('false', '-e', '!assert=(ds-cfg-enabled=false)')).code).toBe(122);
    expect((await modify('false', '-M', '-e', '!authzid=u:admin')).code).toBe(0);
    expect((await modify('false', '-e', '!relax')).code).toBe(12);
    expect((await tools.run('ldapdelete', ['-r', mailServerDn('Read')])).code).toBe(0);
  });
});
