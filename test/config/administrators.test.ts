import { describe, expect, it } from 'vitest';
import { bindNameKey } from '../../src/config/checks/administrator-check.ts';
import { decodeObject } from '../../src/config/decode-object.ts';
import { PRIVILEGES, rootDnUser } from '../../src/config/objects/root-dn-user.ts';
import { ReadingMemo } from '../../src/config/reading-memo.ts';
import { account, Configuration, openSources, theOne, without } from './configuration.ts';

describe('administrators', () => {
  it('keep the last one who can change the configuration', async () => {
    const configuration = await Configuration.open([account('A')]);
    expect(theOne(configuration.checkDelete('cn=A,cn=Root DNs,cn=config'), '53')).toContain(
      'the last account',
    );
    expect(
      theOne(configuration.checkPut(account('A', { 'ds-privilege-name': 'config-read' })), '53'),
    ).toContain('cannot lose its password');
    theOne(configuration.checkPut(without(account('A'), 'userpassword')), '53');
  });

  it('may go while another one stays', async () => {
    const configuration = await Configuration.open([account('A'), account('B')]);
    expect(configuration.checkDelete('cn=A,cn=Root DNs,cn=config')).toEqual([]);
    expect(configuration.checkPut(without(account('A'), 'userpassword'))).toEqual([]);
  });

  it('without a password count for nothing', async () => {
    const configuration = await Configuration.open([account('A'), without(account('B'), 'userpassword')]);
    theOne(configuration.checkDelete('cn=A,cn=Root DNs,cn=config'), '53');
    expect(configuration.checkDelete('cn=B,cn=Root DNs,cn=config')).toEqual([]);
  });

  it.each(['uid=admin', 'UID=Admin', 'cn=admin,cn=Root DNs,cn=config'])(
    'do not share the name %s',
    async (name) => {
      const configuration = await Configuration.open();
      const issues = configuration.checkPut(account('A', { 'ds-cfg-alternate-bind-dn': name }));
      expect(theOne(issues, '53 alternate-bind-dn')).toContain('cn=admin,cn=Root DNs,cn=config logs in with');
    },
  );

  it('may have further names, which the index leads back from', async () => {
    const configuration = await Configuration.open();
    const entry = account('A', { 'ds-cfg-alternate-bind-dn': ['uid=a', 'uid=b'] });
    expect(configuration.checkPut(entry)).toEqual([]);
    expect(configuration.validator.targetsOf(entry)).toContain(bindNameKey('uid=a'));
  });

  it('have privileges that exist, and a hashed password', async () => {
    const configuration = await Configuration.open();
    const wrong = account('A', { 'ds-privilege-name': 'config-wirte' });
    expect(theOne(configuration.checkPut(wrong), '19 privilege')).toContain('Did you mean config-write?');
    const clear = account('A', { userPassword: 'canary' });
    const text = theOne(configuration.checkPut(clear), '19 password');
    expect(text).not.toContain('canary');
  });

  it('are shipped with every privilege and without a password', async () => {
    const configuration = await Configuration.open();
    const admin = configuration.get('cn=admin,cn=Root DNs,cn=config');
    const { object } = decodeObject(rootDnUser, admin, new ReadingMemo(await openSources()));
    expect(object?.privilege.toSorted()).toEqual(PRIVILEGES.toSorted());
    expect(object?.password).toEqual([]);
    expect(object?.alternateBindDn.map(String)).toEqual(['uid=admin']);
  });
});
