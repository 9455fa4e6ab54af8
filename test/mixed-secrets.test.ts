// smtp-property is no secret, and some of its values are: whoever may not read secrets sees stars in their place, and
// learns nothing about them by searching, comparing, sorting, guessing or reading the log.

import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools } from './support/ldap-tools.ts';
import { type RunningServer, startServer } from './support/start-server.ts';

const CANARY = 'canary-90ab';
const DN = 'cn=Proxied,cn=Mail Servers,cn=config';
const READER = 'cn=Reader,cn=Root DNs,cn=config';
const PASSWORD = 'reader-password-1';
const OPEN = ['mail.smtp.proxy.host=proxy.example.com', 'mail.smtp.proxy.user=me', 'mail.smtp.timeout=5000'];
const STARS = 'mail.smtp.proxy.password=***';

const ENTRIES = `dn: ${DN}
objectClass: ds-cfg-mail-server
cn: Proxied
ds-cfg-enabled: true
ds-cfg-smtp-server: smtp.example.com
${OPEN.map((value) => `ds-cfg-smtp-property: ${value}`).join('\n')}
ds-cfg-smtp-property: mail.smtp.proxy.password=${CANARY}
ds-cfg-smtp-property: site.token=${CANARY}

dn: ${READER}
objectClass: person
objectClass: ds-cfg-root-dn-user
cn: Reader
sn: Reader
userPassword: ${PASSWORD}
ds-privilege-name: config-read
ds-privilege-name: config-write
`;

describe('secrets among the values of smtp-property', () => {
  let server: RunningServer;
  let administrator: LdapTools;
  let reader: LdapTools;

  beforeAll(async () => {
    server = await startServer();
    administrator = new LdapTools(server);
    reader = new LdapTools({ url: server.url, password: PASSWORD }, READER);
    const added = await administrator.add(ENTRIES);
    expect(added.code, added.stderr).toBe(0);
  });

  const valuesSeenBy = async (tools: LdapTools, base: string, ...words: readonly string[]) => {
    const found = await tools.entries(base, ...words, 'ds-cfg-smtp-property');
    return found.map((entry) => entry.values('ds-cfg-smtp-property').toSorted());
  };

  it('are stars for whoever may not read secrets, wherever the entry is shown', async () => {
    for (const base of [DN, DN.replace('config', 'effective')]) {
      expect(await valuesSeenBy(reader, base)).toEqual([[...OPEN, STARS, 'site.token=***'].sort()]);
    }
    const { stdout } = await reader.search('cn=config', '(objectClass=*)', '*', '+');
    expect(stdout).not.toContain(CANARY);
  });

  it('are shown to whoever may read secrets', async () => {
    const values = [...OPEN, `mail.smtp.proxy.password=${CANARY}`, `site.token=${CANARY}`].sort();
    expect(await valuesSeenBy(administrator, DN)).toEqual([values]);
  });

  it.each([
    `(ds-cfg-smtp-property=mail.smtp.proxy.password=${CANARY})`,
    '(ds-cfg-smtp-property=mail.smtp.proxy.password=c*)',
    '(ds-cfg-smtp-property=*canary*)',
    `(ds-cfg-smtp-property:caseExactMatch:=site.token=${CANARY})`,
    `(:caseExactMatch:=site.token=${CANARY})`,
    '(ds-cfg-smtp-property>=mail.smtp.proxy.password=c)',
  ])('are not found by %s', async (filter) => {
    const isOrdering = filter.includes('>=');
    for (const base of ['cn=Mail Servers,cn=config', 'cn=Mail Servers,cn=effective']) {
      // The order finds the entry by the values that are not hidden, with and without the secret.
      expect(await reader.entries(base, filter, '1.1')).toHaveLength(isOrdering ? 1 : 0);
    }
    expect(await administrator.entries('cn=Mail Servers,cn=config', filter, '1.1')).toHaveLength(1);
  });

  it.each([
    '(ds-cfg-smtp-property=mail.smtp.timeout=5000)',
    '(ds-cfg-smtp-property=mail.smtp.proxy.host=*)',
    '(ds-cfg-smtp-property=*)',
    `(ds-cfg-smtp-property=${STARS.replaceAll('*', '\\2a')})`,
  ])('do not hide the others from %s', async (filter) => {
    expect(await reader.entries('cn=Mail Servers,cn=config', filter, '1.1')).toHaveLength(1);
  });

  it('are not told by a compare', async () => {
    const compare = (value: string) => reader.run('ldapcompare', [DN, `ds-cfg-smtp-property:${value}`]);
    expect((await compare('mail.smtp.timeout=5000')).code).toBe(6);
    expect((await compare(`mail.smtp.proxy.password=${CANARY}`)).code).toBe(5);
    expect((await compare('mail.smtp.proxy.password=wrong')).code).toBe(5);
  });

  it.each([
    ['guessed at', 'delete', 'mail.smtp.proxy.password=guess-canary-90ab'],
    ['added again', 'add', `mail.smtp.proxy.password=${CANARY}`],
    ['given in two values', 'add', `mail.smtp.proxy.password=${CANARY}x`],
    ['written as the stars that were shown', 'add', 'other.password=***'],
    ['given under a name that is refused', 'add', `mail.smtp.password=${CANARY}`],
    ['given in an expression that cannot be resolved', 'add', `my.secret=${CANARY}$<nothing.here>`],
  ])('are not in the answer when one is %s', async (_, how, value) => {
    const change = `dn: ${DN}\nchangetype: modify\n${how}: ds-cfg-smtp-property\nds-cfg-smtp-property: ${value}\n`;
    // Whoever may not read them is refused before anything is compared.
    const refused = await reader.modify(change);
    expect(refused).toMatchObject({ code: 50, stderr: expect.stringContaining('secret-read') });
    expect(refused.stderr).not.toContain(CANARY);
    const { code, stderr } = await administrator.modify(change);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/\*\*\*|smtp-property "mail\.smtp\.proxy\.password" is there twice/);
    expect(stderr).not.toContain(CANARY);
  });

  it('are not in the log', () => {
    expect(server.logLines().length).toBeGreaterThan(10);
    expect(JSON.stringify(server.logLines())).not.toContain(CANARY);
    expect(server.errorOutput()).not.toContain(CANARY);
  });
});

describe('who uses what', () => {
  it('is counted in full, and named up to a hundred; the rest of a search costs nothing for it', async () => {
    const tools = new LdapTools(await startServer());
    const system = 'cn=System,cn=Trust Manager Providers,cn=config';
    const entries = Array.from(
      { length: 105 },
      (_, index) => `dn: cn=M${index},cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: M${index}
ds-cfg-enabled: true
ds-cfg-smtp-server: smtp.example.com
ds-cfg-trust-manager-provider: ${system}
`,
    );
    expect((await tools.add(entries.join('\n'))).code).toBe(0);
    const [shown] = await tools.entries(system, '-s', 'base', 'ds-cfg-used-by', 'ds-cfg-used-by-count');
    expect(shown?.values('ds-cfg-used-by')).toHaveLength(100);
    expect(shown?.values('ds-cfg-used-by-count')).toEqual(['105']);
    const [usual] = await tools.entries(system, '-s', 'base');
    expect(usual?.find('ds-cfg-used-by')).toBeUndefined();
    const found = await tools.entries('cn=config', '(ds-cfg-used-by-count>=100)', '1.1');
    expect(found.map(({ dn }) => dn.toString())).toEqual([system]);
    const using = '(ds-cfg-used-by=cn=m7, cn=mail servers,cn=config)';
    expect(await tools.entries('cn=config', using, '1.1')).toHaveLength(1);
  });
});
