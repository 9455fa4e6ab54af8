// What keeps a server from starting is told in sentences that an administrator can do something about, all of it at once,
// and nothing of it in a stack trace.

import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type FailedStart, startServer } from '../support/start-server.ts';

/** The lines after `confdit cannot start:`, which are the same for every reader. */
function sentences({ code, stderr, stdout }: FailedStart): string[] {
  expect(code).toBe(1);
  expect(stdout).not.toContain('"ready"');
  const [first, ...lines] = stderr.trimEnd().split('\n');
  expect(first).toBe('confdit cannot start:');
  expect(stderr).not.toMatch(/^\s+at /m);
  return lines.map((line) => line.trim()).filter((line) => !line.endsWith(HINT));
}

/** Stands last where an earlier start was good: last-known-good.test.ts. */
const HINT = 'confdit start --last-known-good';

describe('a place that cannot be used', () => {
  it('a port in use is told in one sentence, and the instance can be used afterwards', async () => {
    const server = await startServer();
    const failed = await startServer({ port: server.port, expectFailure: true });
    expect(sentences(failed)).toEqual([
      `Cannot listen on ldap://127.0.0.1:${server.port}: another program is listening there, ` +
        'or another connection handler of this server; stop it, or choose another port (LDAP_PORT).',
    ]);
    const again = await startServer({ folder: failed.folder });
    expect((await new LdapTools(again).run('ldapwhoami', [])).code).toBe(0);
  });

  it('an address of another machine', async () => {
    const failed = await startServer({
      environment: { LDAP_LISTEN_ADDRESS: '192.0.2.1' },
      expectFailure: true,
    });
    expect(sentences(failed)).toEqual([
      `Cannot listen on ldap://192.0.2.1:${failed.port}: this machine has no such address; ` +
        'choose one it has (LDAP_LISTEN_ADDRESS).',
    ]);
  });

  it('a name that no machine has', async () => {
    const failed = await startServer({
      environment: { LDAP_LISTEN_ADDRESS: 'nobody.invalid' },
      expectFailure: true,
    });
    expect(sentences(failed)).toEqual([
      `Cannot listen on ldap://nobody.invalid:${failed.port}: no address is known for that name; ` +
        'choose an address of this machine (LDAP_LISTEN_ADDRESS).',
    ]);
  });

  it.each(['', 'abc', '0', '65536'])('LDAP_PORT=%s', async (port) => {
    const failed = await startServer({ environment: { LDAP_PORT: port }, expectFailure: true });
    const [first, second, ...others] = sentences(failed);
    expect(first).toBe('The configuration is not valid; 1 error:');
    expect(second).toContain('cn=LDAP,cn=Connection Handlers,cn=config: listen-port "$<ldap.port|1389>"');
    expect(second).toContain(`resolves to "${port}"`);
    expect(second).toContain('from 1 to 65535');
    expect(others).toEqual([]);
  });

  it('a folder that this user may not write', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'confdit-unwritable-'));
    await chmod(parent, 0o555);
    const isRoot = process.getuid?.() === 0;
    const failed = await startServer({
      folder: join(parent, 'instance'),
      expectFailure: true,
      ...(isRoot ? { runBy: ['setpriv', '--reuid=nobody', '--clear-groups'] } : {}),
    });
    await removeFolder(parent);
    const [sentence, ...others] = sentences(failed);
    expect(sentence).toContain(
      `The instance folder ${failed.folder} cannot be used: EACCES: permission denied`,
    );
    expect(sentence).toMatch(/Give a folder that this user may write with CONFDIT_INSTANCE or --instance\.$/);
    expect(others).toEqual([]);
  });

  it('an instance folder where nothing can be made', async () => {
    const failed = await startServer({ folder: '/proc/confdit/instance', expectFailure: true });
    expect(sentences(failed)).toHaveLength(1);
    expect(failed.stderr).toContain('The instance folder /proc/confdit/instance cannot be used: ENOENT');
  });

  it('an instance folder that is a file', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'confdit-file-'));
    await writeFile(join(parent, 'instance'), '');
    const failed = await startServer({ folder: join(parent, 'instance'), expectFailure: true });
    await removeFolder(parent);
    expect(sentences(failed)).toHaveLength(1);
    expect(failed.stderr).toContain(`The instance folder ${failed.folder} cannot be used: `);
  });
});

describe('expressions at start', () => {
  let folder: string;
  const environment = { MAIL_HOST: 'mail.example.com:2525', MAIL_SECRET: 'canary-71f3', MAIL_SSL: 'true' };

  beforeAll(async () => {
    const server = await startServer({ environment });
    const { code, stderr } = await new LdapTools(server).add(`dn: cn=One,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: One
ds-cfg-enabled: true
ds-cfg-smtp-server: $<mail.host>
ds-cfg-use-ssl: $<mail.ssl>
ds-cfg-auth-username: user
ds-cfg-auth-password: $<env:MAIL_SECRET>

dn: cn=Two,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: Two
ds-cfg-enabled: true
ds-cfg-smtp-server: &{mail.host}
`);
    expect(code, stderr).toBe(0);
    folder = server.folder;
    await server.stop();
  });

  it('that cannot be resolved are all told, with entry, property, expression and where it was looked for', async () => {
    const [first, ...lines] = sentences(await startServer({ folder, expectFailure: true }));
    expect(first).toBe('The configuration is not valid; 4 errors:');
    const looked =
      'has no value; looked for the environment variable MAIL_HOST, --define mail.host=…, ' +
      'mail.host in config/expressions/ (no files there).';
    expect(lines).toHaveLength(4);
    expect(lines).toEqual(
      [
        `One,cn=Mail Servers,cn=config: auth-password "$<env:MAIL_SECRET>" cannot be resolved: has no value; looked for the environment variable MAIL_SECRET.`,
        `One,cn=Mail Servers,cn=config: smtp-server "$<mail.host>" cannot be resolved: ${looked}`,
        `One,cn=Mail Servers,cn=config: use-ssl "$<mail.ssl>" cannot be resolved: has no value;`,
        `Two,cn=Mail Servers,cn=config: smtp-server "&{mail.host}" cannot be resolved: ${looked}`,
      ].map((line) => expect.stringContaining(`cn=${line}`)),
    );
  });

  it('whose values do not fit are all told, a secret never', async () => {
    const wrong = { ...environment, MAIL_HOST: 'mail.example.com:99999', MAIL_SSL: 'perhaps' };
    const failed = await startServer({ folder, environment: wrong, expectFailure: true });
    const [first, ...lines] = sentences(failed);
    expect(first).toBe('The configuration is not valid; 3 errors:');
    expect(lines).toEqual([
      expect.stringContaining(
        'smtp-server "$<mail.host>" resolves to "mail.example.com:99999", which has a port',
      ),
      expect.stringContaining(
        'use-ssl "$<mail.ssl>" resolves to "perhaps", which is neither true nor false.',
      ),
      expect.stringContaining(
        'smtp-server "&{mail.host}" resolves to "mail.example.com:99999", which has a port',
      ),
    ]);
    expect(failed.stderr + failed.stdout).not.toContain('canary');
  });

  it('that contradict each other once they are resolved', async () => {
    const server = await startServer({ folder, environment: { ...environment, MAIL_SSL: 'false' } });
    const { code } = await new LdapTools(server).modify(`dn: cn=One,cn=Mail Servers,cn=config
changetype: modify
add: ds-cfg-use-start-tls
ds-cfg-use-start-tls: true
`);
    expect(code).toBe(0);
    await server.stop();
    const failed = await startServer({ folder, environment, expectFailure: true });
    expect(sentences(failed)).toEqual([
      'The configuration is not valid; 1 error:',
      expect.stringContaining('use-start-tls "true" may not be true while use-ssl is true'),
    ]);
  });

  it.each([
    ['a definition', { definitions: ['mail.host=one.example.com', 'mail.ssl=false'] }],
    [
      'a JSON file',
      { files: { 'config/expressions/a.json': '{"mail":{"host":"one.example.com","ssl":false}}' } },
    ],
    [
      'a properties file',
      { files: { 'config/expressions/a.properties': 'mail.host=one.example.com\nmail.ssl=FALSE\n' } },
    ],
    [
      'a folder of its own',
      {
        files: { 'elsewhere/a.properties': 'mail.host=one.example.com\nmail.ssl=false\n' },
        environment: { CONFDIT_ENVCONFIG_DIRS: 'elsewhere' },
      },
    ],
    [
      'a folder as PingDS names it',
      {
        files: { 'elsewhere/a.json': '{"mail.host":"one.example.com","mail.ssl":"false"}' },
        environment: { DS_ENVCONFIG_DIRS: 'elsewhere' },
      },
    ],
  ])('are resolved from %s', async (_, options) => {
    const secret = { MAIL_SECRET: 'x' };
    const server = await startServer({
      folder,
      ...options,
      environment: { ...secret, ...('environment' in options ? options.environment : {}) },
    });
    const tools = new LdapTools(server);
    expect(await tools.entries('cn=effective', '(ds-cfg-smtp-server=one.example.com:587)')).toHaveLength(2);
    await server.stop();
    await removeFolder(join(folder, 'config', 'expressions'));
    await removeFolder(join(folder, 'elsewhere'));
  });
});

describe('sources of expressions that cannot be read', () => {
  it('a token in two files names both', async () => {
    const failed = await startServer({
      files: {
        'config/expressions/a.json': '{"smtp":{"host":"a"}}',
        'config/expressions/b.properties': 'smtp.host=b\n',
      },
      expectFailure: true,
    });
    const [sentence, ...others] = sentences(failed);
    expect(sentence).toContain('smtp.host');
    expect(sentence).toContain('a.json');
    expect(sentence).toContain('b.properties');
    expect(others).toEqual([]);
  });

  it('every problem is told', async () => {
    const failed = await startServer({
      files: { 'config/expressions/a.json': '{"smtp":', 'config/expressions/b.json': '[1]' },
      definitions: ['one=1', 'one=2'],
      expectFailure: true,
    });
    const lines = sentences(failed).join('\n');
    expect(lines).toContain('--define one=… is given twice');
    expect(lines).toContain('a.json');
    expect(lines).toContain('b.json');
  });

  it('a definition that is none', async () => {
    const failed = await startServer({ definitions: ['nonsense'], expectFailure: true });
    expect(sentences(failed)).toHaveLength(1);
    expect(failed.stderr).toContain('--define needs token=value');
  });
});

describe('settings that are wrong', () => {
  it('a log level that there is not', async () => {
    const failed = await startServer({ environment: { CONFDIT_ACCESS_LOG: 'loud' }, expectFailure: true });
    expect(sentences(failed)).toEqual(['CONFDIT_ACCESS_LOG "loud" is neither on nor off.']);
  });
});

describe('schema of the site', () => {
  const SITE = `dn: cn=schema
objectClass: top
objectClass: ldapSubentry
objectClass: subschema
cn: schema
attributeTypes: ( 2.25.1 NAME 'siteContact' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectClasses: ( 2.25.2 NAME 'siteObject' SUP top AUXILIARY MAY siteContact )
`;

  it('is loaded beside ours', async () => {
    const server = await startServer({ files: { 'schema/99-site.ldif': SITE } });
    const tools = new LdapTools(server);
    const { code, stderr } = await tools.add(`dn: cn=One,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
objectClass: siteObject
cn: One
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost
sitecontact: Somebody
`);
    expect(code, stderr).toBe(0);
    const { stdout } = await tools.search('cn=config', '(siteContact=SOMEBODY)', 'siteContact');
    expect(stdout).toBe('dn: cn=One,cn=Mail Servers,cn=config\nsiteContact: Somebody\n\n');
    const schema = await tools.search('cn=schema', '-s', 'base', 'attributeTypes');
    expect(schema.stdout).toContain("NAME 'siteContact'");
  });

  it.each([
    ['a definition that is cut off', SITE.replace(' MAY siteContact )', ' MAY'), 7],
    ['a syntax that there is not', SITE.replace('1466.115.121.1.15', '1466.115.121.1.9999'), 6],
    ['an attribute that there is not', SITE.replace('MAY siteContact', 'MAY siteContract'), 7],
    ['no LDIF', 'schema\n', 1],
  ])('that has %s is told with file and line', async (_, text, line) => {
    const failed = await startServer({ files: { 'schema/99-site.ldif': text }, expectFailure: true });
    const [first, ...others] = sentences(failed);
    expect(first).toContain(`${join(failed.folder, 'schema', '99-site.ldif')}:${line}`);
    // What follows from the first is told too.
    expect(others.length).toBeLessThanOrEqual(1);
  });
});
