// LDAP Account Manager and phpLDAPadmin in a browser that nobody sees: somebody looks at the schema, adds a mail server by
// a form, edits it, is told why an edit is refused, renames what it refers to, exports, and deletes. TOOL_PICTURES=folder
// keeps pictures of it.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { Lam, serveLam } from './lam.ts';
import { PhpLdapAdmin, servePhpLdapAdmin } from './php-ldap-admin.ts';
import { type AdministrationTool, openBrowser, openPage, takePicture, type WebPages } from './web-tools.ts';

const SERVERS = 'cn=Mail Servers,cn=config';
const PROVIDERS = 'cn=Trust Manager Providers,cn=config';
const REFUSAL = '"relay.example.com:70000" has a port that is not a number';

const TOOLS = [
  {
    title: 'LDAP Account Manager',
    name: 'lam',
    serve: serveLam,
    toolOf: (page: Page, url: string) => new Lam(page, url),
    refused: REFUSAL,
    // It leaves the value of before beside the new one.
    namesAfter: ['lam trust', 'lam trusted'],
    notHere: 'cn=effective is read only. Change the entry of the same name under cn=config.',
  },
  {
    title: 'phpLDAPadmin',
    name: 'pla',
    serve: servePhpLdapAdmin,
    toolOf: (page: Page, url: string) => new PhpLdapAdmin(page, url),
    // It shows the words of a result code instead of what the server says.
    refused: 'LDAP_CONSTRAINT_VIOLATION',
    namesAfter: ['pla trusted'],
    notHere: 'LDAP_UNWILLING_TO_PERFORM',
  },
];

let server: RunningServer;
let tools: LdapTools;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  tools = new LdapTools(server);
});

afterAll(() => browser.close());

const valuesOf = async (dn: string, name: string) => {
  const found = await tools.entries(dn, '-s', 'base');
  return found[0]?.values(name);
};

const addTrust = (dn: string) =>
  tools.add(
    `dn: ${dn}\nobjectClass: ds-cfg-trust-manager-provider\n` +
      'objectClass: ds-cfg-blind-trust-manager-provider\nds-cfg-enabled: true\n',
  );

const relayValues = (cn: string, trust: string) => ({
  cn,
  'ds-cfg-enabled': 'true',
  'ds-cfg-smtp-server': 'mail.example.com:587',
  'ds-cfg-trust-manager-provider': trust,
});

function expectSchema(schema: ReadonlyMap<string, string>): void {
  expect(schema.get('objectClasses')).toMatch(/ds-cfg-mail-server[\s\S]*ds-cfg-smtp-server/);
  expect(schema.get('attributeTypes')).toMatch(/Where the mail server listens/);
  // Which attributes a rule is for comes from matchingRuleUse.
  expect(schema.get('matchingRules')).toMatch(/booleanMatch[\s\S]*ds-cfg-use-start-tls/);
}

describe.each(TOOLS)('$title', ({ name, serve, toolOf, refused, namesAfter, notHere }) => {
  let pages: WebPages;
  let tool: AdministrationTool;
  let see: (what: string) => Promise<void>;
  const relay = `cn=${name} relay,${SERVERS}`;
  const trust = `cn=${name} trust,${PROVIDERS}`;

  beforeAll(async () => {
    pages = await serve(server);
    const page = await openPage(browser);
    tool = toolOf(page, pages.url);
    see = (what) => takePicture(page, `${name}-${what}`);
    const shown = await tool.logIn(server.password);
    await see('tree');
    expect(shown).toMatch(/cn=config[\s\S]*cn=effective[\s\S]*cn=monitor[\s\S]*cn=tasks/);
  });

  afterAll(async () => {
    await pages.stop();
    expect(pages.errors).toEqual([]);
  });

  it('shows the schema', async () => {
    const schema = await tool.schema();
    await see('schema');
    expectSchema(schema);
  });

  it('adds a mail server by a form, and edits it', async () => {
    await addTrust(trust);
    const made = await tool.create(SERVERS, 'ds-cfg-mail-server', relayValues(`${name} relay`, trust));
    await see('created');
    expect(made).toMatch(/successful/i);
    expect(await valuesOf(relay, 'ds-cfg-trust-manager-provider')).toEqual([trust]);

    await tool.edit(relay, 'ds-cfg-smtp-server', 'relay.example.com:2525');
    await see('edited');
    expect(await valuesOf(relay, 'ds-cfg-smtp-server')).toEqual(['relay.example.com:2525']);
  });

  it('shows why an edit is refused', async () => {
    const shown = await tool.edit(relay, 'ds-cfg-smtp-server', 'relay.example.com:70000');
    await see('refused');
    expect(shown).toContain(refused);
    expect(await valuesOf(relay, 'ds-cfg-smtp-server')).toEqual(['relay.example.com:2525']);
    const inForce = relay.replace(/config$/, 'effective');
    const elsewhere = await tool.edit(inForce, 'ds-cfg-smtp-server', 'relay.example.com:25');
    await see('read-only');
    expect(elsewhere).toContain(notHere);
  });

  it('renames what others refer to', async () => {
    await tool.rename(trust, `${name} trusted`);
    await see('renamed');
    const renamed = `cn=${name} trusted,${PROVIDERS}`;
    expect(await valuesOf(renamed, 'cn')).toEqual(namesAfter);
    expect(await valuesOf(relay, 'ds-cfg-trust-manager-provider')).toEqual([renamed]);
  });

  it('exports and deletes', async () => {
    const ldif = await tool.exportEntry(relay);
    await see('exported');
    expect(ldif).toContain(`dn: ${relay}\n`);
    expect(ldif).toContain('ds-cfg-smtp-server: relay.example.com:2525\n');
    await tool.remove(relay);
    await see('deleted');
    expect(await tools.entries(SERVERS, `(cn=${name} relay)`)).toEqual([]);
  });
});
