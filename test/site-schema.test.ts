// Schema of the site's own, dropped into the instance: it is loaded, shown, and used beside ours; what is wrong with
// it is told with file and line.

import { beforeAll, describe, expect, it } from 'vitest';
import { addPeople } from './memory/memory-backend-support.ts';
import { LdapTools, plainEntry } from './support/ldap-tools.ts';
import { type RunningServer, startServer } from './support/start-server.ts';

const SITE_SCHEMA = `dn: cn=schema
objectClass: top
objectClass: ldapSubentry
objectClass: subschema
# Who answers for a mail server, and what it costs.
attributeTypes: ( 1.3.6.1.4.1.32473.1.1 NAME 'extra-owner' DESC 'Who answers for it'
  EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributeTypes: ( 1.3.6.1.4.1.32473.1.2 NAME 'extra-cost' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectClasses: ( 1.3.6.1.4.1.32473.2.1 NAME 'extra-mail-server' SUP top AUXILIARY
  MUST extra-owner MAY extra-cost )
`;

const MAIL_SERVER = `dn: cn=Owned,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
objectClass: extra-mail-server
cn: Owned
ds-cfg-enabled: true
ds-cfg-smtp-server: smtp.example.com
extra-owner: Team Postal
extra-owner: team-mail@example.com
extra-cost: 12
`;

describe('site schema', () => {
  let server: RunningServer;
  let tools: LdapTools;

  beforeAll(async () => {
    server = await startServer({ files: { 'schema/99-site.ldif': SITE_SCHEMA } });
    tools = new LdapTools(server);
    const added = await tools.add(MAIL_SERVER);
    expect(added.code, added.stderr).toBe(0);
  });

  it('is shown in cn=schema', async () => {
    const [schema] = await tools.entries('cn=schema', '-s', 'base', 'attributeTypes', 'objectClasses');
    const definitions = [
      ...(schema?.values('attributetypes') ?? []),
      ...(schema?.values('objectclasses') ?? []),
    ];
    for (const name of ['extra-owner', 'extra-cost', 'extra-mail-server']) {
      expect(definitions.filter((definition) => definition.includes(`'${name}'`))).toHaveLength(1);
    }
  });

  it.each([
    '(extra-owner=TEAM  postal)',
    '(extra-owner=team*)',
    '(extra-owner=*mail*.com)',
    '(&(objectClass=extra-mail-server)(extra-cost=12))',
    '(!(!(extra-owner=Team Postal)))',
  ])('is searched by %s, in what is written and in what is in force', async (filter) => {
    for (const base of ['cn=config', 'cn=effective']) {
      const found = await tools.entries(base, filter, 'extra-owner', 'extra-cost');
      expect(found.map(plainEntry)).toEqual([
        {
          dn: [`cn=Owned,cn=Mail Servers,${base}`],
          'extra-owner': ['Team Postal', 'team-mail@example.com'],
          'extra-cost': ['12'],
        },
      ]);
    }
  });

  it.each(['(extra-owner=somebody)', '(extra-owner=x*)', '(extra-cost=13)'])(
    'is not found by %s',
    async (filter) => {
      expect(await tools.entries('cn=config', filter)).toEqual([]);
    },
  );

  it('does not take expressions: they stay as they are written', async () => {
    const { code } = await tools.modify(change('replace: extra-owner', 'extra-owner: $<nothing.has.this>'));
    expect(code).toBe(0);
    const [found] = await tools.entries('cn=effective', '(extra-cost=12)', 'extra-owner');
    expect(found?.values('extra-owner')).toEqual(['$<nothing.has.this>']);
    await tools.modify(
      change('replace: extra-owner', 'extra-owner: Team Postal', 'extra-owner: team-mail@example.com'),
    );
  });

  it.each([
    [
      'a mail server is still checked',
      ['replace: ds-cfg-smtp-server', 'ds-cfg-smtp-server: a:70000'],
      19,
      'smtp-server',
    ],
    ['what the class demands stays', ['delete: extra-owner'], 65, 'extra-owner is missing'],
    ['its syntax is checked', ['replace: extra-cost', 'extra-cost: much'], 21, 'extra-cost "much"'],
    ['one value stays one', ['add: extra-cost', 'extra-cost: 13'], 19, 'extra-cost'],
    ['a name that is not quite it', ['add: extra-ovner', 'extra-ovner: x'], 17, 'extra-owner'],
  ] as const)('%s', async (_, lines, code, text) => {
    const answer = await tools.modify(change(...lines));
    expect(answer.code).toBe(code);
    expect(answer.stderr).toContain(text);
  });

  it('is taken off with its class', async () => {
    const lines = [
      'delete: objectClass',
      'objectClass: extra-mail-server',
      '-',
      'delete: extra-owner',
      '-',
      'delete: extra-cost',
    ];
    const answer = await tools.modify(change(...lines));
    expect(answer.code, answer.stderr).toBe(0);
    const [found] = await tools.entries('cn=Owned,cn=Mail Servers,cn=config', '-s', 'base');
    expect(found?.values('objectclass').toSorted()).toEqual(['ds-cfg-mail-server', 'top']);
  });

  it('is there after a restart, with the entries that use it', async () => {
    const added = await tools.add(MAIL_SERVER.replaceAll('Owned', 'Kept'));
    expect(added.code, added.stderr).toBe(0);
    await server.stop();
    server = await startServer({ folder: server.folder });
    tools = new LdapTools(server);
    expect(await tools.entries('cn=config', '(extra-cost=12)', 'cn')).toHaveLength(1);
  });
});

function change(...lines: readonly string[]): string {
  return ['dn: cn=Owned,cn=Mail Servers,cn=config', 'changetype: modify', ...lines, ''].join('\n');
}

describe('a DIT content rule of the site (RFC 4512 §4.1.6)', () => {
  const RULES = `dITContentRules: ( 2.25.91284782873429157759323361610399607177.2.1 NAME 'extra-content'
  AUX extra-mail-server MAY description NOT ds-cfg-priority )
dITContentRules: ( 2.5.6.8 NAME 'role-content' MUST description )
`;
  const mailServer = (cn: string, ...lines: readonly string[]) =>
    [
      `dn: cn=${cn},cn=Mail Servers,cn=config\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true`,
      ...['ds-cfg-smtp-server: smtp.example.com', ...lines, ''],
    ].join('\n');
  let server: RunningServer;
  let tools: LdapTools;

  beforeAll(async () => {
    server = await startServer({ files: { 'schema/99-site.ldif': SITE_SCHEMA } });
    await new LdapTools(server).add(
      mailServer('Early', 'objectClass: labeledURIObject', 'labeledURI: http://x'),
    );
    await server.stop();
    server = await startServer({
      folder: server.folder,
      files: { 'schema/99-site.ldif': SITE_SCHEMA + RULES },
    });
    tools = new LdapTools(server);
  });

  it.each([
    ['a class that it names', ['objectClass: extra-mail-server', 'extra-owner: Ada'], 0, ''],
    ['an attribute that it allows', ['description: ours'], 0, ''],
    [
      'a class that it does not name',
      ['objectClass: labeledURIObject'],
      65,
      'objectClass "labeledURIObject" is an auxiliary object class that entries of ds-cfg-mail-server do not take ' +
        '(DIT content rule extra-content). Remove it; these may be there: extra-mail-server.',
    ],
    [
      'an attribute that it excludes',
      ['ds-cfg-priority: 3'],
      65,
      'ds-cfg-priority is excluded by the DIT content rule',
    ],
    [
      'both, and a wrong value',
      ['objectClass: labeledURIObject', 'ds-cfg-priority: 3', 'ds-cfg-connection-pool-size: 0'],
      19,
      'connection-pool-size',
    ],
  ])('%s', async (title, lines, code, text) => {
    const answer = await tools.add(mailServer(title.replaceAll(',', ''), ...lines));
    expect(answer.code, answer.stderr).toBe(code);
    expect(answer.stderr).toContain(text);
  });

  it('leaves in force what is there already, says so, and takes other changes of it', async () => {
    const told = server
      .logLines()
      .filter(({ msg }) => msg.includes('cn=Early,') && msg.includes('labeledURIObject'));
    expect(told).toHaveLength(1);
    const early = 'dn: cn=Early,cn=Mail Servers,cn=config\nchangetype: modify\n';
    expect(
      await tools.modify(`${early}replace: ds-cfg-smtp-server\nds-cfg-smtp-server: other.example.com\n`),
    ).toMatchObject({ code: 0 });
    expect((await tools.modify(`${early}replace: ds-cfg-priority\nds-cfg-priority: 3\n`)).code).toBe(65);
  });

  it('holds in memory backends', async () => {
    await addPeople(tools);
    const role = 'dn: cn=role,dc=example,dc=com\nobjectClass: organizationalRole\n';
    const refused = await tools.add(role);
    expect(refused.code).toBe(65);
    expect(refused.stderr).toContain('description is missing: the DIT content rule role-content demands it');
    expect((await tools.add(`${role}description: people\n`)).code).toBe(0);
  });
});

describe('site schema that is wrong', () => {
  const HEAD = 'dn: cn=schema\nobjectClass: top\nobjectClass: subschema\n';

  it.each([
    ['no definition', 'attributeTypes: extra-owner\n', 4, 'attributeTypes'],
    ['an unknown syntax', "attributeTypes: ( 1.3.6.1.4.1.32473.1.1 NAME 'x' SYNTAX 1.2.3 )\n", 4, '1.2.3'],
    [
      'an unknown rule',
      "attributeTypes: ( 1.3.6.1.4.1.32473.1.1 NAME 'x'\n  EQUALITY caseMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n",
      4,
      'caseMatch',
    ],
    [
      'a class that demands an unknown attribute',
      "# a comment\nobjectClasses: ( 1.3.6.1.4.1.32473.2.1 NAME 'y' AUXILIARY MUST extra-nothing )\n",
      5,
      'extra-nothing',
    ],
    [
      'a name of ours',
      "attributeTypes: ( 1.3.6.1.4.1.32473.1.1 NAME 'ds-cfg-enabled' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n",
      4,
      'ds-cfg-enabled',
    ],
    [
      'a content rule for no class',
      "dITContentRules: ( 1.3.6.1.4.1.32473.2.9 NAME 'z' AUX extra-nothing NOT cn )\n",
      4,
      'is for the object class 1.3.6.1.4.1.32473.2.9, which is not a structural class',
    ],
    ['an attribute that has no place there', 'description: site\n', 4, 'description'],
    ['no LDIF', 'attributeTypes ( 1.2\n', 4, ''],
  ])('%s is told with file and line', async (_, text, line, what) => {
    const { stderr, code } = await startServer({
      expectFailure: true,
      files: { 'schema/99-site.ldif': HEAD + text },
    });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(new RegExp(`99-site\\.ldif:${line}\\b`));
    expect(stderr).toContain(what);
  });

  it('everything that is wrong is told at once', async () => {
    const text = `${HEAD}attributeTypes: one\nobjectClasses: two\n`;
    const { stderr } = await startServer({ expectFailure: true, files: { 'schema/99-site.ldif': text } });
    expect(stderr).toContain('99-site.ldif:4');
    expect(stderr).toContain('99-site.ldif:5');
  });

  it('a value of the configuration that no schema knows any more is told with its entry', async () => {
    const server = await startServer({ files: { 'schema/99-site.ldif': SITE_SCHEMA } });
    await new LdapTools(server).add(MAIL_SERVER);
    await server.stop();
    const { stderr } = await startServer({
      expectFailure: true,
      folder: server.folder,
      files: { 'schema/99-site.ldif': `${HEAD}cn: schema\n` },
    });
    expect(stderr).toContain('extra-');
  });
});
