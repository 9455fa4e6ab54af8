// A reload is checked like a change from what is in force: what an administrator could not do over LDAP, new values of
// expressions cannot do either. And what a start would make of it, a start is asked.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const SWITCHES = 'config/expressions/switches.properties';
const HANDLERS = 'cn=Connection Handlers,cn=config';
const TRUST = 'cn=System,cn=Trust Manager Providers,cn=config';
const MAIL = 'cn=Mail,cn=Mail Servers,cn=config';
const REFUSED = 'nothing was reloaded: put the problems right';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
});

function replace(dn: string, values: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(values).flatMap(([name, value]) => [
    `replace: ds-cfg-${name}`,
    ...(value === undefined ? [] : [`ds-cfg-${name}: ${value}`]),
    '-',
  ]);
  return [`dn: ${dn}`, 'changetype: modify', ...parts, '', ''].join('\n');
}

async function modify(dn: string, values: Readonly<Record<string, string | undefined>>): Promise<void> {
  expect(await tools.modify(replace(dn, values))).toMatchObject({ code: 0, stderr: '' });
}

/** Writes the switches and sends SIGHUP; gives the problems of a reload that is refused. */
async function reload(...switches: readonly string[]): Promise<readonly string[]> {
  await writeFile(join(server.folder, SWITCHES), switches.map((line) => `${line}\n`).join(''));
  const known = server.logLines().length;
  process.kill(server.pid, 'SIGHUP');
  const news = () => server.logLines().slice(known);
  await server.waitForLog(() => news().some(({ msg }) => msg === 'reloaded' || msg === REFUSED));
  return news().flatMap(({ msg, problem }) => (msg === 'not reloaded' ? [String(problem)] : []));
}

const whoAmI = () => tools.run('ldapwhoami', []);

describe('what others need enabled', () => {
  afterEach(async () => {
    await tools.delete(MAIL);
    await modify(TRUST, { enabled: 'true' });
    expect(await reload()).toEqual([]);
  });

  const mailServer = (values: Readonly<Record<string, string>>) =>
    [
      `dn: ${MAIL}`,
      ...['objectClass: ds-cfg-mail-server', 'cn: Mail', 'ds-cfg-enabled: true'],
      'ds-cfg-smtp-server: smtp.example.com',
      `ds-cfg-trust-manager-provider: ${TRUST}`,
      ...Object.entries(values).map(([name, value]) => `ds-cfg-${name}: ${value}`),
      '',
    ].join('\n');

  it('is not disabled by a reload while a mail server needs it', async () => {
    await modify(TRUST, { enabled: '$<trust.on|true>' });
    expect(await tools.add(mailServer({}))).toMatchObject({ code: 0 });
    expect(await reload('trust.on=false')).toContainEqual(expect.stringContaining('cannot be disabled'));
    expect(await reload('trust.on=true')).toEqual([]);
  });

  it('is not disabled by a reload while a mail server needs it in force, whatever is written', async () => {
    await modify(TRUST, { enabled: '$<trust.on|true>' });
    expect(await tools.add(mailServer({ 'use-ssl': 'true' }))).toMatchObject({ code: 0 });
    await modify(MAIL, { 'use-ssl': 'false', 'use-start-tls': 'false' });
    const problems = await reload('trust.on=false');
    expect(problems).toContainEqual(
      expect.stringContaining(`${MAIL} (effective until it is disabled and enabled again)`),
    );
    const direct = await tools.modify(replace(TRUST, { enabled: 'false' }));
    expect(direct).toMatchObject({ code: 53 });
    await modify(MAIL, { enabled: 'false' });
    await modify(MAIL, { enabled: 'true' });
    expect(await reload('trust.on=false')).toEqual([]);
  });

  it('is not disabled by a reload that makes what needs it wait as well', async () => {
    await modify(TRUST, { enabled: '$<trust.on|true>' });
    expect(
      await tools.add(mailServer({ 'use-ssl': '$<mail.ssl|true>', 'use-start-tls': 'false' })),
    ).toMatchObject({ code: 0 });
    expect(await reload('trust.on=false', 'mail.ssl=false')).toContainEqual(
      expect.stringContaining(`${MAIL} (effective until it is disabled and enabled again)`),
    );
  });

  it('is there for what is in force: another reference takes effect at once, what it is needed for may wait', async () => {
    await modify('cn=JVM Trust Manager,cn=Trust Manager Providers,cn=config', { enabled: 'false' });
    expect(await tools.add(mailServer({ 'use-ssl': 'true' }))).toMatchObject({ code: 0 });
    const { code, stderr } = await tools.modify(
      replace(MAIL, {
        'use-ssl': 'false',
        'use-start-tls': 'false',
        'trust-manager-provider': 'cn=JVM Trust Manager,cn=Trust Manager Providers,cn=config',
      }),
    );
    expect(code).toBe(53);
    expect(stderr).toContain('is disabled, and must be enabled while');
  });
});

describe('the last connection handler', () => {
  it('may go by a reload that brings another', async () => {
    for (const name of ['LDAPS', 'LDAPI']) await modify(`cn=${name},${HANDLERS}`, { enabled: 'false' });
    await modify(`cn=LDAP,${HANDLERS}`, { enabled: '$<ldap.on|true>' });
    await modify(`cn=LDAPI,${HANDLERS}`, { enabled: '$<ldapi.on|false>', 'socket-file': 'other.sock' });
    expect(await reload('ldap.on=false', 'ldapi.on=true')).toEqual([]);
    const url = `ldapi://${encodeURIComponent(join(server.folder, 'other.sock'))}`;
    const local = new LdapTools({ url, password: server.password });
    expect(await local.run('ldapwhoami', [])).toMatchObject({ code: 0 });
    expect((await whoAmI()).code).not.toBe(0);
    expect(await reload('ldap.on=true')).toEqual([]);
  });

  it('is not disabled by a reload, and not at a start either, which says why it is none', async () => {
    expect(await reload('ldap.on=false')).toContainEqual(
      expect.stringContaining('cannot be disabled: it is the last enabled connection handler'),
    );
    expect(await whoAmI()).toMatchObject({ code: 0 });
    expect(await server.stop()).toMatchObject({ code: 0 });
    // That of HTTP is enabled, and does not count.
    const definitions = ['http.enabled=true', 'http.port=0'];
    const failed = await startServer({ folder: server.folder, definitions, expectFailure: true });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(`${HANDLERS}: has no connection handler for LDAP that is enabled`);
    expect(failed.stderr).not.toMatch(/^\s+at /m);
    await writeFile(join(server.folder, SWITCHES), '');
    server = await startServer({ folder: server.folder });
    tools = new LdapTools(server);
    expect(await whoAmI()).toMatchObject({ code: 0 });
  });
});
